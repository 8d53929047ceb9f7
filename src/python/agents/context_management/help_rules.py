"""When somebody could use help: rules as data over the latest notes. No timer may enter."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from common.contracts.proactive import ContextKind, ContextNote
from common.sentiment import sentiment_of
from common.text import similarity

RECENT_SECONDS: Final = 900.0
Words = re.Pattern[str]

DEADLINE: Final = re.compile(
    r"\b(deadline|due (?:on|by|tomorrow|today|next)|appointment|hand (?:it )?in (?:by|on)|"
    r"until (?:tomorrow|tonight|monday|tuesday|wednesday|thursday|friday|saturday|sunday)|"
    r"don't let me forget|i must not forget|meeting (?:at|on|tomorrow))\b",
    re.IGNORECASE,
)
STUCK: Final = re.compile(
    r"\b(i(?:'m| am) stuck|i don't know how|i do not know how|i can't figure|i cannot figure|"
    r"i have no idea how|how on earth|i am lost|i'm lost|confused)\b",
    re.IGNORECASE,
)
NO_ANSWER: Final = re.compile(
    r"\b(i don't know|i do not know|no idea|not sure what you mean|could not find|"
    r"couldn't find|did not understand|didn't understand)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Offer:
    """Help that fits: which rule found it, and how sure it is."""

    reason: str
    text: str
    confidence: float


@dataclass(frozen=True)
class Rule:
    """One chance to help; after an offer it is silent for `pause` seconds for that user."""

    reason: str
    text: str
    pause: float
    applies: Callable[[Sequence[ContextNote]], float]  # how sure, 0 when it does not apply


def offers_for(notes: Sequence[ContextNote]) -> tuple[Offer, ...]:
    """Return what could be offered after the latest of these notes of one user, surest first."""
    if not notes:
        return ()
    latest = notes[-1].at
    recent = [note for note in notes if latest - note.at <= RECENT_SECONDS]
    found = [Offer(rule.reason, rule.text, rule.applies(recent)) for rule in RULES]
    return tuple(sorted((each for each in found if each.confidence > 0), key=_rank))


def pause_of(reason: str) -> float:
    """Return how long a rule is silent after an offer."""
    return next(rule.pause for rule in RULES if rule.reason == reason)


def _rank(offer: Offer) -> tuple[float, str]:
    return -offer.confidence, offer.reason


def _repeated_failures(notes: Sequence[ContextNote]) -> float:
    if not notes[-1].failed:
        return 0.0
    failures = sum(note.failed for note in notes)
    return min(0.95, 0.5 + 0.15 * failures) if failures >= 3 else 0.0


def _asked_again(notes: Sequence[ContextNote]) -> float:
    said = [note for note in notes if note.kind is ContextKind.SAID]
    if notes[-1].kind is not ContextKind.SAID or not said[-1].text.strip().endswith("?"):
        return 0.0
    alike = [similarity(note.text[:500], said[-1].text[:500]) for note in said[-6:-1]]
    return 0.7 if max(alike, default=0.0) >= 0.8 else 0.0


def _unanswered(notes: Sequence[ContextNote]) -> float:
    if len(notes) < 2 or notes[-1].kind is not ContextKind.ANSWERED:
        return 0.0
    asked = notes[-2].kind is ContextKind.SAID and "?" in notes[-2].text
    return 0.65 if asked and NO_ANSWER.search(notes[-1].text) else 0.0


def _low_mood(notes: Sequence[ContextNote]) -> float:
    said = [note for note in notes if note.kind is ContextKind.SAID][-3:]
    if len(said) < 3 or notes[-1].kind is not ContextKind.SAID:
        return 0.0
    valences = [sentiment_of(note.text).valence for note in said]
    return 0.6 if max(valences) < -0.3 else 0.0


def _says(words: Words, confidence: float) -> Callable[[Sequence[ContextNote]], float]:
    def applies(notes: Sequence[ContextNote]) -> float:
        is_said = notes[-1].kind is ContextKind.SAID
        return confidence if is_said and words.search(notes[-1].text) else 0.0

    return applies


RULES: Final = (
    Rule(
        "repeated_failures",
        "That has failed several times now. Shall I look for what goes wrong?",
        600.0,
        _repeated_failures,
    ),
    Rule("deadline", "You mentioned a date. Shall I remind you in time?", 300.0,
         _says(DEADLINE, 0.75)),
    Rule("stuck", "Shall I explain it step by step?", 300.0, _says(STUCK, 0.7)),
    Rule(
        "asked_again",
        "It seems that my answer did not help. Shall I try it another way?",
        300.0,
        _asked_again,
    ),
    Rule(
        "unanswered_question",
        "I could not answer that. Shall I look it up elsewhere?",
        300.0,
        _unanswered,
    ),
    Rule(
        "low_mood",
        "It sounds like a hard time. Would you like to talk about it, or have a break?",
        1_800.0,
        _low_mood,
    ),
)  # fmt: skip
