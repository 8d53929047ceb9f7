"""
TranslationService: the way to another language.

Detects the language, has the engine chosen, and remembers what was translated. Words and rules
are those of common.translation; which engine answers is decided in translation_choice.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import ClassVar

from agents.language_processing.translation_choice import TranslationChoice
from common.agent import Agent, action
from common.bounded_documents import BoundedDocuments
from common.contracts.translation import (
    DetectedLanguage,
    DetectLanguageRequest,
    LanguagePair,
    SupportedLanguages,
    TranslateRequest,
    Translation,
)
from common.messages import ActionError, ErrorCode, Query, Reply, Request
from common.translation import identification, lexicon

CACHE = "translations"
MOST_CACHED = 2_000
CACHED_SECONDS = 30 * 24 * 3600.0
LANGUAGE_SECONDS = 24 * 3600.0
LANGUAGES = "session_languages"
MOST_SESSIONS = 1_000
DOUBTFUL = 0.6
"""Below this confidence the language that a session spoke before is believed instead."""


class ClearCacheRequest(Request):
    """Ask `clear_cache`."""

    is_idempotent: ClassVar[bool] = True


class CacheCleared(Reply):
    """Answer `clear_cache`."""

    removed: int


class TranslationService(Agent):
    """Translate between languages, by the best engine that is there."""

    async def start(self) -> None:
        """Take up the cache; models are read when they are first needed."""
        self._choice = TranslationChoice(self.peers, self.clock)
        self._cache = BoundedDocuments(
            self.store, self.clock, CACHE, most=MOST_CACHED, seconds=CACHED_SECONDS
        )
        self._sessions = BoundedDocuments(
            self.store, self.clock, LANGUAGES, most=MOST_SESSIONS, seconds=LANGUAGE_SECONDS
        )
        await self._cache.load()
        await self._sessions.load()

    async def state_cleared(self) -> None:
        """Forget what was translated."""
        await self._cache.load()
        await self._sessions.load()

    @action
    async def translate(self, request: TranslateRequest) -> Translation:
        """Say a text in another language."""
        source = request.source_language or await self._language_of(request)
        target = request.target_language
        if source in (target, identification.UNDETERMINED):
            note = "" if source == target else "the text says nothing about its language"
            return Translation(
                text=request.text, source_language=source, target_language=target,
                engine="none", confidence=1.0, note=note,
            )  # fmt: skip
        key = cache_key(request.text, source, target)
        kept = await self._cache.get(key)
        if kept is not None:
            return Translation.model_validate(kept | {"cached": True})
        if not request.text.strip():
            raise ActionError(ErrorCode.INVALID, "expected a text to translate", "text")
        found = await self._choice.translate(request.text, source, target)
        if not found.note:  # what is not known well now may be tomorrow
            await self._cache.put(key, found.model_dump(mode="json"))
        return found

    @action
    async def detect_language(self, request: DetectLanguageRequest) -> DetectedLanguage:
        """Say which language a text is in."""
        found = await asyncio.to_thread(identification.identify, request.text)
        return DetectedLanguage(language=found.language, confidence=found.confidence)

    @action
    async def supported_languages(self, request: Query) -> SupportedLanguages:
        """Say which languages are told apart and which are translated."""
        pairs = tuple(
            LanguagePair(source=source, target=target, engine=engine)
            for source in identification.LANGUAGES
            for target in identification.LANGUAGES
            if source != target and (engine := self._choice.embedded_engine(source, target))
        )
        return SupportedLanguages(
            detected=identification.LANGUAGES,
            translated=tuple(sorted(lexicon.LANGUAGES)),
            pairs=pairs,
            has_model=self._choice.is_serving(),
        )

    @action
    async def clear_cache(self, request: ClearCacheRequest) -> CacheCleared:
        """Forget every translation, so that a new engine is asked again."""
        rows = await self.store.scan(CACHE)
        for key, _ in rows:
            await self._cache.delete(key)
        return CacheCleared(removed=len(rows))

    async def _language_of(self, request: TranslateRequest) -> str:
        found = await asyncio.to_thread(identification.identify, request.text)
        if request.session_id is None:
            return found.language
        key = hashlib.sha256(request.session_id.encode("utf-8", "replace")).hexdigest()
        if found.confidence < DOUBTFUL:
            before = await self._sessions.get(key)
            return str(before["language"]) if before else found.language
        await self._sessions.put(key, {"language": found.language})
        return found.language


def cache_key(text: str, source: str, target: str) -> str:
    """Return what a translation is remembered under."""
    whole = f"{source}\0{target}\0{text}"
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()
