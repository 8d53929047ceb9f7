"""
How the learning rate of a session follows from its scores.

Storage and messages may not enter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

PATIENCE: Final = 3
TOLERANCE: Final = 0.01  # of the size of the best score
FASTER: Final = 1.1
SLOWER: Final = 0.5


def trend_of(scores: Sequence[float]) -> str:
    """Return how the latest scores compare with the best one before them."""
    if len(scores) < 2:
        return "new"
    before, latest = max(scores[:-1]), scores[-1]
    margin = TOLERANCE * max(abs(before), 1e-9)
    if latest > before + margin:
        return "improving"
    recent, past = scores[-PATIENCE:], scores[:-PATIENCE]
    if past and max(recent) <= max(past) + TOLERANCE * max(abs(max(past)), 1e-9):
        return "plateau"
    return "worse" if latest < before - 10 * margin else "steady"


def adapted(rate: float, scores: Sequence[float], least: float, most: float) -> float:
    """Return the rate after the last score: lower on a plateau, a little higher with progress."""
    trend = trend_of(scores)
    if trend == "improving":
        rate *= FASTER
    elif trend in ("plateau", "worse"):
        rate *= SLOWER
    return min(most, max(least, rate))
