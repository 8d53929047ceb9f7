"""
HealthMonitor: looks at the agents of its machine and tells who died and who came back.

Bringing agents back may not enter: that is the business of system_health_manager.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

from pydantic import Field

from agents.resource_management.liveness import Copy, copy_of, health_of
from common.agent import Agent, action
from common.configuration import Configuration
from common.contracts.fleet_health import (
    AGENT_HEALTH,
    AgentHealth,
    AgentHealthChanged,
    FleetStatus,
)
from common.contracts.performance import LogMetricRequest, MetricLogged
from common.contracts.registry import AgentRecord
from common.http_fetch import FetchError, fetch
from common.messages import ActionError, Empty, Query

HEALTH: Final = "health"
KEPT_SECONDS: Final = 7 * 86_400.0
AT_ONCE: Final = 8


class HealthMonitorConfiguration(Configuration):
    """What an operator may choose: how often to look, and when silence is death."""

    poll_seconds: float = Field(default=5.0, ge=0.2, le=300.0)
    look_seconds: float = Field(default=0.5, ge=0.1, le=60.0)  # at the directory, which costs less
    answer_seconds: float = Field(default=1.0, ge=0.05, le=30.0)
    most_silent: int = Field(default=2, ge=1, le=20)
    grace_seconds: float = Field(default=20.0, ge=0.0, le=600.0)  # for a fleet that starts anew
    machine: str = "pc2"


class HealthMonitor(Agent):
    """Poll the agents; keep who is down since when; tell every change."""

    topics = (AGENT_HEALTH,)
    configuration = HealthMonitorConfiguration

    async def start(self) -> None:
        """Take up what was known, and begin to look."""
        self._chosen = self.configured(HealthMonitorConfiguration)
        self._known: dict[str, AgentHealth] = {}
        self._expected: set[str] = set()
        self._silent: dict[Copy, int] = {}
        self._checked_at: float | None = None
        self._started_at = self.clock.now()
        self._looking = asyncio.Lock()
        for slug, document in await self.store.scan(HEALTH):
            self._known[slug] = AgentHealth.model_validate(document)
        self._expected = set(self._known)
        self.spawn(self._watch(), "watch")

    async def state_cleared(self) -> None:
        """Begin with what is there."""
        self._known.clear()
        self._expected.clear()
        self._silent.clear()

    @action
    async def get_status(self, request: Query) -> FleetStatus:
        """Return how every agent is, and which are down since when."""
        return self._status()

    @action
    async def check_now(self, request: Empty) -> FleetStatus:
        """Look at every agent at once, without waiting for the next round."""
        await self._poll()
        return self._status()

    async def _watch(self) -> None:
        polled_at: float | None = None
        while True:
            now = self.clock.monotonic()
            if polled_at is None or now - polled_at >= self._chosen.poll_seconds:
                polled_at = now
                await self._poll()
            else:
                async with self._looking:
                    await self._take_in(self._records())
            await self.clock.sleep(self._chosen.look_seconds)

    async def _poll(self) -> None:
        async with self._looking:  # two rounds at once would count silence twice
            began = self.clock.monotonic()
            records = self._records()
            gate = asyncio.Semaphore(AT_ONCE)
            heard = await asyncio.gather(*(self._answers(record, gate) for record in records))
            self._silent = {
                copy_of(record): 0 if answers else self._silent.get(copy_of(record), 0) + 1
                for record, answers in zip(records, heard, strict=True)
            }
            self._checked_at = self.clock.now()
            await self._take_in(records)
        await self._log_seconds(self.clock.monotonic() - began)

    async def _answers(self, record: AgentRecord, gate: asyncio.Semaphore) -> bool:
        async with gate:
            try:
                answer = await fetch(
                    f"{record.health_endpoint}/livez", timeout=self._chosen.answer_seconds
                )
            except FetchError as error:
                self.log.debug("no answer", extra={"agent": record.slug, "error": str(error)})
                return False
            return answer.status == 200

    async def _take_in(self, records: Iterable[AgentRecord]) -> None:
        by_slug: dict[str, list[AgentRecord]] = {}
        for record in records:
            by_slug.setdefault(record.slug, []).append(record)
        now = self.clock.now()
        if now - self._started_at < self._chosen.grace_seconds:
            awaited = self._expected - by_slug.keys()  # they may not have registered yet
        else:
            awaited = set()
        self._expected -= by_slug.keys()
        for slug in sorted((by_slug.keys() | self._known.keys()) - awaited):
            before = self._known.get(slug)
            found = health_of(
                slug,
                by_slug.get(slug, ()),
                self._silent,
                before,
                now=now,
                most_silent=self._chosen.most_silent,
            )
            if found != before:
                await self._tell(found, before, now)
        await self._forget_long_gone(now)

    async def _tell(self, found: AgentHealth, before: AgentHealth | None, now: float) -> None:
        self._known[found.agent] = found
        await self.store.put(HEALTH, found.agent, found.model_dump(mode="json"))
        if not found.alive:
            self.log.warning("agent is down", extra={"agent": found.agent, "why": found.reason})
        self.events.publish(
            AGENT_HEALTH,
            AgentHealthChanged(
                agent=found.agent,
                alive=found.alive,
                phase=found.phase,
                at=now,
                reason=found.reason,
                was_alive=before.alive if before is not None else None,
                orderly=found.orderly,
            ),
        )

    async def _forget_long_gone(self, now: float) -> None:
        for slug in [s for s, h in self._known.items() if not h.alive]:
            if now - self._known[slug].since > KEPT_SECONDS:
                del self._known[slug]
                await self.store.delete(HEALTH, slug)

    async def _log_seconds(self, seconds: float) -> None:
        metric = LogMetricRequest(
            agent=self.facts.slug, metric="round_seconds", value=max(0.0, seconds), unit="s"
        )
        try:
            await self.peers.call(
                "performance_monitor", "log_metric", metric, MetricLogged, timeout=1.0
            )
        except ActionError as error:
            self.log.debug("the round was not logged", extra={"error": str(error)})

    def _records(self) -> tuple[AgentRecord, ...]:
        return tuple(
            record
            for record in self.peers.directory()
            if record.machine == self._chosen.machine and record.slug != self.facts.slug
        )

    def _status(self) -> FleetStatus:
        agents = tuple(self._known[slug] for slug in sorted(self._known))
        return FleetStatus(
            agents=agents,
            down=tuple(health for health in agents if not health.alive),
            checked_at=self._checked_at,
        )
