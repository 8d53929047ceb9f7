"""
Problems whose states can be evaluated exactly: numbers to a target, jugs of water, orders.

Pure: reading them from a question and their rules; how they are searched is thought_search.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Final

from agents.reasoning_services.exact_arithmetic import InexactError, recompute, show
from agents.reasoning_services.number_words import plain
from agents.reasoning_services.orderings import Order, asked_end, read_order, respects

Numbers = tuple[tuple[Fraction, str], ...]
Amounts = tuple[int, ...]

MAX_NUMBERS: Final = 6
MAX_VALUE: Final = 100_000
MAX_CAPACITY: Final = 1_000
MAX_THINGS: Final = 30

_LISTED = r"(\d+(?:(?:,| and|, and|)? ?(?:\d+)){1,9})"
_TARGET_FIRST = re.compile(
    rf"\b(?:make|reach|get|obtain|form|build) (\d+) (?:from|using|with|out of|by combining) "
    rf"(?:the )?(?:numbers |digits )?{_LISTED}"
)
_TARGET_LAST = re.compile(
    rf"\b(?:use|using|combine|with|from) (?:the )?(?:numbers |digits )?{_LISTED},? (?:to |can you |"
    rf"how (?:do you|can i|do i) )?(?:make|reach|get|obtain|form|build) (\d+)"
)
_JUG = re.compile(r"\b(?:jug|bucket|container|pail|bottle|jar|can)s?\b")
_MEASURE = re.compile(
    r"\b(?:measure|get|obtain|have|end up with)(?: out)?(?: exactly| precisely)? (\d+)"
)
_ORDERED = re.compile(r"\b(?:order|schedule|sequence|sort|arrange|plan|first to last|line up)\b")


@dataclass(frozen=True)
class Countdown:
    """Combine every number once with + - * / to reach a target."""

    numbers: tuple[int, ...]
    target: int

    kind = "countdown"

    @property
    def start(self) -> Numbers:
        """Return the numbers as they are."""
        return tuple(sorted((Fraction(n), str(n)) for n in self.numbers))

    @property
    def depth(self) -> int:
        """Return how many steps combine all numbers."""
        return len(self.numbers) - 1

    def following(self, state: Numbers) -> Iterable[tuple[Numbers, str]]:
        """Combine each two numbers in each way."""
        for i, j in combinations(range(len(state)), 2):
            rest = tuple(state[k] for k in range(len(state)) if k not in (i, j))
            for value, text in _combined(state[i], state[j]):
                if abs(value) <= MAX_VALUE:
                    step = f"{text[1:-1]} = {show(value)}"
                    yield tuple(sorted((*rest, (value, text)))), step

    def score(self, state: Numbers) -> float:
        """Say how near the nearest number is to the target."""
        if self.is_goal(state):
            return 1.0
        nearest = min(abs(value - self.target) for value, _ in state)
        return 0.9 / (1.0 + float(nearest))

    def is_goal(self, state: Numbers) -> bool:
        """Tell whether one number is left, and it is the target."""
        return len(state) == 1 and state[0][0] == self.target

    def answer(self, state: Numbers) -> str:
        """Write the whole expression."""
        return f"{state[0][1].removeprefix('(').removesuffix(')')} = {show(state[0][0])}"

    def check(self, state: Numbers) -> bool:
        """Recompute the expression, and see that it has each number once."""
        text = state[0][1]
        used = sorted(int(number) for number in re.findall(r"\d+", text))
        try:
            return used == sorted(self.numbers) and recompute(text) == self.target
        except InexactError:
            return False


@dataclass(frozen=True)
class Jugs:
    """Fill, empty and pour jugs until one holds the target."""

    capacities: tuple[int, ...]
    target: int

    kind = "jugs"
    depth = 400

    @property
    def start(self) -> Amounts:
        """Return empty jugs."""
        return (0,) * len(self.capacities)

    def following(self, state: Amounts) -> Iterable[tuple[Amounts, str]]:
        """Fill one, empty one, or pour one into another."""
        for at, capacity in enumerate(self.capacities):
            name = f"the {capacity} jug"
            if state[at] < capacity:
                yield self._with(state, {at: capacity}), f"fill {name}"
            if state[at]:
                yield self._with(state, {at: 0}), f"empty {name}"
            for to, room in enumerate(self.capacities):
                moved = min(state[at], room - state[to])
                if to != at and moved:
                    changed = {at: state[at] - moved, to: state[to] + moved}
                    yield self._with(state, changed), f"pour {name} into the {room} jug"

    def score(self, state: Amounts) -> float:
        """Say how near a jug is to the target."""
        nearest = min(abs(amount - self.target) for amount in state)
        return 1.0 if nearest == 0 else 0.9 / (1 + nearest)

    def is_goal(self, state: Amounts) -> bool:
        """Tell whether a jug holds the target."""
        return self.target in state

    def answer(self, state: Amounts) -> str:
        """Say which jug holds it."""
        return f"the {self.capacities[state.index(self.target)]} jug holds {self.target}"

    def check(self, state: Amounts) -> bool:
        """See that no jug holds more than it can."""
        fits = all(0 <= has <= most for has, most in zip(state, self.capacities, strict=True))
        return fits and self.is_goal(state)

    @staticmethod
    def _with(state: Amounts, changed: dict[int, int]) -> Amounts:
        return tuple(changed.get(at, amount) for at, amount in enumerate(state))


@dataclass(frozen=True)
class Ordering:
    """Put things in a line that no statement contradicts."""

    order: Order

    kind = "ordering"
    start: tuple[str, ...] = ()

    @property
    def depth(self) -> int:
        """Return how many things there are."""
        return len(self.order.things)

    def following(self, state: tuple[str, ...]) -> Iterable[tuple[tuple[str, ...], str]]:
        """Put next whatever nothing else must come before."""
        for thing in self.order.things:
            needs = {a for a, b in self.order.edges if b == thing}
            if thing not in state and needs <= set(state):
                yield (*state, thing), f"{thing} next"

    def score(self, state: tuple[str, ...]) -> float:
        """Say how much of the line stands."""
        return len(state) / len(self.order.things)

    def is_goal(self, state: tuple[str, ...]) -> bool:
        """Tell whether everything has its place."""
        return len(state) == len(self.order.things)

    def answer(self, state: tuple[str, ...]) -> str:
        """Write the line."""
        return ", ".join(state)

    def check(self, state: tuple[str, ...]) -> bool:
        """See that no statement is contradicted."""
        return respects(state, self.order)


ExactProblem = Countdown | Jugs | Ordering


def read_problem(question: str) -> ExactProblem | None:
    """Return the problem that a question states, None when it is none of these."""
    text = plain(question)
    return _jugs(text) or _countdown(text) or _ordering(question)


def _countdown(text: str) -> Countdown | None:
    if found := _TARGET_FIRST.search(text):
        target, listed = found[1], found[2]
    elif found := _TARGET_LAST.search(text):
        target, listed = found[2], found[1]
    else:
        return None
    numbers = re.findall(r"\d+", listed)
    if not 2 <= len(numbers) <= MAX_NUMBERS or max(map(len, (*numbers, target))) > 5:
        return None
    return Countdown(tuple(int(number) for number in numbers), int(target))


def _jugs(text: str) -> Jugs | None:
    measured = _MEASURE.search(text)
    if not measured or not _JUG.search(text):
        return None
    rest = text[: measured.start()] + text[measured.end() :]
    found = [number for number in re.findall(r"\d+", rest) if len(number) <= 4]
    capacities = tuple(int(number) for number in found)
    if len(capacities) == 3 and capacities[0] == 2:  # `2 jugs of 3 and 5 litres`
        capacities = capacities[1:]
    is_sane = 1 <= len(capacities) <= 4 and all(1 <= each <= MAX_CAPACITY for each in capacities)
    if not is_sane or len(measured[1]) > 4:
        return None
    return Jugs(capacities, int(measured[1]))


def _ordering(question: str) -> Ordering | None:
    order = read_order(question)
    if order is None or len(order.things) > MAX_THINGS:
        return None
    is_asked = _ORDERED.search(question.casefold()) or asked_end(question, order) is None
    return Ordering(order) if is_asked else None


def _combined(a: tuple[Fraction, str], b: tuple[Fraction, str]) -> Iterable[tuple[Fraction, str]]:
    (x, left), (y, right) = a, b
    yield x + y, f"({left} + {right})"
    yield x * y, f"({left} * {right})"
    yield x - y, f"({left} - {right})"
    yield y - x, f"({right} - {left})"
    if y:
        yield x / y, f"({left} / {right})"
    if x:
        yield y / x, f"({right} / {left})"
