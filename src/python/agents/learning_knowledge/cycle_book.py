"""What waits to be learnt, and the cycles that are followed. No decision, no call may enter."""

from __future__ import annotations

import asyncio
from typing import Final

from pydantic import BaseModel, ConfigDict

from agents.learning_knowledge.kept_values import values_of
from common.bounded_documents import BoundedDocuments
from common.clock import Clock
from common.contracts.learning import Opportunity
from common.contracts.training import Cycle
from common.state.store import Store

WAITING: Final = "waiting"
CYCLES: Final = "cycles"
MOST_WAITING: Final = 1_000
MOST_CYCLES: Final = 500
KEPT_SECONDS: Final = 90 * 86_400.0


class FollowedCycle(BaseModel):
    """Hold a cycle and the opportunities that it came from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cycle: Cycle
    opportunities: tuple[str, ...]


class CycleBook:
    """Keep opportunities until they are in a cycle, and cycles as they were last heard of."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._noting = asyncio.Lock()
        self._waiting = BoundedDocuments(
            store, clock, WAITING, most=MOST_WAITING, seconds=KEPT_SECONDS
        )
        self._cycles = BoundedDocuments(
            store, clock, CYCLES, most=MOST_CYCLES, seconds=KEPT_SECONDS
        )

    async def load(self) -> None:
        """Learn what the store has."""
        await self._waiting.load()
        await self._cycles.load()

    async def add(self, found: Opportunity) -> None:
        """Let an opportunity wait."""
        await self._waiting.put(found.opportunity_id, found.model_dump(mode="json"))

    async def waiting(self) -> list[Opportunity]:
        """Return the opportunities that are in no cycle."""
        return await values_of(self._store, WAITING, Opportunity)

    async def followed(self) -> list[FollowedCycle]:
        """Return the cycles, newest first."""
        found = await values_of(self._store, CYCLES, FollowedCycle)
        return sorted(found, key=lambda one: (-one.cycle.created_at, one.cycle.cycle_id))

    async def cycles(self) -> list[Cycle]:
        """Return the cycles without what they came from, newest first."""
        return [one.cycle for one in await self.followed()]

    async def cycle_with(self, found: Opportunity) -> Cycle | None:
        """Return the cycle that an opportunity went into after it was last seen."""
        for one in await self.followed():
            if found.opportunity_id in one.opportunities and one.cycle.created_at >= found.at:
                return one.cycle
        return None

    async def follow(self, cycle: Cycle, waiting: list[Opportunity]) -> None:
        """Follow a cycle; what it was made of waits no more."""
        ids = tuple(one.opportunity_id for one in waiting)
        await self._put(FollowedCycle(cycle=cycle, opportunities=ids))
        for key in ids:
            await self._waiting.delete(key)

    async def note(self, cycle: Cycle) -> FollowedCycle | None:
        """Write down what a followed cycle has become; None when that is known, or not asked."""
        async with self._noting:
            document = await self._cycles.get(cycle.cycle_id)
            known = FollowedCycle.model_validate(document) if document else None
            if known is None or known.cycle.phase.is_over:
                return None
            noted = known.model_copy(update={"cycle": cycle})
            await self._put(noted)
            return noted

    async def _put(self, followed: FollowedCycle) -> None:
        await self._cycles.put(followed.cycle.cycle_id, followed.model_dump(mode="json"))
