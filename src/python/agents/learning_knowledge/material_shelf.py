"""
Which interactions are worth training on. Files and messages to others may not enter.

What is the same but for case and marks is kept once; the most believed label wins.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from common.contracts.learning import Material, MaterialSource
from common.text import tokens

MOST_MATERIAL: Final = 2_000
MOST_OF_A_MODEL: Final = 50
"""Texts of one label that a model gave itself: more of them teach it nothing."""

BELIEF: Final = {source: rank for rank, source in enumerate(MaterialSource)}


class MaterialShelf:
    """Keep a bounded number of texts, the least valuable of which go first."""

    def __init__(self, material: Iterable[Material] = ()) -> None:
        self._kept: dict[str, Material] = {}
        for one in material:
            self.add(one)

    def __len__(self) -> int:
        """Return how many texts there are."""
        return len(self._kept)

    def add(self, fresh: Material) -> Material | None:
        """Keep a text and return it as it is kept; None when it adds nothing."""
        key = " ".join(tokens(fresh.text)) or fresh.text
        old = self._kept.get(key)
        if old is not None and BELIEF[old.source] > BELIEF[fresh.source]:
            return None
        if old is not None and (old.label, old.source) == (fresh.label, fresh.source):
            return None
        if old is None and self._has_enough(fresh):
            return None
        self._kept.pop(key, None)
        self._kept[key] = fresh
        if len(self._kept) > MOST_MATERIAL:
            least = min(self._kept, key=lambda found: self._worth(self._kept[found]))
            del self._kept[least]
        return self._kept.get(key)

    def all(self) -> tuple[Material, ...]:
        """Return every text, oldest first."""
        return tuple(self._kept.values())

    def pick(self, *, labelled: bool, limit: int) -> tuple[Material, ...]:
        """Return those with or without a label, the most uncertain first."""
        found = [one for one in self._kept.values() if (one.label is not None) is labelled]
        found.sort(key=lambda one: (-BELIEF[one.source], -one.uncertainty, -one.at, one.text))
        return tuple(found[:limit])

    def _has_enough(self, fresh: Material) -> bool:
        if fresh.source is not MaterialSource.MODEL:
            return False
        same = (one for one in self._kept.values() if one.source is MaterialSource.MODEL)
        return sum(one.label == fresh.label for one in same) >= MOST_OF_A_MODEL

    @staticmethod
    def _worth(one: Material) -> tuple[int, float, float]:
        return BELIEF[one.source], one.uncertainty, one.at
