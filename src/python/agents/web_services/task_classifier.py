"""
Judge by its words what a text asks for: naive Bayes over stems and pairs of words.

The data is task_phrases; no type is named here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from agents.web_services.task_phrases import PHRASES
from common.contracts.task_routing import TaskType
from common.naive_bayes import NaiveBayes
from common.text import stem, tokens

SMOOTHING: Final = 0.3
MOST_WORDS: Final = 400
SIGNS: Final = (
    (re.compile(r"https?://\S+"), "url_sign"),
    (re.compile(r"\d\s*[-+*/^%]\s*\d"), "sum_sign"),
    (re.compile(r"\bdef |\bclass |[{};]\s*$|\w+\(\w*\)|```", re.MULTILINE), "code_sign"),
    (re.compile(r"\.(png|jpe?g|gif|webp)\b", re.IGNORECASE), "picture_sign"),
)
SIGNED: Final = {
    "url_sign": TaskType.WEB,
    "sum_sign": TaskType.MATH,
    "code_sign": TaskType.CODE,
    "picture_sign": TaskType.VISION,
}
SIGN_WEIGHT: Final = 12


@dataclass(frozen=True)
class Judged:
    """Say how likely each type is, the likeliest first, and which words decided."""

    ranked: tuple[tuple[TaskType, float], ...]
    words: tuple[str, ...]


class TaskClassifier:
    """Learn once from phrases; judge texts."""

    def __init__(self, phrases: Mapping[TaskType, str] = PHRASES) -> None:
        counts = {
            task_type: Counter(word for line in text.splitlines() for word in features(line))
            for task_type, text in phrases.items()
        }
        for sign, task_type in SIGNED.items():
            counts[task_type][sign] += SIGN_WEIGHT
        self._types = tuple(counts)
        self._learned = NaiveBayes(counts, SMOOTHING)

    def judge(self, text: str) -> Judged:
        """Return how likely each type is; without any known word it is likely a chat."""
        words = [word for word in features(text) if word in self._learned.words]
        if not words:
            rest = [each for each in self._types if each is not TaskType.CHAT]
            share = 0.7 / len(rest)
            return Judged(((TaskType.CHAT, 0.3), *((each, share) for each in rest)), ())
        chances = self._learned.chances(words)
        ranked = sorted(chances.items(), key=lambda found: (-found[1], found[0]))
        best = ranked[0][0]
        decisive = sorted(set(words), key=lambda word: (-self._learned.log_odds(word, best), word))
        return Judged(
            tuple((task_type, min(chance, 1.0)) for task_type, chance in ranked),
            tuple(word.replace("_", " ") for word in decisive[:5]),
        )


def features(text: str) -> list[str]:
    """Return what a text is judged by: stems, pairs of neighbours, how it begins, and signs."""
    words = [stem(word) for word in tokens(text)[:MOST_WORDS]]
    numbers = ["some_number" for word in words if word.isdigit()]
    words = [word for word in words if not word.isdigit()]
    pairs = [f"{one}_{two}" for one, two in zip(words, words[1:], strict=False)]
    signs = [name for pattern, name in SIGNS if pattern.search(text[:10_000])]
    return [*words, *pairs, *numbers[:2], *signs]


@cache
def classifier() -> TaskClassifier:
    """Return the classifier that has learned from the phrases."""
    return TaskClassifier()
