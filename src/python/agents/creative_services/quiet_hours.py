"""At which hours of the day little happens. Counts only; no clock, no store may enter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Final

HOURS: Final = 24
FADING: Final = 0.98
"""What is left of a count when one more interaction is counted: old habits are forgotten."""

Counts = tuple[float, ...]
NOTHING: Final[Counts] = (0.0,) * HOURS


def hour_of(moment: float) -> int:
    """Return the hour of the day (UTC) of a unix time."""
    return datetime.fromtimestamp(moment, timezone.utc).hour


def counted(counts: Sequence[float], moment: float) -> Counts:
    """Return the counts with one more interaction."""
    hour = hour_of(moment)
    faded = (count * FADING for count in counts)
    return tuple(count + (1.0 if number == hour else 0.0) for number, count in enumerate(faded))


def quietest(counts: Sequence[float], hours: int) -> tuple[int, ...]:
    """Return so many hours in a row, across midnight if need be, in which least happens."""
    starts = range(HOURS)
    best = min(starts, key=lambda start: (sum(_window(counts, start, hours)), start))
    return tuple((best + offset) % HOURS for offset in range(hours))


def _window(counts: Sequence[float], start: int, hours: int) -> Sequence[float]:
    return [counts[(start + offset) % HOURS] for offset in range(hours)]
