"""
TieredResponder: answers at once, fast or deeply, as the question and the load allow.

Rules of depth and patterns lie in answer_tiers; wording of models may not enter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

from agents.task_processing.answer_tiers import (
    LIMITS,
    LOWER,
    AnswerCache,
    at_once,
    by_arithmetic,
    by_clock,
    depth_of,
    plain,
    under_load,
)
from agents.task_processing.tiered_messages import (
    Fall,
    RespondRequest,
    Tier,
    TieredAnswer,
    TierFigures,
)
from common.agent import Agent, action
from common.contracts.memory import MemoryHits, SearchMemoryRequest
from common.contracts.models import Engine, GenerateRequest, Generation
from common.contracts.resources import ResourceStatus
from common.messages import ActionError, Query
from common.text import stems

LOAD_SECONDS: Final = 2.0
LOAD_TIMEOUT: Final = 0.2
LONGEST_QUERY: Final = 2_000
LEAST_SHARE: Final = 0.5  # of the words of the question that a memory must have
UNKNOWN: Final = "I have no answer to that yet."
SYSTEM: Final = "Answer the question in a few plain sentences. Say so when you do not know."

Said = tuple[str, str]
"""What is answered, and where it is from."""


class TieredResponder(Agent):
    """Try the tier that suits; fall to a lower one when it has no answer in time."""

    async def start(self) -> None:
        """Begin with nothing cached."""
        self._cache = AnswerCache(self.clock)
        self._answered: Counter[Tier | None] = Counter()
        self._in_flight = 0
        self._load: tuple[float, bool] = (float("-inf"), False)

    async def state_cleared(self) -> None:
        """Forget the answers."""
        self._cache.clear()

    @action
    async def respond(self, request: RespondRequest) -> TieredAnswer:
        """Answer, and say which tier did."""
        self._in_flight += 1
        try:
            return await self._respond(request)
        finally:
            self._in_flight -= 1

    @action
    async def get_stats(self, request: Query) -> TierFigures:
        """Say how often each tier answered."""
        return TierFigures(
            **{tier.value: self._answered[tier] for tier in Tier},
            unanswered=self._answered[None],
            in_flight=self._in_flight,
            cached=len(self._cache),
        )

    async def _respond(self, request: RespondRequest) -> TieredAnswer:
        began = self.clock.monotonic()
        wanted = request.tier or depth_of(request.text)
        is_exhausted = wanted is Tier.DEEP and await self._is_exhausted()
        tier = under_load(wanted, self._in_flight - 1, is_exhausted=is_exhausted)
        falls = [Fall(tier=wanted, reason="too much is going on")] if tier is not wanted else []
        said: Said | None = self._instant(request.text) if request.tier is None else None
        if said is not None:
            tier, falls = Tier.INSTANT, []
        while said is None:
            try:
                said = await self._tiers[tier](self, request.text)
                reason = "it knows no answer"
            except ActionError as error:
                reason = f"{error.code.value}: {error.message}"
            if said is None:
                falls.append(Fall(tier=tier, reason=reason[:300]))
                if tier not in LOWER:
                    break
                tier = LOWER[tier]
        if said is not None and tier is not Tier.INSTANT:
            self._cache.put(plain(request.text), said[0])
        self._answered[tier if said else None] += 1
        text, source = said or (UNKNOWN, "nothing")
        return TieredAnswer(
            text=text,
            tier=tier,
            wanted=wanted,
            source=source,
            answered=said is not None,
            seconds=max(0.0, self.clock.monotonic() - began),
            limit_seconds=LIMITS[tier],
            falls=tuple(falls),
        )

    def _instant(self, text: str) -> Said | None:
        said = plain(text)
        if (answer := at_once(said)) is not None:
            return answer, "pattern"
        if (answer := by_clock(said, self.clock.now())) is not None:
            return answer, "clock"
        if (answer := by_arithmetic(text)) is not None:
            return answer, "arithmetic"
        if (answer := self._cache.get(said)) is not None:
            return answer, "cache"
        return None

    async def _ask_instant(self, text: str) -> Said | None:
        return self._instant(text)

    async def _ask_memory(self, text: str) -> Said | None:
        query = SearchMemoryRequest(query=text[:LONGEST_QUERY], limit=5)
        found = await self.peers.call(
            "memory_orchestrator_service",
            "search_memory",
            query,
            MemoryHits,
            timeout=LIMITS[Tier.FAST],
        )
        return _best(text, found)

    async def _ask_model(self, text: str) -> Said | None:
        wanted = GenerateRequest(prompt=text, system=SYSTEM, temperature=0.2)
        made = await self.peers.call(
            "remote_connector_agent", "generate", wanted, Generation, timeout=LIMITS[Tier.DEEP]
        )
        # Rules that stand in for a model know less than the memories of the tier below.
        if made.engine is Engine.EMBEDDED or not made.text.strip():
            return None
        return made.text.strip(), "model"

    _tiers: Final[dict[Tier, Callable[[TieredResponder, str], Awaitable[Said | None]]]] = {
        Tier.INSTANT: _ask_instant,
        Tier.FAST: _ask_memory,
        Tier.DEEP: _ask_model,
    }

    async def _is_exhausted(self) -> bool:
        asked_at, was_exhausted = self._load
        if self.clock.monotonic() - asked_at < LOAD_SECONDS:
            return was_exhausted
        try:
            status = await self.peers.call(
                "resource_manager", "get_status", Query(), ResourceStatus, timeout=LOAD_TIMEOUT
            )
            is_exhausted = status.status == "exhausted"
        except ActionError:  # nobody knows of a shortage
            is_exhausted = False
        self._load = (self.clock.monotonic(), is_exhausted)
        return is_exhausted


def _best(text: str, found: MemoryHits) -> Said | None:
    asked = set(stems(text))
    for hit in found.hits:
        known = set(stems(hit.memory.content))
        if asked and len(asked & known) >= LEAST_SHARE * len(asked):
            return hit.memory.content, "memory"
    return None
