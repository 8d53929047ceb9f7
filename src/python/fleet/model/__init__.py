"""The fleet as values: agents, an environment, images. Frozen; no IO, no orchestrator's word."""

from __future__ import annotations

from pydantic import BaseModel

from fleet.model.agent import AgentSpec, Resources
from fleet.model.environment import FRONT_DOOR, REGISTRY, Environment
from fleet.model.images import Image, Images

__all__ = [
    "FRONT_DOOR",
    "REGISTRY",
    "AgentSpec",
    "Environment",
    "Image",
    "Images",
    "Model",
    "Resources",
    "published",
]


class Model(BaseModel, frozen=True, extra="forbid"):
    """Everything that the build tells the deploy program."""

    environment: Environment
    agents: tuple[AgentSpec, ...]
    images: Images | None = None

    def agent(self, slug: str) -> AgentSpec | None:
        """Find an agent by slug or host name."""
        wanted = slug.replace("-", "_")
        return next((agent for agent in self.agents if agent.slug == wanted), None)

    @property
    def graph(self) -> dict[str, tuple[str, ...]]:
        """Give slug -> the slugs that it depends on, in the order of names."""
        return {agent.slug: agent.depends_on for agent in sorted(self.agents, key=lambda a: a.slug)}


def published(model: Model) -> tuple[tuple[AgentSpec, int], ...]:
    """Give the ports that the environment opens to this host, by agent."""
    names = model.environment.publish
    return tuple(
        (agent, port)
        for agent in model.agents
        for name, port in (
            (agent.slug, agent.port),
            (f"{agent.slug}:health", agent.health_port),
        )
        if name in names
    )
