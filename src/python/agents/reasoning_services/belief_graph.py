"""
Beliefs and what follows from them: conclusions, contradictions, and revision.

Pure. A conclusion is as sure as the product of what it follows from; a rule also works backwards
(if its conclusion does not hold, neither do all of its conditions).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from agents.reasoning_services.propositions import (
    Literal,
    Rule,
    instantiated,
    is_general,
    parse,
    subject_of,
)

MAX_ROUNDS: Final = 30
MAX_DERIVED: Final = 2_000
MAX_SUBJECTS: Final = 40
MAX_CONDITIONS: Final = 6  # of a rule that also works backwards
LEAST: Final = 0.05  # less sure than this is not believed


@dataclass(frozen=True)
class Told:
    """Hold a belief as it was told."""

    key: str
    statement: str
    confidence: float


@dataclass(frozen=True)
class Conclusion:
    """Hold how sure a proposition is, and the keys of the beliefs it follows from."""

    literal: Literal
    confidence: float
    because: frozenset[str]
    is_told: bool = False
    by: tuple[tuple[Literal, ...], str] | None = None  # conditions and key of the last rule


Conclusions = Mapping[Literal, Conclusion]


def belief_id(statement: str) -> str:
    """Return the id of a statement; wording that reads the same has the same one."""
    return f"belief-{hashlib.sha256(repr(parse(statement)).encode()).hexdigest()[:16]}"


def conclude(beliefs: Iterable[Told]) -> Conclusions:
    """Return everything that follows, each proposition by its surest way."""
    held: dict[Literal, Conclusion] = {}
    rules: list[tuple[Rule, Told]] = []
    for told in beliefs:
        read = parse(told.statement)
        if isinstance(read, Rule):
            rules.append((read, told))
        else:
            found = Conclusion(read, told.confidence, frozenset((told.key,)), is_told=True)
            _keep(held, found)
    ready = _ready(rules, held)
    for _ in range(MAX_ROUNDS):
        changed = [_fire(held, rule, told) for rule, told in ready]
        if not any(changed) or len(held) > MAX_DERIVED:
            break
    return held


def conflicts(held: Conclusions) -> tuple[tuple[Conclusion, Conclusion], ...]:
    """Return the pairs of a proposition and its negation that both follow."""
    return tuple(
        (held[literal], held[literal.negated()])
        for literal in sorted(held)
        if literal.holds and literal.negated() in held
    )


def weakest(pair: tuple[Conclusion, Conclusion], beliefs: Mapping[str, Told], new: str) -> str:
    """Return the belief to give up: the least sure of both sides, older ones last."""
    involved = pair[0].because | pair[1].because
    return min(involved, key=lambda key: (beliefs[key].confidence, key != new, key))


def _ready(
    rules: list[tuple[Rule, Told]], held: dict[Literal, Conclusion]
) -> list[tuple[Rule, Told]]:
    subjects = sorted({name for each in held if (name := subject_of(each.atom))})[:MAX_SUBJECTS]
    found: list[tuple[Rule, Told]] = []
    for rule, told in rules:
        each = [instantiated(rule, name) for name in subjects] if is_general(rule) else [rule]
        for concrete in each:
            found.append((concrete, told))
            found += [(back, told) for back in _backwards(concrete)]
    return found


def _backwards(rule: Rule) -> list[Rule]:
    if len(rule.conditions) > MAX_CONDITIONS:
        return []
    return [
        Rule(
            (rule.conclusion.negated(), *(c for c in rule.conditions if c != condition)),
            condition.negated(),
        )
        for condition in rule.conditions
    ]


def _fire(held: dict[Literal, Conclusion], rule: Rule, told: Told) -> bool:
    premises = [held.get(condition) for condition in rule.conditions]
    known = [premise for premise in premises if premise is not None]
    if len(known) < len(premises):
        return False
    confidence = told.confidence
    for premise in known:
        confidence *= premise.confidence
    because = frozenset((told.key,)).union(*(premise.because for premise in known))
    if confidence < LEAST:
        return False
    by = (rule.conditions, told.key)
    return _keep(held, Conclusion(rule.conclusion, confidence, because, by=by))


def _keep(held: dict[Literal, Conclusion], found: Conclusion) -> bool:
    known = held.get(found.literal)
    if known is not None and known.confidence >= found.confidence - 1e-9:
        return False
    held[found.literal] = found
    return True
