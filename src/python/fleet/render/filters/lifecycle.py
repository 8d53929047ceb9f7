"""Start, health and end of an agent's container."""

from __future__ import annotations

from fleet.model import AgentSpec, Model
from fleet.render.documents import Body, Document, on_agents

PROBE = ("/usr/bin/python3.11", "-I", "-S", "/app/common/health_probe.py")
KILL_MARGIN_SECONDS = 5


def _health(model: Model, document: Document, agent: AgentSpec) -> Body:
    """Ask the agent's own readiness, with the probe that its image has."""
    return {
        "healthcheck": {
            "test": ("CMD", *PROBE, str(agent.health_port)),
            "interval": f"{model.environment.health_interval_seconds}s",
            "timeout": "10s",
            "retries": 3,
            "start_period": f"{model.environment.start_timeout_seconds:g}s",
        }
    }


def _restart(model: Model, document: Document, agent: AgentSpec) -> Body:
    """Start it again when it crashes or asks for it (exit 75); let it drain before the kill."""
    seconds = model.environment.drain_seconds + KILL_MARGIN_SECONDS
    return {
        "init": False,
        "restart": "on-failure",
        "stop_grace_period": f"{seconds:g}s",
        "stop_signal": "SIGTERM",
    }


health = on_agents(_health)
restart = on_agents(_restart)
