"""
Errors without what changes each time, so that a known one is found again.

Pure: normalising and likeness; solutions are kept by the agent.
"""

from __future__ import annotations

import re
from typing import Final

from common.text import tokens

MAX_CHARACTERS: Final = 600
_RULES: Final = (
    (
        re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"),
        "<time>",
    ),
    (re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\b0x[0-9a-f]+\b", re.IGNORECASE), "<address>"),
    (re.compile(r"\b[a-z]+://[^\s'\"]+", re.IGNORECASE), "<url>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"), "<host>"),
    (re.compile(r"(?:[A-Za-z]:)?(?:[/\\][\w.@ -]*\w)+[/\\]?"), "<path>"),
    (re.compile(r"'[^'\n]{0,200}'|\"[^\"\n]{0,200}\"|`[^`\n]{0,200}`"), "<name>"),
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\d+(?:\.\d+)?"), "<n>"),
)


def normalised(error: str) -> str:
    """Return an error with placeholders for times, ids, paths, names and numbers."""
    # The last lines of a trace say what happened, the first ones only where.
    lines = [line.strip() for line in error.strip()[-20_000:].splitlines() if line.strip()]
    is_trace = bool(lines) and lines[0].startswith("Traceback")
    text = (lines[-1] if is_trace else " ".join(lines))[: 2 * MAX_CHARACTERS]
    for pattern, placeholder in _RULES:
        text = pattern.sub(placeholder, text)
    return " ".join(text.split())[:MAX_CHARACTERS] or "<empty>"


def likeness(a: str, b: str) -> float:
    """Return the share of words that two patterns have in common, 1 when they are equal."""
    if a.casefold() == b.casefold():
        return 1.0
    left, right = set(_words(a)), set(_words(b))
    if not left or not right:
        return 0.0
    # Never 1: what differs in a word or in the order is another error.
    return min(0.99, len(left & right) / len(left | right))


def _words(pattern: str) -> tuple[str, ...]:
    return tuple(word for word in tokens(pattern) if word not in _PLACEHOLDERS)


_PLACEHOLDERS: Final = frozenset("time id address url host path name n empty".split())
