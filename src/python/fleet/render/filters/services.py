"""One service document for every replica of every agent. Nothing but names and the image."""

from __future__ import annotations

from fleet.model import AgentSpec, Model
from fleet.render.documents import Body, Document, Documents, on_agents


def services(model: Model, documents: Documents) -> Documents:
    """Add a service for each instance; its name is what DNS knows it by."""
    return (
        *documents,
        *(
            Document("service", instance.replace("_", "-"), agent, instance)
            for agent in model.agents
            for instance in agent.instances
        ),
    )


def _image(model: Model, document: Document, agent: AgentSpec) -> Body:
    """Pin the image by its content; the engine has it already and must not look for it."""
    images = model.images or {}
    return {
        "hostname": document.name,
        "image": images[agent.slug].ref,
        "pull_policy": "never",
    }


image = on_agents(_image)
