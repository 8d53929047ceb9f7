"""A trace as lines of text: one line for each span, below the span that asked. Pure, no IO."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from common.contracts.traces import Span

SUCCESS = "success"
INDENT = "  "
LANE = 30


class Placed(NamedTuple):
    """A span and how deep in the tree it stands."""

    depth: int
    span: Span


def lay_out(spans: Sequence[Span]) -> tuple[Placed, ...]:
    """Order spans as a tree, each once, whatever their parents say.

    A span whose parent is not there is a root. Spans that are each other's parents are reached
    from the one that began first.
    """
    ordered = sorted(spans, key=lambda span: (span.started, span.agent, span.action, span.id))
    known = {span.id for span in ordered}
    children: dict[str, list[int]] = defaultdict(list)
    roots = []
    for number, span in enumerate(ordered):
        if span.parent in known:
            children[span.parent].append(number)
        else:
            roots.append(number)
    seen: set[int] = set()
    return tuple(
        Placed(depth, ordered[number])
        for root in (*roots, *range(len(ordered)))
        for depth, number in _below(root, ordered, children, seen)
    )


def _below(
    root: int, ordered: Sequence[Span], children: dict[str, list[int]], seen: set[int]
) -> Iterator[tuple[int, int]]:
    waiting = [(0, root)]
    while waiting:
        depth, number = waiting.pop()
        if number in seen:
            continue
        seen.add(number)
        yield depth, number
        waiting += [(depth + 1, child) for child in reversed(children[ordered[number].id])]


def render(spans: Sequence[Span]) -> tuple[str, ...]:
    """Draw the tree: when each span began, how long it took, and its share of the whole time."""
    if not spans:
        return ()
    begin = min(span.started for span in spans)
    whole = max(span.started + span.seconds for span in spans) - begin
    rows = [("SPAN", "START", "TIME", "", "")]
    for depth, span in lay_out(spans):
        name = f"{INDENT * depth}{span.agent}.{span.action}"
        offset = span.started - begin
        status = "" if span.status == SUCCESS else span.status
        rows.append((name, _time(offset), _time(span.seconds), _bar(offset, span, whole), status))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return tuple(
        f"{name:<{widths[0]}}  {start:>{widths[1]}}  {time:>{widths[2]}}  {bar}  {status}".rstrip()
        for name, start, time, bar, status in rows
    )


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def _bar(offset: float, span: Span, whole: float) -> str:
    scale = LANE / whole if whole > 0 else 0.0
    begin = min(int(offset * scale), LANE - 1)
    length = max(1, min(round(span.seconds * scale), LANE - begin))
    return "." * begin + "#" * length + "." * (LANE - begin - length)
