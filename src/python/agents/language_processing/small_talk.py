"""
The embedded conversationalist: retrieval from a small corpus, then reflection rules.

Pure and deterministic: the same text and history give the same reply. What is said is data in
dialogue_rules.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agents.language_processing.dialogue_rules import CORPUS, REFLECTIONS, RULES
from common.contracts.language import Turn
from common.text import similarity, tokens

CLOSE_ENOUGH = 0.75
MAX_QUOTED = 120
MATCHED_CHARACTERS = 1_000

_COMPILED = tuple(
    (rule, re.compile(pattern, re.IGNORECASE), replies) for rule, pattern, replies in RULES
)
_PROMPTS = tuple(
    (tokens(prompt), prompt, rule, replies)
    for rule, prompts, replies in CORPUS
    for prompt in prompts
)
_PERSONS = "|".join(map(re.escape, sorted(REFLECTIONS, key=len, reverse=True)))
_PERSON = re.compile(rf"(?<![\w'])(?:{_PERSONS})(?![\w'])", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class SmallTalk:
    """Hold a reply and the rule that it came from."""

    text: str
    rule: str


def reply_to(text: str, history: Sequence[Turn] = ()) -> SmallTalk:
    """Return a reply, if possible one that was not said lately."""
    said = " ".join(text[:MATCHED_CHARACTERS].replace("\u2019", "'").split())
    retrieved = _retrieve(said)
    if retrieved is not None:
        rule, replies = retrieved
        return SmallTalk(_fresh(replies, history), rule)
    # The last rule matches every text.
    rule, match, replies = next(
        (rule, match, replies)
        for rule, pattern, replies in _COMPILED
        if (match := pattern.search(said))
    )
    it = reflect(match.groupdict().get("it") or "")
    return SmallTalk(_fresh([reply.format(it) for reply in replies], history), rule)


def reflect(text: str) -> str:
    """Turn words to the other person: `my key` becomes `your key`."""
    words = " ".join(text.strip(" .!?,;").split())
    turned = _PERSON.sub(lambda match: REFLECTIONS[match[0].casefold()], words)
    return turned[:MAX_QUOTED].strip()


def _retrieve(said: str) -> tuple[str, tuple[str, ...]] | None:
    words = tokens(said)
    score, index = max(
        (_likeness(words, said, prompted, prompt), -number)
        for number, (prompted, prompt, _, _) in enumerate(_PROMPTS)
    )
    _, _, rule, replies = _PROMPTS[-index]
    return (rule, replies) if score >= CLOSE_ENOUGH else None


def _likeness(words: tuple[str, ...], said: str, prompted: tuple[str, ...], prompt: str) -> float:
    if words == prompted:
        return 1.0
    # Small talk is made of the very words that an index ignores, so both views count.
    kinds, wanted = set(words), set(prompted)
    overlap = 2 * len(kinds & wanted) / (len(kinds) + len(wanted))
    if overlap < 2 * CLOSE_ENOUGH - 1:
        return 0.0  # even the best similarity could not make up for it
    return min(0.99, max(overlap, (overlap + similarity(said, prompt)) / 2))


def _fresh(replies: Sequence[str], history: Sequence[Turn]) -> str:
    lately = [turn.text for turn in history if turn.role == "assistant"][-len(replies) :]
    unsaid = [reply for reply in replies if reply not in lately]
    if unsaid:
        return unsaid[0]
    return min(replies, key=lambda reply: len(lately) - 1 - lately[::-1].index(reply))
