"""The keys of each agent: the folder that has its own, mounted as a secret. No key may enter.

The folder, not its files: a file that is mounted alone stays what it was when another is put in
its place, and a rotation would never be seen.
"""

from __future__ import annotations

from fleet.model import AgentSpec, Model
from fleet.render.documents import Body, Document, Documents, Interpolated, on_agents

TARGET = "/run/secrets/fleet"
VARIABLE = "FLEET_KEYS"


def secrets(model: Model, documents: Documents) -> Documents:
    """Declare a secret for each agent; its replicas share it."""
    return (
        *documents,
        *(
            Document("secret", _secret(agent), body={"file": _folder(agent)})
            for agent in model.agents
        ),
    )


def _mount(model: Model, document: Document, agent: AgentSpec) -> Body:
    """Mount the keys where the agent looks for them."""
    return {"secrets": ({"source": _secret(agent), "target": TARGET},)}


def _secret(agent: AgentSpec) -> str:
    return f"keys-{agent.host_name}"


def _folder(agent: AgentSpec) -> Interpolated:
    return Interpolated(f"${{{VARIABLE}:-./keys}}/{agent.slug}")


mounts = on_agents(_mount)
