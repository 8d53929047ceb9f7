"""
SystemHealthManager: sees that the memory services live, and has them restarted when they hang.

A process that ended is started again by whoever supervises it; one that hangs is nobody's but ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import Field

from common.agent import Agent, action
from common.configuration import Configuration
from common.contracts.fleet_health import (
    AGENT_HEALTH,
    RECOVERIES,
    AgentHealthChanged,
    RecoveryHappened,
)
from common.contracts.health import Pong
from common.contracts.recovery import AgentOrder, RestartStarted
from common.messages import ActionError, ErrorCode, Query, Reply

MEMORY: Final = "memory_orchestrator_service"
HUB: Final = "observability_hub"
KEPT: Final = 100
WORST_WAIT_SECONDS: Final = 300.0


class SystemHealthConfiguration(Configuration):
    """How often to ask, how long to wait for an answer, and how much silence is too much."""

    ask_seconds: float = Field(default=5.0, ge=0.2, le=300.0)
    answer_seconds: float = Field(default=2.0, ge=0.05, le=30.0)
    most_silent: int = Field(default=3, ge=1, le=20)


class Service(StrEnum):
    """Name how a watched service is."""

    HEALTHY = "healthy"
    SILENT = "silent"
    DOWN = "down"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Watched:
    """What is known of a service: how often it was silent, and what was tried since it was well."""

    state: Service = Service.UNKNOWN
    silent: int = 0
    attempts: int = 0
    next_attempt_at: float = 0.0
    reason: str = ""


class ServiceHealth(Reply):
    """How one watched service is; attempts counts restarts since it was healthy."""

    agent: str
    state: Service
    attempts: int
    reason: str


class SystemStatus(Reply):
    """Answer `get_system_status`: the services, who else is down, and the last recoveries."""

    status: Service
    services: tuple[ServiceHealth, ...]
    down: tuple[str, ...]
    recoveries: tuple[RecoveryHappened, ...]


class SystemHealthManager(Agent):
    """Ask the memory service again and again; restart it when it is silent for too long."""

    topics = (RECOVERIES,)
    configuration = SystemHealthConfiguration

    async def start(self) -> None:
        """Begin to watch."""
        self._chosen = self.configured(SystemHealthConfiguration)
        self._watched = {MEMORY: Watched()}
        self._down: dict[str, str] = {}
        self._recoveries: tuple[RecoveryHappened, ...] = ()
        self.spawn(self._hear(), "hear")
        self.spawn(self._ask_forever(), "ask")

    @action
    async def get_system_status(self, request: Query) -> SystemStatus:
        """Say how the watched services are, and what was done about it."""
        services = tuple(
            ServiceHealth(
                agent=slug, state=found.state, attempts=found.attempts, reason=found.reason
            )
            for slug, found in self._watched.items()
        )
        worst = next((one.state for one in services if one.state is not Service.HEALTHY), None)
        return SystemStatus(
            status=worst or Service.HEALTHY,
            services=services,
            down=tuple(sorted(self._down)),
            recoveries=self._recoveries,
        )

    async def _hear(self) -> None:
        async for delivery in self.peers.subscribe(AGENT_HEALTH):
            self._take_in(delivery.event)

    def _take_in(self, told: AgentHealthChanged) -> None:
        if told.alive:
            self._down.pop(told.agent, None)
        elif not told.orderly:
            self._down[told.agent] = told.reason

    async def _ask_forever(self) -> None:
        while True:
            for slug in self._watched:
                await self._look_at(slug)
            await self.clock.sleep(self._chosen.ask_seconds)

    async def _look_at(self, slug: str) -> None:
        before = self._watched[slug]
        try:
            await self.peers.call(slug, "ping", Query(), Pong, timeout=self._chosen.answer_seconds)
        except ActionError as error:
            is_gone = error.code is ErrorCode.NOT_FOUND
            found = Watched(
                Service.DOWN if is_gone else Service.SILENT,
                before.silent + 1,
                before.attempts,
                before.next_attempt_at,
                str(error),
            )
            self._watched[slug] = found
            if not is_gone:
                await self._recover(slug, found)
            return
        if before.attempts:
            self._tell(slug, "answers again", before.attempts, succeeded=True)
        self._watched[slug] = Watched(Service.HEALTHY)

    async def _recover(self, slug: str, found: Watched) -> None:
        now = self.clock.now()
        if found.silent < self._chosen.most_silent or now < found.next_attempt_at:
            return
        attempt = found.attempts + 1
        try:
            await self.peers.call(HUB, "restart_agent", AgentOrder(agent=slug), RestartStarted)
        except ActionError as error:
            self._tell(slug, str(error), attempt, succeeded=False)
        else:
            self._tell(slug, f"restart asked for: {found.reason}", attempt, succeeded=False)
        wait = min(WORST_WAIT_SECONDS, self._chosen.ask_seconds * 2**attempt)
        self._watched[slug] = Watched(found.state, found.silent, attempt, now + wait, found.reason)

    def _tell(self, slug: str, reason: str, attempt: int, *, succeeded: bool) -> None:
        happened = RecoveryHappened(
            agent=slug,
            action="restart",
            succeeded=succeeded,
            attempt=attempt,
            reason=reason,
            at=self.clock.now(),
        )
        self._recoveries = (*self._recoveries, happened)[-KEPT:]
        self.events.publish(RECOVERIES, happened)
        self.log.warning("recovery", extra=happened.model_dump())
