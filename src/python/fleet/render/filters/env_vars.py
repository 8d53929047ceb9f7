"""Environment variables of an agent in a container. No secret may enter here."""

from __future__ import annotations

from fleet.model import REGISTRY, AgentSpec, Model
from fleet.render.documents import Body, Document, on_agents
from fleet.render.filters.storage import STATE_DIRECTORY


def _env_vars(model: Model, document: Document, agent: AgentSpec) -> Body:
    """Tell the agent where it listens, how peers reach it, and where the registry is."""
    env_vars = {
        "AGENT_ADVERTISE": document.name,
        "AGENT_HOST": "0.0.0.0",
        "DRAIN_SECONDS": f"{model.environment.drain_seconds:g}",
        "LOG_LEVEL": model.environment.log_level,
        "REGISTRY_ENDPOINT": registry_endpoint(model),
        "STATE_URL": f"sqlite:///{STATE_DIRECTORY}/state.db",
    }
    if document.instance != agent.slug:
        env_vars["AGENT_INSTANCE"] = document.instance
    return {"environment": env_vars}


def registry_endpoint(model: Model) -> str:
    """Give the endpoint of the registry as the other services see it."""
    registry = next(agent for agent in model.agents if agent.slug == REGISTRY)
    return f"tcp://{registry.host_name}:{registry.port}"


env_vars = on_agents(_env_vars)
