"""What the host is told to run. Plain values: a plan crosses a pipe as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class ProcessSpec:
    """One agent's process: its name, its code, what it is told, and the names it depends on."""

    name: str
    module: str
    env_vars: dict[str, str]
    log: str
    depends_on: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """All processes of a fleet, and for how long each may drain."""

    environment: str
    drain_seconds: float
    processes: tuple[ProcessSpec, ...]

    def to_json(self) -> str:
        """Write the plan down."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Read a plan that `to_json` wrote."""
        document = json.loads(text)
        processes = tuple(
            ProcessSpec(
                name=entry["name"],
                module=entry["module"],
                env_vars=entry["env_vars"],
                log=entry["log"],
                depends_on=tuple(entry["depends_on"]),
            )
            for entry in document["processes"]
        )
        return cls(document["environment"], document["drain_seconds"], processes)
