"""Why the start took as long as it did. Pure: timelines in, the critical chain out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fleet.graph import Graph


@dataclass(frozen=True)
class Timeline:
    """When an agent's process was launched, when it was up, and when it was ready; in seconds."""

    launched: float
    up: float
    ready: float


@dataclass(frozen=True)
class Link:
    """One agent of the chain; its wait overlaps with the links before it."""

    slug: str
    process_start: float
    waited_for: str | None
    waited: float
    initialisation: float

    @property
    def on_path(self) -> float:
        """Give the seconds by which this agent alone made the start longer."""
        return self.initialisation if self.waited_for else self.process_start + self.initialisation


def critical_chain(
    timelines: Mapping[str, Timeline], graph: Graph, began: float
) -> tuple[Link, ...]:
    """Go back from the agent that was ready last to whom it waited for, and so on.

    The chain begins with an agent that waited for nobody. What its links have `on_path` adds up
    to the time from `began` until the last agent was ready.
    """
    if not timelines:
        return ()
    chain: list[Link] = []
    slug: str | None = max(timelines, key=lambda name: (timelines[name].ready, name))
    while slug is not None:
        chain.append(_link(slug, timelines, graph, began))
        slug = chain[-1].waited_for
    return tuple(reversed(chain))


def _link(slug: str, timelines: Mapping[str, Timeline], graph: Graph, began: float) -> Link:
    own = timelines[slug]
    known = [needed for needed in graph.get(slug, ()) if needed in timelines]
    gate = max(known, key=lambda name: (timelines[name].ready, name), default=None)
    opened = timelines[gate].ready if gate else own.up
    if gate is None or not own.up < opened <= own.ready:
        return Link(slug, own.up - began, None, 0.0, own.ready - own.up)
    return Link(slug, own.up - began, gate, opened - own.up, own.ready - opened)


def describe(chain: tuple[Link, ...]) -> tuple[str, ...]:
    """Write the chain as lines for people, the first cause first."""
    width = max((len(link.slug) for link in chain), default=0)
    return tuple(_line(link, width) for link in chain)


def _line(link: Link, width: int) -> str:
    parts = [f"process start {link.process_start * 1000:.0f} ms"]
    if link.waited_for:
        parts.append(f"waiting for {link.waited_for} {link.waited * 1000:.0f} ms")
    parts.append(f"own initialisation {link.initialisation * 1000:.0f} ms")
    return f"{link.on_path * 1000:6.0f} ms  {link.slug:<{width}}  ({', '.join(parts)})"
