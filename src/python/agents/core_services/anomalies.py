"""
Which of a series of numbers is out of line: the modified z-score.

Algorithm: B. Iglewicz and D. Hoaglin, "How to Detect and Handle Outliers" (ASQC, 1993), as in the
NIST/SEMATECH e-Handbook of Statistical Methods 1.3.5.17: 0.6745 (x - median) / MAD, out of line
beyond 3.5. Where the MAD is zero, because more than half of the values are equal, the mean
absolute deviation times 1.2533 takes its place. Median and MAD bear up to half of the history
being bad, which a mean does not. No clock, no store and no agent may enter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Final

LIMIT: Final = 3.5
MAD_SCALE: Final = 0.6745
MEAN_DEVIATION_SCALE: Final = 1.253314
LEAST_HISTORY: Final = 8
FLAT_SCORE: Final = 1_000.0  # a history without any spread makes every change infinitely odd


@dataclass(frozen=True)
class Watch:
    """Say how a measure is judged: a rise smaller than least_rise is never worth a word."""

    measure: str
    least_rise: float
    limit: float = LIMIT


WATCHES: Final = (
    Watch("error_rate", least_rise=0.02),
    Watch("latency_seconds", least_rise=0.005),
)


def modified_z_score(value: float, history: Sequence[float]) -> float:
    """Return how far a value is from the median of a history, in robust deviations."""
    middle = median(history)
    distances = [abs(past - middle) for past in history]
    spread = median(distances) / MAD_SCALE or fmean(distances) * MEAN_DEVIATION_SCALE
    away = value - middle
    if spread:
        return max(-FLAT_SCORE, min(FLAT_SCORE, away / spread))
    return 0.0 if away == 0 else (FLAT_SCORE if away > 0 else -FLAT_SCORE)


def judge(watch: Watch, value: float, history: Sequence[float]) -> float | None:
    """Return the score of a value that rose out of line, None for one that did not."""
    if len(history) < LEAST_HISTORY or value - median(history) < watch.least_rise:
        return None
    score = modified_z_score(value, history)
    return score if score > watch.limit else None
