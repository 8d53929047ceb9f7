"""
Who is watched, and what was heard of each: by the agents' own heartbeats, or from the hub.

How a forecast is made of it lies in failure_forecast; no agent is called here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from agents.utility_services.health_watch import WatchedAgent
from common.bounded_documents import BoundedDocuments
from common.clock import Clock
from common.contracts.observability import HealthSummary, Point
from common.messages import ActionError, ErrorCode
from common.state.store import Store

WATCHED: Final = "watched"
UNWATCHED: Final = "unwatched"
MOST_AGENTS: Final = 1_000
KEPT_BEATS: Final = 60
KEPT_SECONDS: Final = 10 * 365 * 86_400.0
MEGABYTE: Final = 1_000_000.0
LONGEST_GAP: Final = 60.0
"""Seconds without a look of the hub after which nobody's silence means anything."""

LEAST_REQUESTS: Final = 5
ERRORS_MOVE: Final = 0.3
MOST_ERRORS: Final = 0.8
"""Errors alone are no certainty: who calls may cause them, and that no restart can cure."""


class WatchBook:
    """Keep the watched agents, at most so many, and remember who is not to be watched."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._agents: dict[str, WatchedAgent] = {}
        self._scraped_at = 0.0
        self._unwatched = BoundedDocuments(
            store, clock, UNWATCHED, most=MOST_AGENTS, seconds=KEPT_SECONDS
        )

    def __len__(self) -> int:
        """Count who is watched."""
        return len(self._agents)

    async def load(self) -> None:
        """Read who is watched; silence counts from now, because nobody could be heard."""
        rows = await self._store.scan(WATCHED)
        known = (WatchedAgent.model_validate(document) for _, document in rows)
        self._agents = {one.agent: one.model_copy(update={"beats": ()}) for one in known}
        self._scraped_at = 0.0
        await self._unwatched.load()

    def all(self) -> tuple[WatchedAgent, ...]:
        """Return who is watched."""
        return tuple(self._agents.values())

    def find(self, agent: str) -> WatchedAgent:
        """Return what is known of an agent; NOT_FOUND when it is not watched."""
        known = self._agents.get(agent)
        if known is None:
            message = f"expected an agent that is registered, found {agent!r}"
            raise ActionError(ErrorCode.NOT_FOUND, message, "agent")
        return known

    def silence(self, known: WatchedAgent) -> float:
        """Return for how long an agent was not heard, as far as anybody listened."""
        if not known.beats:
            return 0.0
        heard_until = self._clock.now() if known.beats_itself else self._scraped_at
        return max(0.0, heard_until - known.beats[-1])

    async def register(self, agent: str, memory_limit_mb: float) -> None:
        """Begin to watch an agent because somebody wants it."""
        if agent not in self._agents and len(self._agents) >= MOST_AGENTS:
            raise ActionError(ErrorCode.OVERLOADED, f"expected at most {MOST_AGENTS} agents")
        await self._unwatched.delete(agent)
        known = self._agents.get(agent, WatchedAgent(agent=agent))
        await self.keep(
            known.model_copy(update={"memory_limit_mb": memory_limit_mb, "registered": True})
        )

    async def unregister(self, agent: str) -> bool:
        """Watch an agent no more, even if the hub sees it; tell whether it was watched."""
        was_known = self._agents.pop(agent, None) is not None
        if was_known:
            await self._unwatched.put(agent, {})
        await self._store.delete(WATCHED, agent)
        return was_known

    async def beat(self, agent: str, memory_mb: float | None, error_rate: float) -> None:
        """Hear from an agent itself; from now on the hub's word of it does not count."""
        known, now = self.find(agent), self._clock.now()
        own = known if known.beats_itself else known.model_copy(update={"beats": ()})
        memory = own.memory if memory_mb is None else (*own.memory, (now, memory_mb))
        heard = {
            "beats": (*own.beats, now)[-KEPT_BEATS:],
            "memory": memory[-KEPT_BEATS:],
            "error_rate": error_rate,
            "beats_itself": True,
        }
        await self.keep(own.model_copy(update=heard))

    async def learn(self, summary: HealthSummary, without: Iterable[str]) -> None:
        """Take in what the hub saw of everybody; who is new is watched, who is gone is not."""
        at = summary.scraped_at or 0.0
        if at <= self._scraped_at:
            return
        is_gap = at - self._scraped_at > LONGEST_GAP
        self._scraped_at = at
        seen: dict[str, list[Point]] = {}
        for point in summary.agents:
            if point.agent not in without:
                seen.setdefault(point.agent, []).append(point)
        for agent in [one.agent for one in self.all() if not one.registered]:
            if agent not in seen:
                del self._agents[agent]
                await self._store.delete(WATCHED, agent)
        for agent, points in seen.items():
            if await self._is_wanted(agent):
                known = self._agents.get(agent, WatchedAgent(agent=agent, registered=False))
                if not known.beats_itself:
                    begun = known.model_copy(update={"beats": ()}) if is_gap else known
                    self._agents[agent] = _seen(begun, points, at)

    async def keep(self, known: WatchedAgent) -> None:
        """Remember what is known of an agent, over a restart too."""
        self._agents[known.agent] = known
        await self._store.put(WATCHED, known.agent, known.model_dump(mode="json"))

    async def _is_wanted(self, agent: str) -> bool:
        if agent in self._agents:
            return True
        return len(self._agents) < MOST_AGENTS and await self._unwatched.get(agent) is None


def _seen(known: WatchedAgent, points: list[Point], at: float) -> WatchedAgent:
    """Return what is known after the hub looked at every copy of an agent."""
    up = [point for point in points if point.up]
    if not up:
        return known
    figure = max(point.memory_bytes for point in up) / MEGABYTE
    memory = (*known.memory, (at, figure))[-KEPT_BEATS:] if figure else known.memory
    busy = [point.error_rate for point in up if point.requests >= LEAST_REQUESTS]
    errors = max(busy, default=0.0)
    smooth = known.error_rate + ERRORS_MOVE * (errors - known.error_rate)
    return known.model_copy(
        update={
            "beats": (*known.beats, at)[-KEPT_BEATS:],
            "memory": memory,
            "error_rate": min(MOST_ERRORS, max(0.0, smooth)),
        }
    )
