"""How much of the host an agent may use."""

from __future__ import annotations

from fleet.model import AgentSpec, Model
from fleet.render.documents import Body, Document, on_agents

PROCESSES = 64
"""An agent is one process with a few threads."""


def _limits(model: Model, document: Document, agent: AgentSpec) -> Body:
    """Limit CPU, memory and the number of processes; ask for a GPU where there is one."""
    limits = {
        "cpus": f"{agent.resources.cpu:g}",
        "memory": str(agent.resources.memory),
        "pids": PROCESSES,
    }
    gpu = {"driver": "nvidia", "count": 1, "capabilities": ("gpu",)}
    given = agent.gpu and model.environment.gpu
    reservations = {"reservations": {"devices": (gpu,)}} if given else {}
    return {"deploy": {"resources": {"limits": limits, **reservations}}}


limits = on_agents(_limits)
