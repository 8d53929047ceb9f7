"""
Things that are ordered by statements such as `Anna is taller than Ben` or `paint before sand`.

Pure; the order is a graph, and what it does not decide is not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_PAIRS: Final = (
    ("taller", "shorter"), ("older", "younger"), ("bigger", "smaller"), ("larger", "smaller"),
    ("heavier", "lighter"), ("faster", "slower"), ("richer", "poorer"), ("longer", "shorter"),
    ("higher", "lower"), ("hotter", "colder"), ("warmer", "cooler"), ("stronger", "weaker"),
    ("closer", "farther"), ("brighter", "darker"), ("cheaper", "dearer"), ("smarter", "duller"),
)  # fmt: skip
_UP: Final = {up: (up, down) for up, down in _PAIRS}
_DOWN: Final = {down: (up, down) for up, down in reversed(_PAIRS)}
_THING = r"((?:the |my )?[\w'-]+(?: [\w'-]+)?)"
_THAN = re.compile(
    rf"\b{_THING} (?:is|was|runs|weighs|comes|finished)(?: \w+ly)? (\w+er) than {_THING}"
)
_SEQUENCE = re.compile(rf"\b{_THING} (?:(?:comes|goes|happens|is|was|must come|must be done|"
                       rf"has to come|finished|arrived) )?(before|after) {_THING}")  # fmt: skip
_WHO = re.compile(r"\b(?:who|which|what)(?: \w+)? (?:is|was) (?:the )?(\w+)est\b")
_STATEMENT_END: Final = re.compile(
    r"[.;!?\n]|, and |,| and (?=\w+(?: \w+)? (?:is|comes|before|after))"
)

Edge = tuple[str, str]
"""More and less, or later and earlier."""


@dataclass(frozen=True)
class Order:
    """Hold what statements say: pairs (before, after) in one direction, and who is named."""

    edges: tuple[Edge, ...]
    things: tuple[str, ...]
    scale: tuple[str, str]  # what the last and the first of the order are, such as taller, shorter


def read_order(text: str) -> Order | None:
    """Return the order that the statements of a text say, None when they say none."""
    edges: list[Edge] = []
    scale = ("later", "earlier")
    for statement in _STATEMENT_END.split(text):
        lowered = statement.casefold().strip()
        if found := _THAN.search(lowered):
            word = found[2]
            if word in _UP or word in _DOWN:
                scale = _UP.get(word) or _DOWN[word]
                a, b = _name(found[1]), _name(found[3])
                edges.append((b, a) if word == scale[0] else (a, b))
        elif found := _SEQUENCE.search(lowered):
            a, b = _name(found[1]), _name(found[3])
            edges.append((a, b) if found[2] == "before" else (b, a))
    if not edges:
        return None
    return Order(tuple(dict.fromkeys(edges)), tuple(dict.fromkeys(sum(edges, ()))), scale)


def sorted_things(order: Order) -> tuple[str, ...] | None:
    """Return the things from first to last, None when the statements go in a circle."""
    waiting = {thing: {a for a, b in order.edges if b == thing} for thing in order.things}
    done: list[str] = []
    while waiting:
        free = [thing for thing, needs in waiting.items() if not needs - set(done)]
        if not free:
            return None
        done.append(free[0])
        del waiting[free[0]]
    return tuple(done)


def extremes(order: Order) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the things that nothing is before, and those that nothing is behind."""
    behind, before = {b for _, b in order.edges}, {a for a, _ in order.edges}
    firsts = tuple(thing for thing in order.things if thing not in behind)
    return firsts, tuple(thing for thing in order.things if thing not in before)


def asked_end(question: str, order: Order) -> bool | None:
    """Tell whether the last (True) or the first (False) is asked for, None for neither."""
    found = _WHO.search(question.casefold())
    if found:
        comparative = f"{found[1]}er"
        if comparative == order.scale[0]:
            return True
        return False if comparative == order.scale[1] else None
    wanted = re.search(r"\b(?:who|which|what)\b[^.?]*\b(first|last)\b", question.casefold())
    return None if not wanted else wanted[1] == "last"


def respects(path: Iterable[str], order: Order) -> bool:
    """Tell whether a sequence contradicts none of the statements."""
    at = {thing: index for index, thing in enumerate(path)}
    return all(at[a] < at[b] for a, b in order.edges if a in at and b in at)


def _name(thing: str) -> str:
    words = [
        word for word in thing.split() if word not in ("the", "my", "that", "if", "and", "but")
    ]
    return words[-1] if len(words) > 2 else " ".join(words)
