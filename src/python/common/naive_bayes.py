"""
What words speak for, by naive Bayes over counts of words, each class as likely before.

Pure. How a text becomes words, and what it means that no word is known, may not enter.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from typing import Generic, TypeVar

C = TypeVar("C", bound=Hashable)


class NaiveBayes(Generic[C]):
    """Know how often each class has each word; a word that no class has says nothing."""

    def __init__(self, counts: Mapping[C, Counter[str]], smoothing: float) -> None:
        self._counts = dict(counts)
        self._smoothing = smoothing
        self.words = frozenset(word for counted in self._counts.values() for word in counted)
        self._sizes = {
            each: counted.total() + smoothing * len(self.words)
            for each, counted in self._counts.items()
        }

    def chances(self, words: Iterable[str]) -> dict[C, float]:
        """Return how likely each class is; without a known word all are alike."""
        known = [word for word in words if word in self.words]
        logs = {each: sum(self.log_share(word, each) for word in known) for each in self._counts}
        top = max(logs.values())
        weights = {each: math.exp(log - top) for each, log in logs.items()}
        total = sum(weights.values())
        return {each: weight / total for each, weight in weights.items()}

    def log_share(self, word: str, each: C) -> float:
        """Return the logarithm of the smoothed share that a word has in a class."""
        return math.log((self._counts[each][word] + self._smoothing) / self._sizes[each])

    def log_odds(self, word: str, each: C) -> float:
        """Return how much more a word speaks for a class than for the best of the others."""
        others = [self.log_share(word, other) for other in self._counts if other != each]
        return self.log_share(word, each) - max(others)
