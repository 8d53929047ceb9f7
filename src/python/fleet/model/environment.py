"""An environment: where the fleet runs and what differs there. No agent facts, no IO."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

Orchestrator = Literal["process", "compose", "swarm", "kubernetes"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

FRONT_DOOR = "request_coordinator"
"""The agent that people's requests come in through."""
REGISTRY = "service_registry"
"""The agent that every other agent registers with."""


def _split(names: object) -> object:
    """Allow `a, b` for a tuple, because settings of a target are text."""
    if isinstance(names, str):
        return tuple(name.strip() for name in names.split(",") if name.strip())
    return names


class Environment(BaseModel, frozen=True, extra="forbid"):
    """Where the fleet runs: name, orchestrator and its few settings."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    orchestrator: Orchestrator
    project: Annotated[str, Field(pattern=r"^([a-z0-9][a-z0-9_-]{0,62})?$")] = ""
    """What the orchestrator calls the whole; `fleet-<name>` when empty."""
    log_level: LogLevel = "INFO"
    publish: Annotated[tuple[str, ...], BeforeValidator(_split)] = (
        FRONT_DOOR,
        "observability_hub:health",
    )
    """Ports open to this host: a slug, or `<slug>:health` for the health port."""
    publish_address: Annotated[str, Field(pattern=r"^[0-9.]+$")] = "127.0.0.1"
    gpu: bool = False
    """Whether the hosts give containers a GPU; agents run on the CPU otherwise."""
    start_timeout_seconds: Annotated[float, Field(gt=0)] = 60.0
    drain_seconds: Annotated[float, Field(gt=0)] = 10.0
    health_interval_seconds: Annotated[int, Field(ge=1)] = 5

    @property
    def project_name(self) -> str:
        """Give the project's name, derived when it is not stated."""
        return self.project or f"fleet-{self.name}"
