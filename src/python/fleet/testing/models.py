"""Example models, as documents and as values."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from fleet.load import parse_model
from fleet.model import REGISTRY, Model

Entry = dict[str, Any]


def agent_entry(slug: str, port: int, **more: Any) -> Entry:
    """Write an agent as the build does."""
    return {
        "name": "".join(part.capitalize() for part in slug.split("_")),
        "slug": slug,
        "module": f"agents.core_services.{slug}",
        "machine": "mainpc",
        "group": "core_services",
        "port": port,
        "health_port": port + 1000,
        "depends_on": [] if slug == REGISTRY else [REGISTRY],
        "storage": [],
        "gpu": False,
        "criticality": "normal",
        "actions": [],
        "address": f"src/python/agents/core_services:{slug}",
        "replicas": 1,
        "resources": {"cpu": "0.5", "memory": "256Mi"},
        "system_packages": [],
        **more,
    }


def image_entry(slug: str) -> dict[str, str]:
    """Write an image as the build does; its content is its name."""
    image_id = hashlib.sha256(slug.encode()).hexdigest()
    digest = hashlib.sha256(f"manifest of {slug}".encode()).hexdigest()
    return {
        "digest": f"sha256:{digest}",
        "image_id": f"sha256:{image_id}",
        "ref": f"{slug}:{image_id[:12]}",
    }


def model_document(
    *agents: Entry, orchestrator: str = "compose", **settings: Any
) -> dict[str, Any]:
    """Write a model file's content: the agents, and a registry if they have none."""
    entries = list(agents)
    if all(entry["slug"] != REGISTRY for entry in entries):
        entries.append(agent_entry(REGISTRY, 7200, storage=["redis"], criticality="critical"))
    return {
        "environment": {"name": "test", "orchestrator": orchestrator, **settings},
        "agents": entries,
        "images": {entry["slug"]: image_entry(entry["slug"]) for entry in entries},
    }


def make_model(*agents: Entry, orchestrator: str = "compose", **settings: Any) -> Model:
    """Make a model as if it were read from a file."""
    return parse_model(json.dumps(model_document(*agents, orchestrator=orchestrator, **settings)))
