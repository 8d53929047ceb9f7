"""
Text as a sparse vector without a language model: hashed stems and character trigrams.

What it finds is likeness of word forms (spelling variants, inflections, compounds, typing errors),
not of meaning: "car" and "automobile" stay strangers. The hashing trick follows Weinberger et al.,
"Feature Hashing for Large Scale Multitask Learning" (2009), with CRC-32 as the hash, so that a
vector is the same on every machine. No storage and no memory type may enter.
"""

from __future__ import annotations

import math
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from common.text import stems

DIMENSIONS: Final = 1 << 18
STEM_WEIGHT: Final = 1.0
TRIGRAM_WEIGHT: Final = 0.4

Vector = Mapping[int, float]


def embed(text: str) -> Vector:
    """Return the unit vector of a text; the empty vector when it has no words."""
    raw: dict[int, float] = defaultdict(float)
    for feature, weight in features(text):
        code = zlib.crc32(feature.encode())
        sign = 1.0 if code & 0x8000_0000 else -1.0
        raw[code % DIMENSIONS] += sign * weight
    length = math.sqrt(sum(value * value for value in raw.values()))
    return {index: value / length for index, value in raw.items() if value} if length else {}


def features(text: str) -> Iterator[tuple[str, float]]:
    """Yield every stem and, of the stem between word marks, every trigram."""
    for word in stems(text):
        yield f"s:{word}", STEM_WEIGHT
        marked = f"^{word}$"
        for start in range(len(marked) - 2):
            yield f"t:{marked[start : start + 3]}", TRIGRAM_WEIGHT


def cosine(left: Vector, right: Vector) -> float:
    """Return the cosine of two unit vectors, never below zero."""
    short, long = sorted((left, right), key=len)
    return max(0.0, sum(value * long.get(index, 0.0) for index, value in short.items()))


class VectorIndex:
    """Keep vectors by key and find the nearest through postings of their dimensions."""

    def __init__(self) -> None:
        """Begin empty."""
        self._vectors: dict[str, Vector] = {}
        self._postings: dict[int, dict[str, float]] = defaultdict(dict)

    def add(self, key: str, text: str) -> None:
        """Add or replace the text of a key."""
        self.remove(key)
        self._vectors[key] = vector = embed(text)
        for index, value in vector.items():
            self._postings[index][key] = value

    def remove(self, key: str) -> None:
        """Forget a key; an unknown one is no mistake."""
        for index in self._vectors.pop(key, {}):
            del self._postings[index][key]
            if not self._postings[index]:
                del self._postings[index]

    def search(self, query: str) -> list[tuple[str, float]]:
        """Return every key with a positive cosine, best first, ties by key."""
        scores: dict[str, float] = defaultdict(float)
        for index, value in embed(query).items():
            for key, other in self._postings.get(index, {}).items():
                scores[key] += value * other
        found = [(key, score) for key, score in scores.items() if score > 0.0]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))
