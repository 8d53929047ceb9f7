"""
Judgement of a command by the policy: the strictest rule that matches wins.

Pure; the rules are data in command_policy.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from agents.language_processing.command_policy import GUEST, RULES, UNKNOWN_COMMAND, PolicyRule
from common.contracts.language import Decision, Risk

_DECISIONS = (Decision.ALLOW, Decision.CONFIRM, Decision.DENY)
_RISKS = (Risk.LOW, Risk.MEDIUM, Risk.HIGH, Risk.CRITICAL)
_COMPILED = tuple((rule, tuple(re.compile(text) for text in rule.patterns)) for rule in RULES)

# Cyrillic and Greek letters that look like Latin ones, so that a disguise does not help.
_LOOK_ALIKES = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455\u0458\u0501\u04bb\u043c\u0442\u043a"
    "\u03bf\u03b1\u03c1\u03b5\u03b9\u03ba\u03bd\u03c4\u03c5",
    "aeopcyxisjdhmtkoapeikvtu",
)
_SHELL_QUOTING = re.compile(r"[\\'\"^]")
_SHELL_SPACE = re.compile(r"\$\{?ifs\}?|\+|%20", re.IGNORECASE)


@dataclass(frozen=True)
class Judgement:
    """Say what the policy decides about a command, and by which rules."""

    decision: Decision
    risk: Risk
    reasons: tuple[str, ...]
    rule_ids: tuple[str, ...]


def judge(command: str, *, is_guest: bool = False) -> Judgement:
    """Judge a command; a guest cannot confirm, so what needs confirmation is denied."""
    forms = readings(command)
    matched = [rule for rule, patterns in _COMPILED if _matches(rule, patterns, forms)]
    if not matched:
        matched = [UNKNOWN_COMMAND]
    strictest = max((rule.decision for rule in matched), key=_DECISIONS.index)
    deciding = [rule for rule in matched if rule.decision is strictest]
    if is_guest and strictest is Decision.CONFIRM:
        deciding, strictest = [GUEST, *deciding], Decision.DENY
    return Judgement(
        decision=strictest,
        risk=max((rule.risk for rule in deciding), key=_RISKS.index),
        reasons=tuple(rule.reason for rule in deciding),
        rule_ids=tuple(rule.rule_id for rule in deciding),
    )


def readings(command: str) -> tuple[str, ...]:
    """Return how the command may be read: as written, and as a shell would read it."""
    plain = _fold(command)
    unquoted = _fold(_SHELL_QUOTING.sub("", plain))
    spaced = _fold(_SHELL_SPACE.sub(" ", unquoted))
    return tuple(dict.fromkeys((plain, unquoted, spaced)))


def _fold(command: str) -> str:
    decomposed = unicodedata.normalize("NFKD", command).casefold()
    # Marks and invisible characters only serve to disguise.
    visible = "".join(
        " " if category in ("Cc", "Zs", "Zl", "Zp") else character
        for character in decomposed
        if (category := unicodedata.category(character)) not in ("Cf", "Mn")
    )
    return " ".join(visible.translate(_LOOK_ALIKES).split())


def _matches(
    rule: PolicyRule, patterns: tuple[re.Pattern[str], ...], forms: tuple[str, ...]
) -> bool:
    if rule.decision is Decision.ALLOW:
        return any(pattern.fullmatch(forms[0]) for pattern in patterns)
    return any(pattern.search(form) for pattern in patterns for form in forms)
