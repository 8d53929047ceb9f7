"""Percentiles of a few numbers. Windows, units and what the numbers mean may not enter."""

from __future__ import annotations

from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share (0 .. 1) of the sorted values lies; interpolated."""
    if not values:
        raise ValueError("expected at least one value, found none")
    position = (len(values) - 1) * min(1.0, max(0.0, share))
    low = int(position)
    high = min(low + 1, len(values) - 1)
    # In this form rounding never lets a larger share give a smaller value.
    reached = values[low] + (values[high] - values[low]) * (position - low)
    return min(values[high], reached)
