"""The straight line that fits points best. Pure figures; what they measure may not enter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_NO_SPREAD: Final = 1e-12


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the slope of the line through points (least squares); 0 when there is none."""
    if len(points) < 2:
        return 0.0
    middle = sum(x for x, _ in points) / len(points)
    height = sum(y for _, y in points) / len(points)
    spread = sum((x - middle) ** 2 for x, _ in points)
    if spread <= _NO_SPREAD:
        return 0.0
    return sum((x - middle) * (y - height) for x, y in points) / spread
