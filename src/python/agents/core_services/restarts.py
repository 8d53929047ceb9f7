"""
Restarts that are under way: ask a group, wait until it is back, go on with the next.

Which agents and in which order is decided elsewhere.
"""

from __future__ import annotations

import asyncio
import uuid
from typing import Final

from agents.core_services.hub_messages import Restart, RestartStep
from agents.core_services.timeline import key_at
from common.clock import Clock
from common.messages import ActionError, Done, Empty
from common.peers import Peers
from common.state.store import Store

COLLECTION: Final = "restarts"
KEEP_SECONDS: Final = 30 * 86_400.0
BACK_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 0.5


class Restarts:
    """Carry out restarts and keep how they went."""

    def __init__(self, store: Store, peers: Peers, clock: Clock) -> None:
        self._store = store
        self._peers = peers
        self._clock = clock

    async def load(self) -> None:
        """Close the restarts that the process before could not finish."""
        for _, document in await self._store.scan(COLLECTION):
            restart = Restart.model_validate(document)
            if restart.finished_at is None:
                await self._close(restart, "cut off by a stop of this agent")

    async def begin(self, order: tuple[tuple[str, ...], ...]) -> Restart:
        """Keep a new restart of which nothing has happened yet."""
        now = self._clock.now()
        restart = Restart(
            restart_id=f"{key_at(now)}-{uuid.uuid4().hex[:8]}",
            started_at=now,
            order=order,
            steps=tuple(RestartStep(agent=agent) for group in order for agent in group),
        )
        await self._keep(restart)
        return restart

    async def carry_out(self, restart: Restart) -> None:
        """Go through the groups; one that does not come back ends it, the rest stays untouched."""
        for group in restart.order:
            before = {agent: self._started(agent) for agent in group}
            asked = await asyncio.gather(*(self._ask(agent) for agent in group))
            restart = await self._note(restart, asked)
            waiting = [step.agent for step in asked if step.state == "asked"]
            back = await asyncio.gather(*(self._back(agent, before[agent]) for agent in waiting))
            restart = await self._note(restart, back)
            bad = [step.agent for step in (*asked, *back) if step.state in ("refused", "late")]
            if bad:
                await self._close(restart, f"ended because of {', '.join(sorted(bad))}")
                return
        await self._close(restart, "")

    async def newest(self, limit: int) -> tuple[Restart, ...]:
        """Return restarts, newest first."""
        rows = await self._store.scan(COLLECTION, limit=limit, newest_first=True)
        return tuple(Restart.model_validate(document) for _, document in rows)

    async def _ask(self, agent: str) -> RestartStep:
        try:
            await self._peers.call(agent, "restart", Empty(), Done)
        except ActionError as error:
            return RestartStep(agent=agent, state="refused", message=str(error))
        return RestartStep(agent=agent, state="asked")

    async def _back(self, agent: str, before: float) -> RestartStep:
        until = self._clock.now() + BACK_SECONDS
        while self._clock.now() < until:
            if self._started(agent) > before:
                return RestartStep(agent=agent, state="back")
            await self._clock.sleep(LOOK_SECONDS)
        message = f"not back after {BACK_SECONDS:g} s; is it supervised?"
        return RestartStep(agent=agent, state="late", message=message)

    def _started(self, agent: str) -> float:
        """Return when the newest copy that serves began, 0 when none serves."""
        return max(
            (
                record.since
                for record in self._peers.directory()
                if record.slug == agent and record.phase.is_serving
            ),
            default=0.0,
        )

    async def _note(self, restart: Restart, steps: list[RestartStep]) -> Restart:
        found = {step.agent: step for step in steps}
        noted = tuple(found.get(step.agent, step) for step in restart.steps)
        changed = restart.model_copy(update={"steps": noted})
        await self._keep(changed)
        return changed

    async def _close(self, restart: Restart, problem: str) -> None:
        now = self._clock.now()
        await self._keep(restart.model_copy(update={"finished_at": now, "problem": problem}))

    async def _keep(self, restart: Restart) -> None:
        expires_at = restart.started_at + KEEP_SECONDS
        document = restart.model_dump(mode="json")
        await self._store.put(COLLECTION, restart.restart_id, document, expires_at=expires_at)
