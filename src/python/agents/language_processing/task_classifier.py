"""
The class of a task, by naive Bayes over its words, and the parts of a task.

Pure; what it learns from is data in task_examples, what runs a task may not enter.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Final

from agents.language_processing.task_examples import EXAMPLES
from common.contracts.orchestration import TaskClass
from common.naive_bayes import NaiveBayes
from common.text import stem, tokens

SMOOTHING: Final = 0.4
MAX_WORDS: Final = 200
MAX_PARTS: Final = 8
_MARKS: Final = (
    ("#number", re.compile(r"\d")),
    ("#sum", re.compile(r"\d\s*[-+*/^x]\s*\d|=|%")),
    ("#code", re.compile(r"[{};]|\w\(\w*\)|\bdef |```|\b(?:python|java|javascript|c\+\+|sql"
                         r"|rust)\b",
                         re.IGNORECASE)),
    ("#amounts", re.compile(r"\d.*\d")),
    ("#how_many", re.compile(r"\bhow (?:many|much|long|far|fast)\b", re.IGNORECASE)),
    ("#you", re.compile(r"\b(?:you|your|yourself)\b", re.IGNORECASE)),
    ("#me", re.compile(r"\b(?:i|i'm|my)\b", re.IGNORECASE)),
)  # fmt: skip
_THEN = re.compile(r"(?:[.;,]|\band)?\s*\b(?:and then|then|after that|afterwards"
                   r"|finally)\b,?\s*|;\s+",
                   re.IGNORECASE)  # fmt: skip
_NUMBERED = re.compile(r"(?:^|\n)\s*(?:\d{1,2}[.)]|[-*])\s+")


@dataclass(frozen=True)
class Classified:
    """Hold the class of a task and how likely each class is."""

    task_class: TaskClass
    scores: dict[TaskClass, float]

    @property
    def confidence(self) -> float:
        """Return how likely the class is."""
        return self.scores[self.task_class]


def classify(task: str) -> Classified:
    """Return the class that the words of a task speak for."""
    scores = _learned().chances(_features(task))
    # Without a single known word nothing speaks for anything: that is talk.
    best = max(scores, key=lambda kind: (scores[kind], kind is TaskClass.CHAT))
    return Classified(best, scores)


def split_task(task: str) -> tuple[str, ...]:
    """Return the parts of a task that says to do one thing and then another."""
    task = lines_of(task)
    listed = [part.strip() for part in _NUMBERED.split(task) if part.strip()]
    if len(listed) > 1 and len(_NUMBERED.findall(task)) > 1:
        return _bounded(listed, task)
    if re.match(r"\s*(?:if|when|whenever)\b", task, re.IGNORECASE):
        return (task.strip(),)
    parts = [part.strip(" ,.") for part in _THEN.split(task) if part and part.strip(" ,.")]
    return _bounded(parts, task)


def lines_of(text: str) -> str:
    """Return a text without empty lines and runs of spaces, which rules would go over again."""
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())


def _bounded(parts: list[str], task: str) -> tuple[str, ...]:
    is_chain = 1 < len(parts) <= MAX_PARTS and all(len(tokens(part)) > 1 for part in parts)
    return tuple(parts) if is_chain else (task.strip(),)


@cache
def _learned() -> NaiveBayes[TaskClass]:
    counts = {
        kind: Counter(word for text in texts for word in _features(text))
        for kind, texts in EXAMPLES.items()
    }
    return NaiveBayes(counts, SMOOTHING)


def _features(text: str) -> list[str]:
    words = [stem(word) for word in tokens(text[:4_000])[:MAX_WORDS]]
    pairs = [f"{a} {b}" for a, b in zip(words, words[1:], strict=False)]
    first = [f"^{words[0]}"] if words else []
    marks = [name for name, pattern in _MARKS if pattern.search(text[:4_000])]
    return list(dict.fromkeys((*words, *pairs, *first, *marks)))
