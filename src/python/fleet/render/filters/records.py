"""What can be read about a container from outside: its log and its labels."""

from __future__ import annotations

from fleet.model import AgentSpec, Model
from fleet.render.documents import Body, Document, on_agents


def _logs(model: Model, document: Document, agent: AgentSpec) -> Body:
    """Keep thirty megabytes of log for each container."""
    return {"logging": {"driver": "json-file", "options": {"max-file": "3", "max-size": "10m"}}}


def _labels(model: Model, document: Document, agent: AgentSpec) -> Body:
    """Say whose container it is, so that a filter of the engine finds it."""
    return {
        "labels": {
            "fleet.address": agent.address,
            "fleet.agent": agent.slug,
            "fleet.criticality": agent.criticality,
            "fleet.environment": model.environment.name,
            "fleet.group": agent.group,
            "fleet.machine": agent.machine,
        }
    }


logs = on_agents(_logs)
labels = on_agents(_labels)
