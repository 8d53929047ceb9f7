"""
Messages about languages: which one a text is in, and the same in another.

Only values live here; dictionaries and engines belong to their agents. Languages are ISO 639-1.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from common.messages import Item, Query, Reply

Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
AnyText = Annotated[str, Field(max_length=10_000)]


class TranslateRequest(Query):
    """Ask translation_service and nllb_adapter `translate`; no source: it is detected."""

    text: AnyText
    target_language: Language = "en"
    source_language: Language | None = None
    session_id: str | None = Field(default=None, min_length=1, max_length=200)


class Translation(Reply):
    """Answer `translate`; engine names what did it, `none` when nothing had to be done."""

    text: str
    source_language: str
    target_language: str
    engine: str
    confidence: float = Field(ge=0.0, le=1.0)
    unknown_words: tuple[str, ...] = ()  # left as they were
    note: str = ""
    cached: bool = False


class TranslationPiece(Item):
    """A piece of text in a stream, and of its translation on the way back."""

    text: AnyText
    source_language: str = ""
    engine: str = ""


class DetectLanguageRequest(Query):
    """Ask translation_service `detect_language`."""

    text: AnyText


class DetectedLanguage(Reply):
    """Answer `detect_language`; `und` when the text says nothing about it."""

    language: str
    confidence: float = Field(ge=0.0, le=1.0)


class LanguagePair(BaseModel):
    """A pair of languages and the engine that would do it now."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    target: str
    engine: str


class SupportedLanguages(Reply):
    """Answer translation_service `supported_languages`.

    `detected` are told apart; every pair of `translated` needs nothing but the service.
    """

    detected: tuple[str, ...]
    translated: tuple[str, ...]
    pairs: tuple[LanguagePair, ...]
    has_model: bool  # another engine, for all other pairs, serves now


class TranslateStreamRequest(Query):
    """Ask fixed_streaming_translation `translate_stream`; pieces of text come as items."""

    target_language: Language = "en"
    source_language: Language | None = None  # None: detected from the first sentence
