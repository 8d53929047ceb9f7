"""A picture of who waits for whom: agents in columns by depth, as SVG, the same bytes each time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 210, 22
COLUMN, ROW = 280, 28
MARGIN = 20
SWEEPS = 12
COLOURS = (
    *("#dbeafe", "#dcfce7", "#fef9c3", "#fee2e2", "#ede9fe", "#ffedd5", "#cffafe", "#fce7f3"),
    *("#e2e8f0", "#ecfccb", "#ccfbf1", "#e0e7ff", "#fae8ff", "#ffe4e6", "#fef3c7", "#d1fae5"),
    *("#e0f2fe", "#f5f5f4", "#f3e8ff", "#f1f5f9"),
)

Graph = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Place:
    """Where a node lies: its column, and its row in it."""

    column: int
    row: int

    @property
    def x(self) -> int:
        """The left edge in pixels."""
        return MARGIN + self.column * COLUMN

    @property
    def y(self) -> int:
        """The upper edge in pixels."""
        return MARGIN + self.row * ROW


def depths(graph: Graph) -> dict[str, int]:
    """Return the length of the longest chain below each node; the graph has no cycle."""
    found: dict[str, int] = {}

    def depth(node: str) -> int:
        if node not in found:
            found[node] = max((depth(each) + 1 for each in graph[node]), default=0)
        return found[node]

    for node in graph:
        depth(node)
    return found


def places(graph: Graph) -> dict[str, Place]:
    """Lay nodes out in columns by depth, near what they wait for.

    Rows are ordered by the mean of their neighbours' rows (Sugiyama's barycentre heuristic).
    """
    depth = depths(graph)
    columns: list[list[str]] = [[] for _ in range(max(depth.values(), default=0) + 1)]
    for node in sorted(graph):
        columns[depth[node]].append(node)
    near: dict[str, list[str]] = {node: list(graph[node]) for node in graph}
    for node, needed in graph.items():
        for each in needed:
            near[each].append(node)
    for _ in range(SWEEPS):
        row = {node: number for column in columns for number, node in enumerate(column)}
        for column in columns:
            column.sort(key=lambda node: (_mean([row[each] for each in near[node]]), node))
    return {
        node: Place(number, row)
        for number, column in enumerate(columns)
        for row, node in enumerate(column)
    }


def _mean(rows: list[int]) -> float:
    return sum(rows) / len(rows) if rows else 0.0


def picture(graph: Graph, groups: Mapping[str, str]) -> str:
    """Draw the graph; the colour of a node is its group's."""
    where = places(graph)
    colours = dict(zip(sorted(set(groups.values())), COLOURS * 3, strict=False))
    width = max(place.x for place in where.values()) + WIDTH + MARGIN
    height = max(place.y for place in where.values()) + HEIGHT + MARGIN
    edges = [
        _edge(where[node], where[needed])
        for node in sorted(graph)
        for needed in sorted(graph[node])
    ]
    nodes = [_node(node, where[node], groups[node], colours) for node in sorted(graph)]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" font-size="12">'
    )
    title = "<title>Who waits for whom: an agent waits for those to its left</title>"
    return "\n".join((head, title, *edges, *nodes, "</svg>")) + "\n"


def _edge(node: Place, needed: Place) -> str:
    x1, y1 = needed.x + WIDTH, needed.y + HEIGHT // 2
    x2, y2 = node.x, node.y + HEIGHT // 2
    bend = (COLUMN - WIDTH) // 2
    return (
        f'<path d="M{x1},{y1} C{x1 + bend},{y1} {x2 - bend},{y2} {x2},{y2}" '
        'fill="none" stroke="#94a3b8" stroke-width="0.7"/>'
    )


def _node(name: str, place: Place, group: str, colours: Mapping[str, str]) -> str:
    box = (
        f'<rect x="{place.x}" y="{place.y}" width="{WIDTH}" height="{HEIGHT}" rx="4" '
        f'fill="{colours[group]}" stroke="#64748b"/>'
    )
    text = f'<text x="{place.x + 8}" y="{place.y + 15}">{escape(name)}</text>'
    return f"<g><title>{escape(group)}</title>{box}{text}</g>"
