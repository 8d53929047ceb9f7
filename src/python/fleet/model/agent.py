"""An agent as the fleet deploys it. No orchestrator's word, no IO."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from common.facts import AgentFacts
from fleet.model.quantities import Memory

STATELESS = frozenset({"models"})
"""Storages that hold nothing which the agent itself wrote."""


class Resources(BaseModel, frozen=True, extra="forbid"):
    """What one replica may use."""

    cpu: Annotated[float, Field(gt=0)] = 0.5
    memory: Memory = 256 << 20


class AgentSpec(AgentFacts, frozen=True, extra="forbid"):
    """The facts of an agent and what a deployment needs beside them."""

    address: str
    replicas: Annotated[int, Field(ge=1)] = 1
    resources: Resources = Resources()
    system_packages: tuple[str, ...] = ()

    @property
    def stateful(self) -> bool:
        """Whether the agent keeps anything that must outlive its process."""
        return bool(set(self.storage) - STATELESS)

    @property
    def host_name(self) -> str:
        """Give the agent's name as DNS allows it."""
        return self.slug.replace("_", "-")

    @property
    def instances(self) -> tuple[str, ...]:
        """Name the replicas: the slug itself, then `<slug>-2` and so on."""
        return (self.slug, *(f"{self.slug}-{n}" for n in range(2, self.replicas + 1)))

    def facts(self) -> AgentFacts:
        """Give what the running agent knows about itself."""
        return AgentFacts.model_validate(self.model_dump(include=set(AgentFacts.model_fields)))
