"""
What an analysis job works out of a text or of numbers.

Fetching and keeping may not enter: this is pure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from statistics import fmean, median, pstdev
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from common.contracts.performance import Figure
from common.percentiles import percentile
from common.straight_line import slope
from common.text import stems, tokens

TOP_WORDS: Final = 10
WORDS_A_MINUTE: Final = 230.0
FENCE: Final = 1.5  # J. W. Tukey: beyond 1.5 interquartile ranges from the quartiles
SENTENCE_ENDS: Final = re.compile(r"[.!?…]+(?:\s|$)")


class AnalysisData(BaseModel):
    """Hold what an analysis job is given: a text, numbers, or both."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = ""
    numbers: tuple[Figure, ...] = Field(default=(), max_length=10_000)


def analyse(data: AnalysisData) -> dict[str, JsonValue]:
    """Return the figures of what there is."""
    found: dict[str, JsonValue] = {}
    if data.text.strip():
        found["text"] = text_figures(data.text)
    if data.numbers:
        found["numbers"] = number_figures(data.numbers)
    return found


def text_figures(text: str) -> dict[str, JsonValue]:
    """Return how long a text is, and what it is about."""
    words = tokens(text)
    counted = Counter(stems(text))
    sentences = len(SENTENCE_ENDS.findall(text.strip() + " ")) or 1
    top = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))[:TOP_WORDS]
    return {
        "characters": len(text),
        "words": len(words),
        "distinct_words": len(set(words)),
        "sentences": sentences,
        "words_a_sentence": len(words) / sentences,
        "reading_minutes": len(words) / WORDS_A_MINUTE,
        "frequent": [{"stem": stem, "count": count} for stem, count in top],
    }


def number_figures(numbers: Sequence[float]) -> dict[str, JsonValue]:
    """Return middle, spread, trend and outliers of numbers."""
    ordered = sorted(numbers)
    low, high = percentile(ordered, 0.25), percentile(ordered, 0.75)
    fence = FENCE * (high - low)
    outliers = [value for value in ordered if not low - fence <= value <= high + fence]
    return {
        "count": len(ordered),
        "minimum": ordered[0],
        "maximum": ordered[-1],
        "mean": fmean(ordered),
        "median": median(ordered),
        "deviation": pstdev(ordered),
        "p95": percentile(ordered, 0.95),
        "slope": slope(tuple(enumerate(numbers))),
        "outliers": list(outliers[:TOP_WORDS]),
    }
