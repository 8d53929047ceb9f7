"""
StreamingLanguageAnalyzer: language and mood of what is heard, with a translation where needed.

Models of language and lexicons of mood are elsewhere: translation_service detects and translates,
common.sentiment reads the mood, of the English text when there is one.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from pydantic import Field

from common.agent import Agent, action
from common.circuit import CircuitBreaker
from common.configuration import Configuration
from common.contracts.speech import LANGUAGE_ANALYSES, TRANSCRIPTS, LanguageAnalyzed, SessionId
from common.contracts.translation import (
    AnyText,
    DetectedLanguage,
    DetectLanguageRequest,
    TranslateRequest,
    Translation,
)
from common.messages import ActionError, Query, Reply
from common.newest import Newest

UNDETERMINED: Final = "und"
ENGLISH: Final = "en"
SURE: Final = 0.5
MOST_SESSIONS: Final = 500
MAX_TEXT: Final = 10_000
SECONDS: Final = 10.0


class AnalyzerConfiguration(Configuration):
    """Say which language everything is wanted in."""

    home_language: str = Field(default=ENGLISH, pattern=r"^[a-z]{2}$")


class AnalyzeSpeechRequest(Query):
    """Ask `analyze`: read one text as if it had been heard."""

    text: AnyText
    session_id: SessionId = "default"


class SpeechAnalysis(Reply):
    """Answer `analyze`; note says what could not be done."""

    text: str
    language: str
    language_confidence: float = Field(ge=0.0, le=1.0)
    sentiment: float = Field(ge=-1.0, le=1.0)
    emotion: str
    translation: str = ""
    note: str = ""


class AnalyzerStats(Reply):
    """Answer `get_stats`."""

    analyzed: int
    translated: int
    missed: int  # transcripts that came too fast
    languages: dict[str, int]


@dataclass(frozen=True)
class _Language:
    code: str
    confidence: float
    note: str = ""


class StreamingLanguageAnalyzer(Agent):
    """Tell language, mood and translation of every final transcript."""

    configuration = AnalyzerConfiguration
    topics = (LANGUAGE_ANALYSES,)

    async def start(self) -> None:
        """Begin to listen for transcripts."""
        self._home = self.configured(AnalyzerConfiguration).home_language
        self._circuit = CircuitBreaker(clock=self.clock)
        self._spoken: Newest[str, str] = Newest(MOST_SESSIONS)
        self._languages: dict[str, int] = {}
        self._analyzed = self._translated = self._missed = 0
        self.spawn(self._listen(), "listen")

    @action
    async def analyze(self, request: AnalyzeSpeechRequest) -> SpeechAnalysis:
        """Say the language, the mood and the translation of a text."""
        return await self._analyze(request.text, self._spoken.get(request.session_id, ""))

    @action
    async def get_stats(self, request: Query) -> AnalyzerStats:
        """Say how much was analysed, and in which languages."""
        return AnalyzerStats(
            analyzed=self._analyzed, translated=self._translated, missed=self._missed,
            languages=dict(sorted(self._languages.items())),
        )  # fmt: skip

    async def _listen(self) -> None:
        async for delivery in self.peers.subscribe(TRANSCRIPTS):
            heard = delivery.event
            self._missed += delivery.missed or 0
            if not heard.final or not heard.text.strip():
                continue
            before = self._spoken.get(heard.session_id, "")
            found = await self._analyze(heard.text[:MAX_TEXT], before)
            self._remember(heard.session_id, found)
            self.events.publish(
                LANGUAGE_ANALYSES,
                LanguageAnalyzed(
                    session_id=heard.session_id, text=heard.text, language=found.language,
                    language_confidence=found.language_confidence, sentiment=found.sentiment,
                    translation=found.translation,
                ),
            )  # fmt: skip

    async def _analyze(self, text: str, before: str) -> SpeechAnalysis:
        language = await self._detect(text, before)
        translation, note = "", language.note
        if language.code not in (UNDETERMINED, self._home) and text.strip():
            translation, note = await self._translate(text, language.code, self._home)
        english = await self._english(text, language.code, translation)
        # The lexicon of moods is read at its first use.
        from common.sentiment import Sentiment, sentiment_of

        mood = await asyncio.to_thread(sentiment_of, english) if english else Sentiment()
        if not english and text.strip():
            note = f"{note}; the mood is read in English only".removeprefix("; ")
        return SpeechAnalysis(
            text=text, language=language.code, language_confidence=language.confidence,
            sentiment=mood.valence, emotion=mood.emotion.value, translation=translation, note=note,
        )  # fmt: skip

    async def _english(self, text: str, language: str, translation: str) -> str:
        if language in (ENGLISH, UNDETERMINED):
            return text
        if self._home == ENGLISH:
            return translation
        return (await self._translate(text, language, ENGLISH))[0]

    async def _detect(self, text: str, before: str) -> _Language:
        try:
            found = await self._circuit.call(
                lambda: self.peers.call(
                    "translation_service", "detect_language", DetectLanguageRequest(text=text),
                    DetectedLanguage, timeout=SECONDS,
                )
            )  # fmt: skip
        except ActionError as error:
            note = f"the language was not detected: {error.code.value}"
            return _Language(before or UNDETERMINED, 0.0, note)
        if found.confidence < SURE and before:
            return _Language(before, found.confidence)
        return _Language(found.language, found.confidence)

    async def _translate(self, text: str, source: str, target: str) -> tuple[str, str]:
        request = TranslateRequest(text=text, source_language=source, target_language=target)
        try:
            found = await self._circuit.call(
                lambda: self.peers.call(
                    "translation_service", "translate", request, Translation, timeout=SECONDS
                )
            )
        except ActionError as error:
            return "", f"there is no translation: {error.code.value}"
        return found.text, found.note

    def _remember(self, session: str, found: SpeechAnalysis) -> None:
        self._analyzed += 1
        self._translated += bool(found.translation)
        self._languages[found.language] = self._languages.get(found.language, 0) + 1
        if found.language_confidence >= SURE:
            self._spoken[session] = found.language
