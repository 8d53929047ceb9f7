"""
The parts of a question, and the solver that fits each.

Pure; a model is not asked here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Final

from agents.reasoning_services.calculations import solve_calculation
from agents.reasoning_services.calendar_questions import solve_date
from agents.reasoning_services.comparisons import solve_comparison
from agents.reasoning_services.exact_arithmetic import InexactError, evaluate, show
from agents.reasoning_services.measures import solve_conversion
from agents.reasoning_services.rate_problems import solve_rate
from agents.reasoning_services.solved import Solved
from agents.reasoning_services.story_problems import solve_story

MAX_PARTS: Final = 12
_SOLVERS: Final[tuple[Callable[[str], Solved | None], ...]] = (
    solve_calculation, solve_conversion, solve_comparison, solve_rate, solve_story,
)  # fmt: skip
_AND = re.compile(
    r"(?:,? and then |,? then |;\s*|, and |,? and (?=(?:what|how|which|who|when|where|why|is|are|"
    r"convert|calculate|double|add|subtract|multiply|divide|halve)\b)|, (?=(?:double|add|halve)\b))"
)
_FOLLOW_UPS: Final = (
    (re.compile(r"^double (?:it|that|this|the result)$"), "2 * {0}"),
    (re.compile(r"^halve (?:it|that|this|the result)$"), "{0} / 2"),
    (re.compile(r"^add (\S+)(?: to (?:it|that|this|the result))?$"), "{0} + {1}"),
    (re.compile(r"^subtract (\S+)(?: from (?:it|that|this|the result))?$"), "{0} - {1}"),
    (re.compile(r"^multiply (?:it|that|this|the result)? ?by (\S+)$"), "{0} * {1}"),
    (re.compile(r"^divide (?:it|that|this|the result)? ?by (\S+)$"), "{0} / {1}"),
)
_LEADING_AND = re.compile(r"^(?:and|then|also|so|now)\b,? ", re.IGNORECASE)
_REFERENCE = re.compile(r"\b(?:that|the result|the answer|this|it)\b")
_RESULT = re.compile(r"= ?(-?\d{1,30}(?:\.\d{1,20})?)(?!\d|\.\d)")
_LEFT = re.compile(r"(?<![\w.])[\d(][\d.()+\-*/ ]*$")
MAX_LEFT: Final = 80
MAX_EQUATIONS: Final = 100


@dataclass(frozen=True)
class Part:
    """Hold one part as it was asked, and the answer when a solver has one."""

    text: str
    solved: Solved | None


def split_question(question: str) -> tuple[str, ...]:
    """Return the parts of a question in the order they are asked."""
    sentences = [text.strip() for text in re.findall(r"[^?]+\??", question) if text.strip(" ?")]
    parts: list[str] = []
    for sentence in sentences:
        pieces = [piece.strip() for piece in _AND.split(sentence) if piece and piece.strip(" ?")]
        is_story = len(re.findall(r"[.;!](?:\s|$)", sentence)) > 0 or not _looks_asked(pieces)
        parts += [sentence] if is_story else pieces
    return tuple(parts[:MAX_PARTS]) or (question.strip(),)


def solve_parts(question: str, today: date) -> tuple[Part, ...]:
    """Solve a question as a whole, or part by part; later parts may refer to earlier results."""
    whole = solve_one(question, today)
    if whole is not None:
        return (Part(question.strip(), whole),)
    done: list[Part] = []
    told = ""
    for text in split_question(question):
        previous = done[-1].solved if done else None
        found = solve_one(text, today) or _followed(text, previous)
        if found is None and told:
            found = solve_one(f"{told} {text}", today)
        done.append(Part(text, found))
        told = f"{told} {_told(text)}".strip()
    return tuple(done)


def solve_one(text: str, today: date) -> Solved | None:
    """Return what the first solver that fits says."""
    text = _LEADING_AND.sub("", text.strip(), count=1)
    found = solve_date(text, today)
    for solver in _SOLVERS:
        found = found or solver(text)
    return found


def wrong_equations(text: str) -> tuple[tuple[str, ...], int]:
    """Recompute the equations that a text states; return the wrong ones and how many there are."""
    wrong: list[str] = []
    count = 0
    short = text[:20_000].replace("\u00d7", "*").replace("\u00f7", "/")
    for found in islice(_RESULT.finditer(short), MAX_EQUATIONS):
        # Looked at from the sign to the left: to look for a beginning would take too long.
        left = _LEFT.search(short[max(0, found.start() - MAX_LEFT) : found.start()])
        if left is None:
            continue
        expression, right = left[0].strip(), found[1]
        if not re.search(r"\d\s*\)*\s*[+\-*/]+\s*\(*\s*\d", expression):
            continue
        try:
            value, _ = evaluate(expression)
            stated, _ = evaluate(right)
        except InexactError:
            continue
        count += 1
        digits = len(right.partition(".")[2])
        if abs(value - stated) * 10**digits * 2 > 1:
            wrong.append(f"{expression} = {right}, but it is {show(value)}")
    return tuple(wrong), count


def _looks_asked(pieces: list[str]) -> bool:
    words = r"^(?:what|how|which|who|when|where|why|is|are|convert|calculate|compute|double|add|"
    asked = re.compile(words + r"subtract|multiply|divide|halve|find|tell)\b", re.IGNORECASE)
    return len(pieces) > 1 and all(asked.match(piece) for piece in pieces)


def _followed(text: str, previous: Solved | None) -> Solved | None:
    if previous is None or previous.value is None:
        return None
    value = f"({previous.value})" if previous.value.denominator != 1 else show(previous.value)
    bare = text.casefold().strip(" ?.!")
    for pattern, form in _FOLLOW_UPS:
        if found := pattern.match(bare):
            return solve_calculation(form.format(value, *found.groups()))
    referred = _REFERENCE.sub(value, bare, count=1)
    return solve_calculation(referred) if referred != bare else None


def _told(text: str) -> str:
    # What a story says before its question is still so in the next question.
    return (
        " ".join(re.findall(r"[^.!;]+[.!;](?=\s)", text + " ")) if not text.endswith(".") else text
    )
