"""
When an agent will fail, as far as its heartbeats and figures tell. Pure: no clock, no store.

How suspicious silence is: the phi accrual failure detector (Hayashibara et al., 2004).
Where figures are heading: the Theil-Sen estimator, which a few outliers do not move.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from statistics import fmean, median, pstdev
from typing import Final

LEAST_BEATS: Final = 3
LEAST_POINTS: Final = 5
CERTAIN: Final = 16.0
"""A phi above which a double cannot tell the chance from none."""

Point = tuple[float, float]
"""A moment in seconds, and a figure."""


def phi(intervals: Sequence[float], silence: float) -> float:
    """Return how suspicious it is that nothing was heard for so many seconds.

    Phi 1 is wrong once in ten times, phi 3 once in a thousand. Too few intervals give 0.
    """
    if len(intervals) < LEAST_BEATS:
        return 0.0
    mean = fmean(intervals)
    # Heartbeats that are too regular would make the smallest delay look like death.
    deviation = max(pstdev(intervals), mean / 4, 1e-3)
    chance = 0.5 * math.erfc((silence - mean) / (deviation * math.sqrt(2)))
    return CERTAIN if chance <= 10**-CERTAIN else -math.log10(chance)


def slope(points: Sequence[Point]) -> float:
    """Return the change of a figure for each second: the median of all slopes between two."""
    slopes = [
        (after - before) / (late - early)
        for (early, before), (late, after) in combinations(points, 2)
        if late > early
    ]
    return median(slopes) if slopes else 0.0


def seconds_left(points: Sequence[Point], limit: float) -> float | None:
    """Return how long until a figure reaches its limit as it goes, or None if it does not."""
    if len(points) < LEAST_POINTS:
        return None
    newest = points[-1][1]
    if newest >= limit:
        return 0.0
    steepness = slope(points)
    return (limit - newest) / steepness if steepness > 0 else None


def risk(suspicion: float, left: float | None, horizon: float, error_rate: float) -> float:
    """Return how likely a failure within the horizon is, 0 to 1, from three independent signs."""
    silence = 1.0 - 10.0**-suspicion if suspicion > 1.0 else 0.0
    exhaustion = 0.0 if left is None else max(0.0, 1.0 - left / horizon)
    return 1.0 - (1.0 - silence) * (1.0 - exhaustion) * (1.0 - error_rate)
