"""
What is worth keeping in mind: importance by content, fading with time, within a token budget.

No storage may enter: a window is a tuple of entries, and each function returns a new one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict

from common.contracts.context import ContextEntry, Speaker
from common.text import stems, tokens

HALF_LIFE: Final = 1_800.0
"""Seconds after which an entry of no importance counts half; important ones fade more slowly."""

MAX_ENTRIES: Final = 300
MAX_TOKENS: Final = 8_000

_BASE: Final[dict[Speaker, float]] = {"user": 0.35, "assistant": 0.2, "system": 0.3}
_SIGNS: Final[tuple[tuple[float, re.Pattern[str]], ...]] = (
    (0.3, re.compile(r"\b(remember|important|don't forget|do not forget|never|always|must)\b")),
    (0.25, re.compile(r"\b(my name is|i am called|i live|i like|i love|i hate|allergic)\b")),
    (0.2, re.compile(r"\b(deadline|until|due|appointment|tomorrow|tonight|urgent)\b")),
    (0.15, re.compile(r"\d")),
    (0.1, re.compile(r"\?")),
)
_FILLER: Final = frozenset("ok okay yes no thanks hello hi hey hm hmm sure fine well bye".split())


class Kept(BaseModel):
    """An entry as it is stored: without the score, which changes with time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entry_id: str
    speaker: Speaker
    text: str
    importance: float
    tokens: int
    at: float


def importance_of(text: str, speaker: Speaker, window: Sequence[Kept]) -> float:
    """Judge a text: wishes, facts and dates matter, small talk and repetition do not."""
    folded = text.casefold()
    score = _BASE[speaker] + sum(weight for weight, sign in _SIGNS if sign.search(folded))
    words = tokens(text)
    if words and all(word in _FILLER for word in words):
        return 0.05
    if len(words) >= 12:
        score += 0.1
    known = frozenset(stem for kept in window[-20:] for stem in stems(kept.text))
    own = frozenset(stems(text))
    if own and own <= known:
        score -= 0.1  # nothing new in it
    return max(0.0, min(1.0, score))


def score_at(kept: Kept, now: float) -> float:
    """Return importance as it is left by now; what is very important hardly fades."""
    half_life = HALF_LIFE * (1.0 + 9.0 * kept.importance**2)
    recency = 0.5 ** (max(0.0, now - kept.at) / half_life)
    return float(kept.importance * (0.15 + 0.85 * recency))


def fitting(window: Sequence[Kept], budget: int, now: float) -> tuple[Kept, ...]:
    """Return the entries of the highest scores that fit, in the order in which they came.

    The newest one is kept whenever it fits at all: it is what the conversation is about.
    """
    newest = window[-1] if window else None
    ranked = sorted(window, key=lambda kept: (kept is not newest, -score_at(kept, now), -kept.at))
    chosen: set[str] = set()
    spent = 0
    for kept in ranked:
        if spent + kept.tokens <= budget and len(chosen) < MAX_ENTRIES:
            chosen.add(kept.entry_id)
            spent += kept.tokens
    return tuple(kept for kept in window if kept.entry_id in chosen)


def shown(kept: Kept, now: float) -> ContextEntry:
    """Return an entry with its score of now."""
    return ContextEntry(**kept.model_dump(), score=max(0.0, min(1.0, score_at(kept, now))))


def as_text(window: Sequence[Kept]) -> str:
    """Return a line for each entry, with who said it."""
    return "\n".join(f"{kept.speaker}: {' '.join(kept.text.split())}" for kept in window)


def cost_of(window: Sequence[Kept]) -> int:
    """Return the tokens that a window costs."""
    return sum(kept.tokens for kept in window)
