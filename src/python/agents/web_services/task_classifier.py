"""
Judge by its words what a text asks for: naive Bayes over stems and pairs of words.

The data is task_phrases; no type is named here.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from agents.web_services.task_phrases import PHRASES
from common.contracts.task_routing import TaskType
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
        self._counts = {
            task_type: Counter(word for line in text.splitlines() for word in features(line))
            for task_type, text in phrases.items()
        }
        for sign, task_type in SIGNED.items():
            self._counts[task_type][sign] += SIGN_WEIGHT
        self._known = frozenset(word for counts in self._counts.values() for word in counts)
        self._totals = {task_type: counts.total() for task_type, counts in self._counts.items()}

    def judge(self, text: str) -> Judged:
        """Return how likely each type is; without any known word it is likely a chat."""
        words = [word for word in features(text) if word in self._known]
        if not words:
            rest = [each for each in self._counts if each is not TaskType.CHAT]
            share = 0.7 / len(rest)
            return Judged(((TaskType.CHAT, 0.3), *((each, share) for each in rest)), ())
        logs = {
            task_type: sum(self._log_share(word, task_type) for word in words)
            for task_type in self._counts
        }
        most = max(logs.values())
        weights = {task_type: math.exp(log - most) for task_type, log in logs.items()}
        total = sum(weights.values())
        ranked = sorted(weights.items(), key=lambda found: (-found[1], found[0]))
        best = ranked[0][0]
        decisive = sorted(set(words), key=lambda word: (-self._log_odds(word, best), word))
        return Judged(
            tuple((task_type, min(weight / total, 1.0)) for task_type, weight in ranked),
            tuple(word.replace("_", " ") for word in decisive[:5]),
        )

    def _log_share(self, word: str, task_type: TaskType) -> float:
        size = self._totals[task_type] + SMOOTHING * len(self._known)
        return math.log((self._counts[task_type][word] + SMOOTHING) / size)

    def _log_odds(self, word: str, task_type: TaskType) -> float:
        others = [self._log_share(word, each) for each in self._counts if each is not task_type]
        return self._log_share(word, task_type) - max(others)


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
