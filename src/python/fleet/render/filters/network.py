"""One network for the fleet, and the few ports that this host may reach."""

from __future__ import annotations

from fleet.model import AgentSpec, Model, published
from fleet.render.documents import Body, Document, Documents, on_agents

NETWORK = "fleet"


def network(model: Model, documents: Documents) -> Documents:
    """Add the network and connect every service to it."""
    connected = on_agents(lambda model, document, agent: {"networks": (NETWORK,)})
    return (*connected(model, documents), Document("network", NETWORK, body={"driver": "bridge"}))


def _published(model: Model, document: Document, agent: AgentSpec) -> Body:
    """Open a port to this host only; replicas after the first stay inside."""
    if document.instance != agent.slug:
        return {}
    ports = tuple(
        {
            "host_ip": model.environment.publish_address,
            "protocol": "tcp",
            "published": str(port),
            "target": port,
        }
        for owner, port in published(model)
        if owner.slug == agent.slug
    )
    return {"ports": ports} if ports else {}


published_ports = on_agents(_published)
