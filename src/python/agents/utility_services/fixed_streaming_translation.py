"""
FixedStreamingTranslation: translates text while it streams in.

A sentence is translated as soon as it is whole: by a model of another agent behind a circuit
breaker, else by the embedded rules. Cutting sentences lives in sentence_stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Final

from pydantic import BaseModel, ConfigDict

from agents.utility_services.sentence_stream import SentenceStream
from common.agent import Agent, action
from common.circuit import CircuitBreaker
from common.contracts.models import Engine, Generation
from common.contracts.performance import LATENCY, LogMetricRequest, MetricLogged
from common.contracts.translation import TranslateStreamRequest, TranslationPiece
from common.messages import ActionError, Empty, ErrorCode, Query, Reply
from common.newest import Newest
from common.translation.identification import UNDETERMINED, identify
from common.translation.instruction import generation_of
from common.translation.rules import RuleEngine

MODEL_SECONDS: Final = 10.0
LOG_SECONDS: Final = 2.0
MOST_CACHED: Final = 1_000
MOST_CHARACTERS: Final = 200_000
MODELS: Final = ("model_manager_agent", "remote_connector_agent")
LOGGER: Final = "performance_logger_agent"
MAX_PIECE: Final = 10_000


class EngineFigures(BaseModel):
    """What one engine did: sentences, failures, and seconds in all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: str
    sentences: int = 0
    failures: int = 0
    seconds: float = 0.0
    circuit: str = "closed"


class StreamingFigures(Reply):
    """Answer `get_translation_stats`."""

    streams: int
    sentences: int
    cache_hits: int
    cached: int
    engines: tuple[EngineFigures, ...]


class CacheCleared(Reply):
    """Answer `clear_cache`."""

    removed: int


class FixedStreamingTranslation(Agent):
    """Turn a stream of text into a stream of translated sentences."""

    async def start(self) -> None:
        """Begin with an empty cache and closed circuits."""
        self._rules = RuleEngine()
        self._cache: Newest[tuple[str, str, str], TranslationPiece] = Newest(MOST_CACHED)
        self._circuits = {slug: CircuitBreaker(clock=self.clock) for slug in MODELS}
        names = (*MODELS, self._rules.name)
        self._figures = {name: EngineFigures(engine=name) for name in names}
        self._streams = self._sentences = self._hits = 0

    @action
    async def translate_stream(
        self, request: TranslateStreamRequest, incoming: AsyncIterator[TranslationPiece]
    ) -> AsyncIterator[TranslationPiece]:
        """Give back each sentence in the other language as soon as it is whole."""
        self._streams += 1
        source = request.source_language or ""
        waiting, length = SentenceStream(), 0
        async for piece in incoming:
            length += len(piece.text)
            if length > MOST_CHARACTERS:
                message = f"expected at most {MOST_CHARACTERS} characters in a stream"
                raise ActionError(ErrorCode.INVALID, message, "text")
            for sentence in waiting.feed(piece.text):
                source = source or await self._detect(sentence)
                yield await self._sentence(sentence, source, request.target_language)
        if rest := waiting.rest():
            source = source or await self._detect(rest)
            yield await self._sentence(rest, source, request.target_language)

    @action
    async def get_translation_stats(self, request: Query) -> StreamingFigures:
        """Say how many sentences each engine translated, and how fast."""
        engines = tuple(
            figures.model_copy(update={"circuit": self._circuits[name].state.value})
            if name in self._circuits
            else figures
            for name, figures in sorted(self._figures.items())
        )
        return StreamingFigures(
            streams=self._streams, sentences=self._sentences, cache_hits=self._hits,
            cached=len(self._cache), engines=engines,
        )  # fmt: skip

    @action
    async def clear_cache(self, request: Empty) -> CacheCleared:
        """Forget every sentence that was translated."""
        removed = len(self._cache)
        self._cache.clear()
        return CacheCleared(removed=removed)

    async def _detect(self, sentence: str) -> str:
        found = await asyncio.to_thread(identify, sentence)
        return "" if found.language == UNDETERMINED else found.language

    async def _sentence(self, sentence: str, source: str, target: str) -> TranslationPiece:
        self._sentences += 1
        if source in ("", target) or not sentence.strip():
            return TranslationPiece(text=sentence, source_language=source, engine="none")
        key = (sentence, source, target)
        if key in self._cache:
            self._hits += 1
            self._cache.move_to_end(key)
            return self._cache[key]
        found = await self._translate(sentence, source, target)
        self._cache[key] = found
        return found

    async def _translate(self, sentence: str, source: str, target: str) -> TranslationPiece:
        for slug in MODELS:
            if not self._serves(slug):
                continue
            began = self.clock.monotonic()
            try:
                text = await self._circuits[slug].call(
                    partial(self._by_model, slug, sentence, source, target)
                )
            except ActionError:
                self._count(slug, began, failed=True)
                continue
            self._count(slug, began)
            return TranslationPiece(text=text, source_language=source, engine=slug)
        return await self._by_rules(sentence, source, target)

    async def _by_rules(self, sentence: str, source: str, target: str) -> TranslationPiece:
        if not self._rules.translates(source, target):
            message = f"no engine translates {source} to {target} now: no model is connected"
            raise ActionError(ErrorCode.UNAVAILABLE, message, "target_language")
        began = self.clock.monotonic()
        found = await asyncio.to_thread(self._rules.translate, sentence, source, target)
        self._count(self._rules.name, began)
        text = found.text[:MAX_PIECE]
        return TranslationPiece(text=text, source_language=source, engine=self._rules.name)

    async def _by_model(self, slug: str, sentence: str, source: str, target: str) -> str:
        wanted = generation_of(sentence, source, target)
        found = await self.peers.call(slug, "generate", wanted, Generation, timeout=MODEL_SECONDS)
        if found.engine is not Engine.SERVER or not found.text.strip():
            raise ActionError(ErrorCode.UNAVAILABLE, f"{slug} has no model")
        space = sentence[len(sentence.rstrip()) :]
        lead = sentence[: len(sentence) - len(sentence.lstrip())]
        return (lead + found.text.strip() + space)[:MAX_PIECE]

    def _serves(self, slug: str) -> bool:
        return any(
            record.slug == slug and record.phase.is_serving for record in self.peers.directory()
        )

    def _count(self, engine: str, began: float, *, failed: bool = False) -> None:
        seconds = max(0.0, self.clock.monotonic() - began)
        before = self._figures[engine]
        self._figures[engine] = EngineFigures(
            engine=engine,
            sentences=before.sentences + (not failed),
            failures=before.failures + failed,
            seconds=before.seconds + seconds,
        )
        if self._serves(LOGGER):
            self.spawn(self._log(seconds), "log figures")

    async def _log(self, seconds: float) -> None:
        figure = LogMetricRequest(agent=self.facts.slug, metric=LATENCY, value=seconds, unit="s")
        try:
            await self.peers.call(
                "performance_logger_agent", "log_metric", figure, MetricLogged, timeout=LOG_SECONDS
            )
        except ActionError as error:
            self.log.info("figures were not written down: %s", error)
