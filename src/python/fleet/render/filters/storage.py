"""Where an agent keeps its state: a named volume, or memory when it keeps nothing."""

from __future__ import annotations

from fleet.model import AgentSpec, Model
from fleet.render.documents import Body, Document, Documents, on_agents
from fleet.render.filters.hardening import NONROOT

STATE_DIRECTORY = "/var/lib/agent"


def _mount(model: Model, document: Document, agent: AgentSpec) -> Body:
    """Mount the state directory; the image has it, owned by the user that agents run as."""
    if agent.stateful:
        volume = {"type": "volume", "source": _volume(document), "target": STATE_DIRECTORY}
        return {"volumes": (volume,)}
    options = f"noexec,nosuid,nodev,uid={NONROOT},gid={NONROOT},mode=0700,size=64m"
    return {"tmpfs": (f"{STATE_DIRECTORY}:{options}",)}


def volumes(model: Model, documents: Documents) -> Documents:
    """Declare a volume for each instance of a stateful agent."""
    return (
        *documents,
        *(
            Document("volume", _volume(document))
            for document in documents
            if document.agent and document.agent.stateful
        ),
    )


def _volume(document: Document) -> str:
    return f"state-{document.name}"


mounts = on_agents(_mount)
