"""The seam between the commands and whatever runs the fleet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from fleet.chain import Link


@dataclass(frozen=True)
class Observation:
    """One replica as it is now; `phase` is the agent's own word where it could be had."""

    agent: str
    phase: str
    pid: int | None
    uptime: float | None
    memory: int | None
    restarts: int
    endpoint: str

    @property
    def is_serving(self) -> bool:
        """Whether the replica answers calls."""
        return self.phase in ("ready", "degraded", "healthy")


@dataclass(frozen=True)
class StartReport:
    """What a start came to: how many agents, how long, and the chain that made it so long."""

    agents: int
    seconds: float
    chain: tuple[Link, ...] = ()


class AlreadyRunning(Exception):
    """There is nothing to start: the fleet runs."""


class Narrator(Protocol):
    """Who tells people, on stderr, what goes on."""

    def say(self, line: str) -> None:
        """Tell one thing."""
        ...

    def begin(self, agents: tuple[str, ...]) -> None:
        """Tell which agents will be heard of."""
        ...

    def phase(self, agent: str, phase: str, seconds: float) -> None:
        """Tell that an agent came into a phase, so many seconds after the beginning."""
        ...

    def end(self, report: StartReport | None) -> None:
        """Tell how it went; what is drawn stays as it is."""
        ...


class Cluster(Protocol):
    """Something that a fleet can be started on, seen on and stopped on."""

    def up(self, narrator: Narrator, *, detach: bool) -> None:
        """Start the fleet; without detach, stay until interrupted and leave nothing behind."""
        ...

    def down(self, narrator: Narrator) -> None:
        """Stop the fleet, dependents first."""
        ...

    def status(self) -> tuple[Observation, ...]:
        """See every replica, sorted by name."""
        ...

    def logs(self, agent: str, *, follow: bool) -> Iterator[str]:
        """Read the log of an agent, piece by piece."""
        ...
