"""The dependency graph of agents: orders and cycles. Pure; knows slugs and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

Graph = Mapping[str, tuple[str, ...]]
"""Slug -> the slugs that it depends on."""


def start_order(graph: Graph) -> tuple[str, ...]:
    """Order the slugs so that each comes after what it depends on; ties by name."""
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += ready
        sorter.done(*ready)
    return tuple(order)


def dependents(graph: Graph) -> dict[str, tuple[str, ...]]:
    """Turn the graph around: slug -> the slugs that depend on it."""
    needed_by: dict[str, list[str]] = {slug: [] for slug in graph}
    for slug in sorted(graph):
        for needed in graph[slug]:
            needed_by[needed].append(slug)
    return {slug: tuple(slugs) for slug, slugs in needed_by.items()}


def with_root(graph: Graph, root: str) -> dict[str, tuple[str, ...]]:
    """Let every slug depend on the root, too: whoever registers needs the registry."""
    return {
        slug: needed if slug == root or root in needed else (root, *needed)
        for slug, needed in graph.items()
    }


def loop(graph: Graph) -> tuple[str, ...]:
    """Give one cycle, first slug repeated at its end; empty when there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return tuple(reversed(error.args[1]))
    return ()


def levels(graph: Graph) -> tuple[tuple[str, ...], ...]:
    """Group the slugs by the length of the longest chain below them, sorted in each group."""
    depths: dict[str, int] = {}
    for slug in start_order(graph):
        depths[slug] = 1 + max((depths[needed] for needed in graph[slug]), default=-1)
    grouped: list[list[str]] = [[] for _ in range(max(depths.values(), default=-1) + 1)]
    for slug in sorted(depths):
        grouped[depths[slug]].append(slug)
    return tuple(map(tuple, grouped))
