"""
Signs that something said is worth learning from, and what was meant when it was corrected.

Storage and messages to others may not enter.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final, NamedTuple

from common.contracts.coordination import InteractionHappened
from common.contracts.learning import Sign

MAX_TEXT: Final = 500
MOST_SESSIONS: Final = 1_000
CORRECTED_WITHIN: Final = 300.0  # seconds
UNSURE: Final = 0.6
SURE: Final = 0.75
NO_INTENTS: Final = ("", "unknown")

WEIGHTS: Final[dict[Sign, float]] = {
    Sign.FAILURE: 0.6,
    Sign.CORRECTION: 0.8,
    Sign.NOT_UNDERSTOOD: 0.5,
    Sign.DEGRADED: 0.2,
    Sign.BY_HAND: 0.9,
}
LEAST_SURE_WEIGHT: Final = 0.7

_LABEL = re.compile(r"[a-z][a-z0-9_]{0,59}")
_CORRECTION = re.compile(
    r"^\W*(?:(?:no+|nope|wrong|incorrect)\b[\s,.!:;-]*"
    r"(?:$|i (?:meant?|said|want|asked)|that(?:'s| is|s)|not |you |it |what i)"
    r"|(?:actually[\s,]+)?(?:what )?i (?:actually |really )?meant\b|that(?:'s| is) (?:not|wrong)\b"
    r"|(?:you|u) (?:misunderstood|got (?:it|that|me) wrong)|(?:that|it) was(?:n't| not)\b"
    r"|i (?:did not|didn't) (?:mean|ask|say)\b|not what i\b)",
    re.IGNORECASE,
)


class Judgement(NamedTuple):
    """Hold the text to learn, what is right for it if known, and why it is worth it."""

    text: str
    label: str | None
    score: float
    signs: tuple[Sign, ...]


class Conversations:
    """Remember what was last said in each session: a correction is about that."""

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[str, str], InteractionHappened] = OrderedDict()

    def before(self, said: InteractionHappened) -> InteractionHappened | None:
        """Return what was said just before in the session, and remember this instead."""
        key = said.user_id, said.session_id
        last = self._last.pop(key, None)
        self._last[key] = said
        if len(self._last) > MOST_SESSIONS:
            self._last.popitem(last=False)
        if last is None or said.at - last.at > CORRECTED_WITHIN:
            return None
        return last


def is_correction(text: str) -> bool:
    """Tell whether a text says that what was done before was not what was wanted."""
    return (
        _CORRECTION.match(text[:MAX_TEXT].replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
        is not None
    )


def score_of(signs: Sequence[Sign], confidence: float = 1.0) -> float:
    """Return how much signs are worth together, from 0 to 1; each one adds to it."""
    missed = 1.0
    for sign in signs:
        unsure = LEAST_SURE_WEIGHT * (1.0 - confidence / UNSURE)
        missed *= 1.0 - WEIGHTS.get(sign, max(0.0, unsure))
    return round(1.0 - missed, 6)


def label_of(said: InteractionHappened) -> str | None:
    """Return the intent of what was said, if it is one that can be learnt."""
    known = said.intent not in NO_INTENTS and _LABEL.fullmatch(said.intent)
    return said.intent if known else None


def judged(said: InteractionHappened, before: InteractionHappened | None) -> Judgement | None:
    """Return what can be learnt from something that was said; None from most of it."""
    if before is not None and is_correction(said.text) and before.text.strip():
        signs = (Sign.CORRECTION, *_own_signs(before))
        # What was meant is what the user said then, as far as that was understood.
        meant = label_of(said) if said.confidence >= UNSURE and not said.failed else None
        label = None if meant == before.intent else meant
        score = score_of(signs, before.confidence)
        return Judgement(before.text.strip()[:MAX_TEXT], label, score, signs)
    signs = _own_signs(said)
    if not signs or not said.text.strip():
        return None
    score = score_of(signs, said.confidence)
    return Judgement(said.text.strip()[:MAX_TEXT], None, score, signs)


def _own_signs(said: InteractionHappened) -> tuple[Sign, ...]:
    found = {
        Sign.FAILURE: said.failed,
        Sign.NOT_UNDERSTOOD: said.intent in NO_INTENTS,
        Sign.LOW_CONFIDENCE: said.confidence < UNSURE,
        Sign.DEGRADED: bool(said.degraded),
    }
    return tuple(sign for sign, is_there in found.items() if is_there)
