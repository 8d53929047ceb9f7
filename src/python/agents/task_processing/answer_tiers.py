"""
How deep a question is, and what can be said at once: rules as data, applied without any call.

Asking anybody may not enter.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from agents.task_processing.tiered_messages import Tier
from common.arithmetic import ArithmeticExpressionError, evaluate, show
from common.clock import Clock
from common.newest import Newest

LIMITS: Final = {Tier.INSTANT: 0.1, Tier.FAST: 1.0, Tier.DEEP: 5.0}
LOWER: Final = {Tier.DEEP: Tier.FAST, Tier.FAST: Tier.INSTANT}
MANY_WORDS: Final = 25
BUSY: Final = 8  # questions at once, from which on none is deep
CROWDED: Final = 32  # from which on all are instant
MOST_CACHED: Final = 500
CACHED_SECONDS: Final = 300.0

PATTERNS: Final = tuple(
    (re.compile(rf"^(?:{pattern})$"), answer)
    for pattern, answer in (
        (r"(hi|hello|hey|good (morning|afternoon|evening))( there)?", "Hello! How can I help?"),
        (r"(thanks|thank you)( very much| a lot)?", "You are welcome."),
        (r"(bye|goodbye|good night|see you)( later)?", "Goodbye!"),
        (r"how are you( today)?", "I am running well, thank you."),
        (r"(who|what) are you", "I am your assistant."),
        (r"(help|what can you do)", "Ask me a question, or tell me what to remember."),
        (r"(ok|okay|yes|no|sure)", "All right."),
    )
)
TIME: Final = re.compile(r"^(what time is it( now)?|what is the time)$")
DATE: Final = re.compile(r"^(what (day|date) is (it|today)( today)?|what is the date( today)?)$")
SUM: Final = re.compile(
    r"^(?:(?:what is|what's|calculate|compute) )?(?P<sum>[-+*/%(). \d]*\d[)]*)\W*$"
)
DEEP: Final = re.compile(
    r"\b(why|how (do|does|did|can|could|would|should|to)|explain|compare|describe|write|summarise"
    r"|summarize|design|analyse|analyze|discuss|difference between|pros and cons|plan)\b"
)


def plain(text: str) -> str:
    """Return a question in lower case, without punctuation around its words."""
    return " ".join(re.findall(r"[\w'-]+", text.lower()))


def depth_of(text: str) -> Tier:
    """Return the tier that suits a question."""
    said = plain(text)
    if at_once(said) or TIME.match(said) or DATE.match(said) or by_arithmetic(text):
        return Tier.INSTANT
    if DEEP.search(said) or len(said.split()) > MANY_WORDS:
        return Tier.DEEP
    return Tier.FAST


def under_load(tier: Tier, in_flight: int, *, is_exhausted: bool) -> Tier:
    """Return the deepest tier that the load leaves, at most the one that is wanted."""
    if in_flight >= CROWDED:
        return Tier.INSTANT
    if tier is Tier.DEEP and (in_flight >= BUSY or is_exhausted):
        return Tier.FAST
    return tier


def at_once(said: str) -> str | None:
    """Return what a pattern answers."""
    return next((answer for pattern, answer in PATTERNS if pattern.match(said)), None)


def by_clock(said: str, now: float) -> str | None:
    """Return the time or the date when that is asked for; in UTC, as agents know no other."""
    moment = datetime.fromtimestamp(now, UTC)
    if TIME.match(said):
        return f"It is {moment:%H:%M} UTC."
    if DATE.match(said):
        return f"It is {moment:%A}, {moment.day} {moment:%B %Y}."
    return None


def by_arithmetic(text: str) -> str | None:
    """Return the value of what is to be calculated."""
    found = SUM.match(text.strip().lower())
    if found is None or not re.search(r"\d\s*[-+*/%]", found["sum"]):
        return None
    try:
        return f"{found['sum'].strip()} = {show(evaluate(found['sum']))}"
    except ArithmeticExpressionError:
        return None


class AnswerCache:
    """Keep the newest answers for five minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: Newest[str, tuple[float, str]] = Newest(MOST_CACHED)

    def __len__(self) -> int:
        """Count the answers, also those that have grown old."""
        return len(self._kept)

    def get(self, said: str) -> str | None:
        """Return the answer to the same question."""
        found = self._kept.get(said)
        if found is None or found[0] <= self._clock.now():
            return None
        return found[1]

    def put(self, said: str, answer: str) -> None:
        """Keep an answer; the oldest goes when there are too many."""
        self._kept[said] = (self._clock.now() + CACHED_SECONDS, answer)

    def clear(self) -> None:
        """Forget every answer."""
        self._kept.clear()
