"""
Questions which of several amounts is more, and who is the most by what is said of them.

Pure; amounts are compared exactly in their base unit.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from agents.reasoning_services.measures import AMOUNT, in_base
from agents.reasoning_services.number_words import plain
from agents.reasoning_services.orderings import asked_end, extremes, read_order, sorted_things
from agents.reasoning_services.solved import Solved, step
from common.contracts.reasoning import ReasoningStep

_MORE: Final = frozenset(
    "greater larger bigger more longer heavier higher faster hotter warmer older".split()
)
_LESS: Final = frozenset("smaller less shorter lighter lower slower colder cooler fewer".split())
_WORDS = "|".join(sorted(_MORE | _LESS))
_NUMBER = r"-?\d+(?:\.\d+)?(?:/\d+)?"
_WHICH = re.compile(
    rf"^(?:which|what) (?:one |number |of these )?(?:is|are|lasts|weighs) (?:the )?({_WORDS})"
    rf"[,:]? (?:than )?(.+?),? or (.+)$"
)
_IS = re.compile(rf"^is (.+?) ({_WORDS}) than (.+)$")


def solve_comparison(question: str) -> Solved | None:
    """Return the answer of a question that compares amounts, or things by statements."""
    text = plain(question).strip(" ?.!")
    if found := _WHICH.match(text):
        return _which(found[1], found[2], found[3])
    if found := _IS.match(text):
        return _is_more(found[1], found[2], found[3])
    return _by_statements(question)


def _amount(text: str) -> tuple[Fraction, str] | None:
    text = text.strip()
    if len(text) > 40 or re.search(r"/0+\b", text):
        return None
    if found := re.fullmatch(AMOUNT, text):
        return in_base(found[1], found[2])
    return (Fraction(text), "number") if re.fullmatch(_NUMBER, text) else None


def _which(word: str, left: str, right: str) -> Solved | None:
    a, b = _amount(left), _amount(right)
    if a is None or b is None or a[1] != b[1]:
        return None
    if a[0] == b[0]:
        answer = "they are equal"
    else:
        answer = (left if (a[0] > b[0]) == (word in _MORE) else right).strip()
    return Solved(answer, (_compared(left, right, a[0], b[0], answer),))


def _is_more(left: str, word: str, right: str) -> Solved | None:
    a, b = _amount(left), _amount(right)
    if a is None or b is None or a[1] != b[1]:
        return None
    answer = "yes" if (a[0] > b[0] if word in _MORE else a[0] < b[0]) else "no"
    return Solved(answer, (_compared(left, right, a[0], b[0], answer),))


def _compared(left: str, right: str, a: Fraction, b: Fraction, answer: str) -> ReasoningStep:
    # Cross-multiplied: the same comparison without the division that made the fractions.
    crossed = a.numerator * b.denominator - b.numerator * a.denominator
    verified = (crossed > 0) == (a > b) and (crossed == 0) == (a == b)
    sign = ">" if a > b else "<" if a < b else "="
    return step("Compare in the same unit", f"{left} {sign} {right}", answer, verified=verified)


def _by_statements(question: str) -> Solved | None:
    order = read_order(question)
    if order is None:
        return None
    wants_last = asked_end(question, order)
    line = sorted_things(order)
    if wants_last is None or line is None:
        return None
    firsts, lasts = extremes(order)
    candidates = lasts if wants_last else firsts
    if len(candidates) != 1:
        return None  # the statements do not decide
    answer = candidates[0]
    verified = answer == (line[-1] if wants_last else line[0])
    steps = tuple(
        step(f"{a} comes before {b}", f"{a} < {b}", f"{a}, {b}", verified=True)
        for a, b in order.edges
    )
    last = step("Take the end of the line", " < ".join(line), answer, verified=verified)
    return Solved(answer.capitalize() if answer.isalpha() else answer, (*steps, last))
