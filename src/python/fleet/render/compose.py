"""Model -> compose.yaml: the order of the filters, and what compose cannot say.

Rule 1: what a service says is said by a filter; here is only which filters, and in what order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fleet.model import AgentSpec, Model
from fleet.render.documents import Documents, Filter, Interpolated, fold
from fleet.render.emit import emit_json, emit_yaml
from fleet.render.filters import (
    env_vars,
    hardening,
    keys,
    lifecycle,
    network,
    records,
    resources,
    services,
    storage,
)
from fleet.render.losses import Grade, Loss

FILTERS: tuple[Filter, ...] = (
    services.services,
    services.image,
    env_vars.env_vars,
    hardening.hardening,
    keys.mounts,
    keys.secrets,
    storage.mounts,
    storage.volumes,
    resources.limits,
    lifecycle.health,
    lifecycle.restart,
    network.network,
    network.published_ports,
    records.logs,
    records.labels,
)
"""Storage comes before volumes declare it; the rest may stand in any order."""

SECTIONS = {
    "network": "networks",
    "secret": "secrets",
    "service": "services",
    "volume": "volumes",
}


def render_compose(model: Model) -> tuple[Mapping[str, str], tuple[Loss, ...]]:
    """Render the files of a compose project, and list what they could not express."""
    losses = tuple(sorted(found for agent in model.agents for found in agent_losses(model, agent)))
    files = {
        "compose.yaml": emit_yaml(compose_document(model, fold(model, FILTERS))),
        "images.json": emit_json(image_map(model)),
        "losses.json": emit_json([loss.document() for loss in losses]),
    }
    return files, losses


def compose_document(model: Model, documents: Documents) -> dict[str, Any]:
    """Put the documents into the sections of one file."""
    sections: dict[str, dict[str, Any]] = {}
    for document in documents:
        sections.setdefault(SECTIONS[document.kind], {})[document.name] = escaped(document.body)
    return {"name": model.environment.project_name, **sections}


def escaped(value: object) -> Any:
    """Double each dollar: compose would put variables of the caller's shell in its place."""
    if isinstance(value, Interpolated):
        return str(value)
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, Mapping):
        return {key: escaped(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(escaped(item) for item in value)
    return value


def image_map(model: Model) -> dict[str, Any]:
    """Say which image each agent runs, by content."""
    images = model.images or {}
    return {
        "environment": model.environment.name,
        "images": {
            agent.slug: images[agent.slug].model_dump(include={"digest", "image_id", "ref"})
            for agent in model.agents
        },
    }


def agent_losses(model: Model, agent: AgentSpec) -> Iterator[Loss]:
    """List the fields of an agent that compose takes differently, or not at all."""

    def loss(field: str, grade: Grade, why: str) -> Loss:
        return Loss(agent.address, field, str(getattr(agent, field)), grade, why)

    yield loss("machine", "approximated", "compose has one host: the machine is a label")
    if agent.criticality != "normal":
        why = "compose restarts every service alike: the criticality is a label"
        yield loss("criticality", "approximated", why)
    if agent.replicas > 1:
        yield loss("replicas", "approximated", "each replica is a service of its own")
    if agent.gpu and model.environment.gpu:
        yield loss("gpu", "needs_setup", "the host needs the NVIDIA container toolkit")
    elif agent.gpu:
        yield loss("gpu", "dropped", "the environment has no GPU: the agent runs on the CPU")
    for storage_kind in agent.storage:
        if (grade_and_why := STORAGE_LOSSES.get(storage_kind)) is not None:
            grade, why = grade_and_why
            yield Loss(agent.address, "storage", storage_kind, grade, why)


STORAGE_LOSSES: dict[str, tuple[Grade, str]] = {
    "redis": ("approximated", "kept in the embedded store on the agent's volume"),
    "postgres": ("approximated", "kept in the embedded store on the agent's volume"),
    "models": ("dropped", "there is no volume of model weights: a path is the host's own"),
}

COVERAGE = {
    "name": "in the image",
    "slug": "service name, label",
    "module": "in the image",
    "machine": "label, loss",
    "group": "label",
    "port": "published_ports, env_vars of the registry; in the image",
    "health_port": "healthcheck, published_ports; in the image",
    "depends_on": "in the image: agents wait for each other through the registry",
    "calls": "in the image; the trust of keys",
    "storage": "volume, loss",
    "gpu": "device reservation, loss",
    "criticality": "label, loss",
    "actions": "in the image",
    "address": "label",
    "replicas": "services, loss",
    "resources": "limits",
    "system_packages": "in the image",
}
"""Each field of an agent and where it went; a test holds this against the model."""
