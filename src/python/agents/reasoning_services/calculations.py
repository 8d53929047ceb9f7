"""
Questions that are arithmetic in words: `what is 15% of 80`, `12 plus 3 times 4`.

Pure; story problems, units and dates have modules of their own.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Final

from agents.reasoning_services.exact_arithmetic import (
    MAX_CHARACTERS,
    InexactError,
    evaluate,
    is_verified,
    show,
)
from agents.reasoning_services.number_words import plain
from agents.reasoning_services.solved import Solved, computed, step

NUMBER: Final = r"\d+(?:\.\d+)?"
_LEAD = re.compile(
    r"^(?:please |can you |could you )*(?:what(?:'s| is| are| does)|how much is|calculate|compute|"
    r"evaluate|work out|solve|find|tell me)?\s*(?:the )?(?:value of|result of|sum of)?\s*"
)
_OPERATORS: Final = (
    (r"(\d+(?:\.\d+)?)\s*(?:%|percent) of", r"\1 / 100 *"),
    (r"(\d+(?:\.\d+)?)\s*(?:%|percent)", r"(\1 / 100)"),
    (r"\bhalf of\b", "1 / 2 *"),
    (r"\b(?:a )?third of\b", "1 / 3 *"),
    (r"\b(?:a )?quarter of\b", "1 / 4 *"),
    (r"\bdouble\b|\btwice\b", "2 *"),
    (r"\btriple\b", "3 *"),
    (r"\bto the power of\b|\^", "**"),
    (r"\bsquared\b", "** 2"),
    (r"\bcubed\b", "** 3"),
    (r"\bplus\b|\badded to\b", "+"),
    (r"\bminus\b|\bless\b|\u2212", "-"),
    (r"\bmultiplied by\b|\btimes\b|\u00d7|\u00b7|(?<=[\d)])\s*x\s*(?=[\d(])", "*"),
    (r"\bdivided by\b|\bover\b|÷", "/"),
)
_ADD = re.compile(rf"^(?:add|sum) ({NUMBER}) (?:and|to) ({NUMBER})$")
_SUBTRACT = re.compile(rf"^subtract ({NUMBER}) from ({NUMBER})$")
_MULTIPLY = re.compile(rf"^multiply ({NUMBER}) (?:by|and|with) ({NUMBER})$")
_DIVIDE = re.compile(rf"^divide ({NUMBER}) by ({NUMBER})$")
_LIST = re.compile(
    r"\b(average|mean|sum|total|product|median|largest|biggest|greatest|maximum|smallest|least|"
    rf"minimum) of ({NUMBER}(?:(?:,| and|, and) {NUMBER})+)$"
)
_ROOT = re.compile(rf"^square root of ({NUMBER})$")
_REMAINDER = re.compile(rf"^remainder (?:of|when) ({NUMBER}) (?:is )?divided by ({NUMBER})$")


def solve_calculation(question: str) -> Solved | None:
    """Return the answer of a question that is arithmetic and nothing else."""
    text = plain(question).strip(" ?.!=")
    if len(text) > MAX_CHARACTERS:
        return None
    bare = _LEAD.sub("", text, count=1).strip()
    try:
        listed = _LIST.search(text)
        if listed and _LEAD.sub("", text[: listed.start()] + " ").strip() in ("", "the"):
            return _of_list(listed[1], listed[2])
        return _root(bare) or _remainder(bare) or _expression(_imperative(bare))
    except InexactError:
        return None


def as_expression(text: str) -> str:
    """Write operators in words as signs."""
    for pattern, sign in _OPERATORS:
        text = re.sub(pattern, sign, text)
    return " ".join(text.split())


def _imperative(text: str) -> str:
    for pattern, form in (
        (_ADD, r"\1 + \2"),
        (_SUBTRACT, r"\2 - \1"),
        (_MULTIPLY, r"\1 * \2"),
        (_DIVIDE, r"\1 / \2"),
    ):
        if pattern.match(text):
            return pattern.sub(form, text)
    return as_expression(text)


def _expression(expression: str) -> Solved | None:
    if not re.search(r"\d", expression) or not re.search(r"[+\-*/]", expression):
        return None
    value, operations = evaluate(expression)
    verified = is_verified(expression, value)
    steps = tuple(
        step(f"Compute {text}", text, show(result), verified=verified and is_verified(text, result))
        for text, result in operations
    )
    return Solved(show(value), steps, value) if steps else None


def _of_list(name: str, listed: str) -> Solved:
    texts = re.findall(NUMBER, listed)
    numbers = sorted(Fraction(text) for text in texts)
    if name in ("average", "mean"):
        value, found = computed("Add them and divide by how many", f"({' + '.join(texts)}) / "
                                f"{len(texts)}")  # fmt: skip
        return Solved(show(value), (found,), value)
    if name in ("sum", "total", "product"):
        sign = " * " if name == "product" else " + "
        value, found = computed(f"Take the {name}", sign.join(texts))
        return Solved(show(value), (found,), value)
    middle = len(numbers) // 2
    if name == "median":
        value = (numbers[middle] + numbers[~middle]) / 2
        below = sum(number <= value for number in numbers)
        above = sum(number >= value for number in numbers)
        verified = 2 * min(below, above) >= len(numbers)
    else:
        is_top = name in ("largest", "biggest", "greatest", "maximum")
        value = numbers[-1] if is_top else numbers[0]
        verified = all(n <= value if is_top else n >= value for n in numbers)
    found = step(f"Sort and take the {name}", listed, show(value), verified=verified)
    return Solved(show(value), (found,), value)


def _root(text: str) -> Solved | None:
    found = _ROOT.match(text)
    if not found:
        return None
    number = Fraction(found[1])
    top, bottom = math.isqrt(number.numerator), math.isqrt(number.denominator)
    root = Fraction(top, bottom)
    is_exact = root * root == number
    if not is_exact:
        if number > 10**15:
            return None
        root = Fraction(f"{math.sqrt(number):.10g}")
    verified = abs(root * root - number) <= number / 10**8
    shown = show(root)
    squared = step("Square it to check", f"sqrt({found[1]})", shown, verified=verified)
    return Solved(shown, (squared,), root)


def _remainder(text: str) -> Solved | None:
    found = _REMAINDER.match(text)
    if not found or Fraction(found[2]) == 0:
        return None
    a, b = Fraction(found[1]), Fraction(found[2])
    rest = a % b
    verified = (a - rest) / b == (a - rest) // b and 0 <= rest < b
    shown = show(rest)
    taken = step(f"Take away {found[2]} as often as it goes", f"{found[1]} mod {found[2]}", shown,
                 verified=verified)  # fmt: skip
    return Solved(shown, (taken,), rest)
