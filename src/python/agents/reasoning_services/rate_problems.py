"""
Story problems about rates: prices, speeds, equal shares, percentages, boxes of things.

Pure. A pattern matches a whole story, so that no number of it is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from agents.reasoning_services.exact_arithmetic import InexactError
from agents.reasoning_services.number_words import plain
from agents.reasoning_services.solved import Solved, computed

_N = r"(\d+(?:\.\d+)?)"
_ANY = r"[^.?\d]*?"
_REST = r"[^\d]*"
_STOP = r"[.,?;]?\s*"


@dataclass(frozen=True)
class _Rule:
    """Hold a story's pattern, what is computed from its numbers, and the unit of the answer."""

    description: str
    pattern: re.Pattern[str]
    expression: str
    unit: str = ""


def _rule(description: str, pattern: str, expression: str, unit: str = "") -> _Rule:
    return _Rule(description, re.compile(f"^{pattern}$"), expression, unit)


_SPEED = r"(km/h|kmh|mph|kilometres per hour|kilometers per hour|km per hour|miles per hour)"
_MONEY = r"(?:dollars|euros|pounds|cents|euro)"

RULES: Final = (
    _rule("Distance is speed times time",
          rf"[^\d]*\bat {_ANY}{_N} {_SPEED} for {_N} hours?\b{_REST}how far{_REST}", "{0} * {2}",
          "distance"),
    _rule("Time is distance over speed",
          rf"(?:how long|how many hours){_REST}{_N} (?:km|kilometres|kilometers|miles) {_ANY}{_N} "
          rf"{_SPEED}{_REST}", "{0} / {1}", "hours"),
    _rule("Speed is distance over time",
          rf"[^\d]*{_N} (km|kilometres|kilometers|miles) in {_N} hours?\b[^\d]*(?:speed|how fast)"
          rf"{_REST}", "{0} / {2}", "speed"),
    _rule("Take the discount off",
          rf"[^\d]*{_N} {_MONEY}[^\d]*{_N} ?(?:%|percent) (?:off|discount|cheaper|less"
          rf"|reduc){_REST}",
          "{0} - {0} * {1} / 100", "money"),
    _rule("Take the discount off",
          rf"[^\d]*{_N} ?(?:%|percent) (?:off|discount)[^\d]*{_N} {_MONEY}{_REST}",
          "{1} - {1} * {0} / 100", "money"),
    _rule("Add the percentage",
          rf"[^\d]*{_N} [^\d]*\b(?:increase|rise|grow|goes up|tax|tip|interest)[^\d]*{_N} ?"
          rf"(?:%|percent){_REST}(?:new|total|now|after|how much|how many){_REST}",
          "{0} + {0} * {1} / 100"),
    _rule("Take the percentage",
          rf"[^\d]*{_N} [^\d]*?{_N} ?(?:%|percent) of (?:them|the|these){_REST}how many{_REST}",
          "{0} * {1} / 100"),
    _rule("Share equally",
          rf"[^\d]*{_N}[^\d]*\b(?:shared?|divided?|split|distributed?)\b[^\d]*\b(?:among|between|"
          rf"into|by|with|to)\b[^\d]*{_N}[^\d]*\b(?:each|per|every|group|how many)\b{_REST}",
          "{0} / {1}"),
    _rule("Share equally",
          rf"{_N} [a-z]+ (?:share|split|divide) {_N} [^\d]*\b(?:each|per|every)\b{_REST}",
          "{1} / {0}"),
    _rule("The price of one, then of all",
          rf"[^\d]*\b{_N} [^.?\d]*\bcosts? {_N} {_MONEY}[^\d]*how much[^\d]*(?:do|does|would|will|"
          rf"is|are|for) {_ANY}{_N} {_REST}", "{1} / {0} * {2}", "money"),
    _rule("Price times number",
          rf"[^\d]*\b(?:an?|each|one|every|per|the|1)\b[^.?\d]*\bcosts? {_N} {_MONEY}[^\d]*"
          rf"(?:how much|what)[^\d]*\b{_N}\b{_REST}", "{0} * {1}", "money"),
    _rule("Number times price",
          rf"[^\d]*\b(?:buys?|bought|orders?) {_N} [^\d]*\b(?:at|for|cost|costing|costs) {_N} "
          rf"{_MONEY} (?:each|per|apiece)[^\d]*(?:how much){_REST}", "{0} * {1}", "money"),
    _rule("Groups times what is in each",
          rf"[^\d]*\b(?:each|every|an?|one)\b[^.?\d]*\b(?:has|have|holds?|contains?|makes?|packs?|seats?|"
          rf"reads?|earns?|legs?|lays?|needs?|uses?) {_N} [^\d]*\bhow (?:many|much)\b[^\d]*\b{_N}\b"
          rf"{_REST}", "{0} * {1}"),
    _rule("Groups times what is in each",
          rf"[^\d]*\b{_N} [^\d]*\b(?:with|each|every|of|have|has|contain|holds?)\b[^.?\d]*{_N}"
          rf" [^\d]*"
          rf"\b(?:each|in each|every|per|apiece)?\b[^\d]*how (?:many|much)[^\d]*(?:altogether"
          rf"|in total|in "
          rf"all|total|are there|there)[^\d]*", "{0} * {1}"),
    _rule("Rate times time",
          rf"[^\d]*\b{_N} [a-z ]+ (?:per|an|a|each|every) (?:hour|day|minute|week|month"
          rf"|year)\b[^\d]*how "
          rf"(?:many|much)[^\d]*\bin {_N} (?:hours|days|minutes|weeks|months|years){_REST}",
          "{0} * {1}"),
    _rule("Rate times time",
          rf"[^\d]*\b{_N} [a-z ]+ (?:per|an|a|each|every) (?:hour|day|minute|week|month"
          rf"|year)\b[^\d]*"
          rf"for {_N} (?:hours|days|minutes|weeks|months|years)[^\d]*how (?:many|much){_REST}",
          "{0} * {1}"),
    _rule("The area of a rectangle",
          rf"[^\d]*\barea\b[^\d]*\brectang[^\d]*{_N}[^\d]*{_N}{_REST}", "{0} * {1}"),
    _rule("Around a rectangle",
          rf"[^\d]*\bperimeter\b[^\d]*\brectang[^\d]*{_N}[^\d]*{_N}{_REST}", "2 * ({0} + {1})"),
    _rule("Around a square", rf"[^\d]*\bperimeter\b[^\d]*\bsquare\b[^\d]*{_N}{_REST}", "4 * {0}"),
    _rule("The area of a square", rf"[^\d]*\barea\b[^\d]*\bsquare\b[^\d]*{_N}{_REST}",
          "{0} * {0}"),
    _rule("The others are the rest",
          rf"[^\d]*{_N} [^\d]*[.,;] (?:of these |of them )?{_N} (?:of them |of these )?(?:are"
          rf"|were|is) "
          rf"(?!leav|join|com|arriv)[^\d]*how many[^\d]*\b(?:are|were|is)\b{_REST}", "{0} - {1}"),
)  # fmt: skip


def solve_rate(question: str) -> Solved | None:
    """Return the answer of a story that one of the patterns fits as a whole."""
    text = plain(question).strip()
    if len(text) > 600:
        return None
    for rule in RULES:
        if found := rule.pattern.match(text):
            return _computed(rule, found)
    return None


def _computed(rule: _Rule, found: re.Match[str]) -> Solved | None:
    try:
        value, step = computed(rule.description, rule.expression.format(*found.groups()))
    except InexactError:
        return None
    if value < 0:
        return None
    return Solved(step.result + _unit(rule, found), (step,), value)


def _unit(rule: _Rule, found: re.Match[str]) -> str:
    if rule.unit == "hours":
        return " hours"
    if rule.unit == "distance":
        return " miles" if found[2][0] == "m" else " km"
    if rule.unit == "speed":
        return " mph" if found[2] == "miles" else " km/h"
    money = re.search(r"\b(dollars|euros|pounds|cents)\b", found[0]) if rule.unit else None
    return f" {money[1]}" if money else ""
