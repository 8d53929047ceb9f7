"""
What many values of one metric add up to.

Where values come from and how long they are kept may not enter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from common.contracts.performance import Aggregate
from common.percentiles import percentile


def aggregate(metric: str, newest_first: Sequence[float]) -> Aggregate:
    """Return the figures of at least one value."""
    ordered = sorted(newest_first)
    total = sum(ordered)
    return Aggregate(
        metric=metric,
        count=len(ordered),
        total=total,
        minimum=ordered[0],
        maximum=ordered[-1],
        mean=min(ordered[-1], max(ordered[0], total / len(ordered))),
        p50=percentile(ordered, 0.50),
        p95=percentile(ordered, 0.95),
        p99=percentile(ordered, 0.99),
        last=newest_first[0],
    )


def aggregates(values: Iterable[tuple[str, float]]) -> tuple[Aggregate, ...]:
    """Return the figures of each metric, sorted by name; values come newest first."""
    found: dict[str, list[float]] = {}
    for metric, value in values:
        found.setdefault(metric, []).append(value)
    return tuple(aggregate(metric, found[metric]) for metric in sorted(found))
