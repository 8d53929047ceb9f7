"""
How trust follows from results: a Beta posterior whose evidence fades.

Reference: A. Josang and R. Ismail, "The Beta Reputation System" (2002), section 3.4 on
forgetting. Keeping scores may not enter: this is pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

PRIOR: Final = 1.0  # of good and of bad alike: nothing is known
HALF_LIFE_SECONDS: Final = 7 * 86_400.0
NINE_OF_TEN: Final = 1.645


@dataclass(frozen=True)
class Evidence:
    """Hold how much good and bad was seen, as it weighed at a time."""

    good: float = 0.0
    bad: float = 0.0
    at: float = 0.0

    @property
    def score(self) -> float:
        """Return the mean of the posterior."""
        return (self.good + PRIOR) / (self.good + self.bad + 2.0 * PRIOR)

    @property
    def spread(self) -> tuple[float, float]:
        """Return between which scores the posterior is in nine of ten cases, about."""
        a, b = self.good + PRIOR, self.bad + PRIOR
        deviation = sqrt(a * b / ((a + b) ** 2 * (a + b + 1.0)))
        reach = NINE_OF_TEN * deviation
        return max(0.0, self.score - reach), min(1.0, self.score + reach)

    def faded(self, now: float) -> Evidence:
        """Return the evidence as it weighs later: half after each half-life."""
        if now <= self.at:
            return self
        left = 0.5 ** ((now - self.at) / HALF_LIFE_SECONDS)
        return Evidence(self.good * left, self.bad * left, now)

    def with_result(self, quality: float, weight: float, now: float) -> Evidence:
        """Return the evidence with one result more."""
        base = self.faded(now)
        return Evidence(
            base.good + weight * quality, base.bad + weight * (1.0 - quality), max(now, base.at)
        )
