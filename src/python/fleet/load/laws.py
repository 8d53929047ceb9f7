"""What must hold between the parts of a model: names, ports, loops. Pure; reports every breach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from common.facts import ANY_AGENT
from fleet import graph
from fleet.model import REGISTRY, Model


@dataclass(frozen=True)
class Problem:
    """One breach: the path in the document, what is wrong, and what to type if that is known."""

    path: str
    message: str
    hint: str = ""


def problems(model: Model) -> tuple[Problem, ...]:
    """Check every law, in a fixed order."""
    found = [*_slugs(model), *_dependencies(model)]
    if not found:
        found += [*_no_loop(model), *_ports(model), *_published(model), *_images(model)]
        found += _one_registry(model)
    return tuple(found)


def _slugs(model: Model) -> Iterator[Problem]:
    seen: set[str] = set()
    for agent in model.agents:
        if agent.slug in seen:
            yield Problem(f"agents/{agent.slug}", "must be unique, was given twice")
        seen.add(agent.slug)
    if REGISTRY not in seen:
        yield Problem("agents", f"must include {REGISTRY}: every other agent registers with it")


def _dependencies(model: Model) -> Iterator[Problem]:
    known = {agent.slug for agent in model.agents}
    for agent in model.agents:
        named = {"depends_on": {*agent.depends_on}, "calls": {*agent.calls} - {ANY_AGENT}}
        for field, slugs in named.items():
            for slug in sorted(slugs - known):
                path = f"agents/{agent.slug}/{field}"
                yield Problem(path, f"must name agents of this fleet, was {slug!r}")


def _no_loop(model: Model) -> Iterator[Problem]:
    if cycle := graph.loop(model.graph):
        path = f"agents/{cycle[0]}/depends_on"
        yield Problem(path, f"must not lead back to itself, was {' -> '.join(cycle)}")


def _ports(model: Model) -> Iterator[Problem]:
    """One host may run the whole fleet, so a port belongs to one agent."""
    owners: dict[int, str] = {}
    for agent in model.agents:
        for field in ("port", "health_port"):
            port = getattr(agent, field)
            path = f"agents/{agent.slug}/{field}"
            if port in owners:
                yield Problem(path, f"must be free, was {port}, taken by {owners[port]}")
            elif port:
                owners[port] = path


def _published(model: Model) -> Iterator[Problem]:
    """The default names agents that a small fleet may lack; a stated one must exist."""
    if "publish" not in model.environment.model_fields_set:
        return
    for name in model.environment.publish:
        slug, _, kind = name.partition(":")
        if model.agent(slug) is None or kind not in ("", "health"):
            yield Problem("environment/publish", f"must be <slug> or <slug>:health, was {name!r}")


def _images(model: Model) -> Iterator[Problem]:
    if model.images is None:
        return
    for agent in model.agents:
        if agent.slug not in model.images:
            yield Problem(f"images/{agent.slug}", "is required, was missing")


def _one_registry(model: Model) -> Iterator[Problem]:
    """Replicas of the registry are one only over one store, and each agent here has its own."""
    found = next(agent.replicas for agent in model.agents if agent.slug == REGISTRY)
    if found > 1:
        message = f"must be 1 while each replica has a store of its own, was {found}"
        yield Problem(f"agents/{REGISTRY}/replicas", message, "set replicas=1")
