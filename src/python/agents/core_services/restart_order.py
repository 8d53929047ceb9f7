"""
In which order agents are restarted: what others depend on comes first.

A graph in, a plan out; no call may enter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

Graph = Mapping[str, tuple[str, ...]]


class RestartOrderError(Exception):
    """Refuse dependencies that go in a circle."""


def dependencies_of(agent: str, graph: Graph) -> frozenset[str]:
    """Return everything an agent depends on, directly or through others."""
    found: set[str] = set()
    waiting = list(graph.get(agent, ()))
    while waiting:
        dependency = waiting.pop()
        if dependency not in found:
            found.add(dependency)
            waiting.extend(graph.get(dependency, ()))
    return frozenset(found - {agent})


def levels(agents: Iterable[str], graph: Graph) -> tuple[tuple[str, ...], ...]:
    """Return the agents in groups: each depends on earlier groups only, also through others."""
    chosen = frozenset(agents)
    inner = {agent: dependencies_of(agent, graph) & chosen for agent in chosen}
    sorter = TopologicalSorter(inner)
    try:
        sorter.prepare()
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise RestartOrderError(f"dependencies go in a circle: {circle}") from None
    found: list[tuple[str, ...]] = []
    while sorter.is_active():
        ready = tuple(sorted(sorter.get_ready()))
        found.append(ready)
        sorter.done(*ready)
    return tuple(found)
