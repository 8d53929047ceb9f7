"""The phase of a process and why. No IO may enter."""

import asyncio
from collections.abc import Callable

from common.clock import Clock
from common.contracts.health import HealthReport
from common.lifecycle import Event, Phase, advance


class Status:
    """Hold the phase; tell listeners when it changes."""

    def __init__(self, agent: str, instance: str, clock: Clock) -> None:
        self._agent = agent
        self._instance = instance
        self._clock = clock
        self._since = clock.monotonic()
        self._changed = asyncio.Event()
        self.phase = Phase.STARTING
        self.waiting_for: tuple[str, ...] = ()
        self.lost: tuple[str, ...] = ()
        self.on_phase: Callable[[Phase], None] | None = None

    def handle(self, event: Event) -> None:
        """Take an event in; raise when the phase does not know it."""
        before, self.phase = self.phase, advance(self.phase, event)
        if self.phase is not before:
            self._changed.set()
            self._changed = asyncio.Event()
            if self.on_phase is not None:
                self.on_phase(self.phase)

    def set_waiting(self, missing: tuple[str, ...]) -> None:
        """Say which dependencies are still awaited; none means that the agent may start."""
        self.waiting_for = missing
        if missing and self.phase is Phase.STARTING:
            self.handle(Event.DEPENDENCY_MISSING)
        elif not missing and self.phase is Phase.WAITING:
            self.handle(Event.DEPENDENCIES_READY)

    def set_lost(self, lost: tuple[str, ...]) -> None:
        """Say what a serving agent has to do without."""
        self.lost = lost
        if lost and self.phase is Phase.READY:
            self.handle(Event.LOST)
        elif not lost and self.phase is Phase.DEGRADED:
            self.handle(Event.RECOVERED)

    async def reached(self, *phases: Phase) -> Phase:
        """Return when the phase is one of these."""
        while self.phase not in phases:
            await self._changed.wait()
        return self.phase

    def report(self, inflight: int) -> HealthReport:
        """Describe the process."""
        statuses = {Phase.READY: "ok", Phase.DEGRADED: "degraded"}
        return HealthReport.model_validate(
            {
                "status": statuses.get(self.phase, "unavailable"),
                "agent": self._agent,
                "instance": self._instance,
                "phase": self.phase,
                "waiting_for": self.waiting_for,
                "lost": self.lost,
                "uptime_seconds": round(self._clock.monotonic() - self._since, 3),
                "inflight": inflight,
            }
        )
