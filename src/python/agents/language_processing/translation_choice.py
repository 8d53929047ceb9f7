"""
Which engine translates a text: the embedded rules when they know the words, else a better one.

Engines of other agents are asked behind circuit breakers; what they raise counts as not knowing.
The cache and the detection of languages may not enter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from common.circuit import CircuitBreaker
from common.clock import Clock
from common.contracts.models import Engine, Generation
from common.contracts.translation import (
    TranslateRequest,
    TranslateStreamRequest,
    Translation,
    TranslationPiece,
)
from common.messages import ActionError, ErrorCode
from common.peers import Peers
from common.translation.apertium import ApertiumEngine
from common.translation.engine import Rendering, TranslationEngine
from common.translation.instruction import generation_of
from common.translation.rules import RuleEngine

NLLB = "nllb_adapter"
STREAMING = "fixed_streaming_translation"
REMOTE = "remote_connector_agent"
ENOUGH = 0.8
"""From this confidence on nobody better is asked: every word was known."""
REMOTE_SECONDS = 20.0
REMOTE_CONFIDENCE = 0.9

Ask = Callable[[str, str, str], Awaitable[Translation]]


class TranslationChoice:
    """Translate by the first engine that does it well enough."""

    def __init__(self, peers: Peers, clock: Clock) -> None:
        self._peers = peers
        self._rules = RuleEngine()
        self._apertium = ApertiumEngine()
        self._remote: tuple[tuple[str, Ask], ...] = (
            (NLLB, self._nllb), (REMOTE, self._connector), (STREAMING, self._streaming),
        )  # fmt: skip
        self._circuits = {slug: CircuitBreaker(clock=clock) for slug, _ in self._remote}

    def embedded_engine(self, source: str, target: str) -> str | None:
        """Return the engine here that does a pair of languages."""
        found = (engine for engine in self._embedded() if engine.translates(source, target))
        first = next(found, None)
        return first.name if first else None

    def is_serving(self) -> bool:
        """Tell whether an agent with a model is there."""
        serving = {record.slug for record in self._peers.directory() if record.phase.is_serving}
        return bool(serving & set(self._circuits))

    async def translate(self, text: str, source: str, target: str) -> Translation:
        """Translate a text; raise UNAVAILABLE when nobody can."""
        best = await self._by(self._rules, text, source, target)
        if best is not None and best.confidence >= ENOUGH:
            return best
        for slug, ask in self._remote:
            if not self._serves(slug):
                continue
            try:
                return await self._circuits[slug].call(partial(ask, text, source, target))
            except ActionError:
                continue
        other = await self._by(self._apertium, text, source, target)
        if other is not None and (best is None or other.confidence > best.confidence):
            best = other
        if best is None:
            message = f"no engine translates {source} to {target} now: no model is connected"
            raise ActionError(ErrorCode.UNAVAILABLE, message, "target_language")
        return best

    def _embedded(self) -> tuple[TranslationEngine, ...]:
        return (self._rules, self._apertium)

    def _serves(self, slug: str) -> bool:
        return any(
            record.slug == slug and record.phase.is_serving for record in self._peers.directory()
        )

    async def _by(
        self, engine: TranslationEngine, text: str, source: str, target: str
    ) -> Translation | None:
        if not engine.translates(source, target):
            return None
        rendering = await asyncio.to_thread(engine.translate, text, source, target)
        return translation_by(engine.name, rendering, source, target)

    async def _nllb(self, text: str, source: str, target: str) -> Translation:
        request = TranslateRequest(text=text, source_language=source, target_language=target)
        found = await self._peers.call(
            NLLB, "translate", request, Translation, timeout=REMOTE_SECONDS
        )
        return _from_model(found.engine, found)

    async def _connector(self, text: str, source: str, target: str) -> Translation:
        request = generation_of(text, source, target)
        found = await self._peers.call(
            REMOTE, "generate", request, Generation, timeout=REMOTE_SECONDS
        )
        if found.engine is not Engine.SERVER or not found.text.strip():
            raise ActionError(ErrorCode.UNAVAILABLE, f"{REMOTE} has no model")
        return Translation(
            text=found.text.strip(), source_language=source, target_language=target,
            engine=f"{REMOTE}/{found.model}", confidence=REMOTE_CONFIDENCE,
        )  # fmt: skip

    async def _streaming(self, text: str, source: str, target: str) -> Translation:
        request = TranslateStreamRequest(source_language=source, target_language=target)
        said, engines = [], set()
        async with self._peers.stream(
            STREAMING, "translate_stream", request, TranslationPiece
        ) as stream:
            await stream.send(TranslationPiece(text=text))
            await stream.end()
            async for piece in stream:
                said.append(piece.text)
                engines.add(piece.engine)
        found = Translation(
            text="".join(said), source_language=source, target_language=target,
            engine="+".join(sorted(engines)), confidence=REMOTE_CONFIDENCE,
        )  # fmt: skip
        return _from_model(found.engine, found)


def translation_by(engine: str, rendering: Rendering, source: str, target: str) -> Translation:
    """Return the reply that says what an embedded engine made, and what it did not know."""
    unknown = len(rendering.unknown_words)
    note = f"{unknown} words are not in the embedded lexicon" if unknown else ""
    return Translation(
        text=rendering.text, source_language=source, target_language=target, engine=engine,
        confidence=rendering.confidence, unknown_words=rendering.unknown_words, note=note,
    )  # fmt: skip


def _from_model(engine: str, found: Translation) -> Translation:
    # An embedded engine elsewhere is the one that is here, too.
    is_embedded = RuleEngine.name in engine or engine == "none" or not engine
    if is_embedded or not found.text.strip():
        raise ActionError(ErrorCode.UNAVAILABLE, "no model answered")
    return found
