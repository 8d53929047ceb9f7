"""What the host is told to run. Plain values: a plan crosses a pipe as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class LaunchSpec:
    """One agent: its name, its code, the cell it runs in, what it is told, what it depends on."""

    name: str
    module: str
    cell: str
    env_vars: dict[str, str]
    log: str
    depends_on: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """All agents of a fleet, what every process is told, and for how long each agent may drain."""

    environment: str
    drain_seconds: float
    inherited: dict[str, str]
    agents: tuple[LaunchSpec, ...]

    @property
    def cells(self) -> dict[str, tuple[LaunchSpec, ...]]:
        """Give the agents of each cell, in the order of the plan."""
        found: dict[str, tuple[LaunchSpec, ...]] = {}
        for spec in self.agents:
            found[spec.cell] = (*found.get(spec.cell, ()), spec)
        return found

    def to_json(self) -> str:
        """Write the plan down."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Read a plan that `to_json` wrote."""
        document = json.loads(text)
        agents = tuple(
            LaunchSpec(**{**entry, "depends_on": tuple(entry["depends_on"])})
            for entry in document["agents"]
        )
        return cls(**{**document, "agents": agents})
