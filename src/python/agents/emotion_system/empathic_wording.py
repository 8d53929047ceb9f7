"""
How to say something to somebody who feels something: openers, closers, and the voice for it.

The text itself is never changed: what is said stays, only what surrounds it is chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from zlib import crc32

from common.contracts.emotion import Emotion, EmotionalState
from common.contracts.speech import VoiceSettings

FAINT: Final = 0.2  # less than this is not spoken of
STRONG: Final = 0.6


@dataclass(frozen=True)
class Manner:
    """Words around a text, faint or strong, and the voice at full intensity."""

    mild: tuple[str, ...]
    strong: tuple[str, ...]
    closers: tuple[str, ...]  # only after a strong feeling
    rate: float = 1.0
    pitch: float = 1.0
    volume: float = 1.0


MANNERS: Final[dict[Emotion, Manner]] = {
    Emotion.JOY: Manner(
        mild=("Good to hear!", "Nice!"),
        strong=("That is wonderful!", "I am happy for you!"),
        closers=(),
        rate=1.1,
        pitch=1.1,
    ),
    Emotion.SADNESS: Manner(
        mild=("I hear you.", "I am sorry that it is not easy."),
        strong=("I am so sorry.", "I am sorry that you have to go through this."),
        closers=("I am here if you want to talk.", "Take all the time you need."),
        rate=0.85,
        pitch=0.94,
        volume=0.8,
    ),
    Emotion.ANGER: Manner(
        mild=("I understand.", "I see that this is annoying."),
        strong=("I understand that you are upset.", "You have every reason to be annoyed."),
        closers=("Let us put it right.", "Tell me what I should do first."),
        rate=0.9,
        pitch=0.95,
        volume=0.85,
    ),
    Emotion.FEAR: Manner(
        mild=("No need to hurry.", "One step at a time."),
        strong=("I am with you.", "It is all right, we take it step by step."),
        closers=("You are not alone with this.", "Ask me whatever worries you."),
        rate=0.85,
        pitch=0.97,
        volume=0.85,
    ),
    Emotion.SURPRISE: Manner(
        mild=("Indeed!", "Who would have thought?"),
        strong=("That is quite a surprise!", "What a turn!"),
        closers=(),
        rate=1.05,
        pitch=1.08,
    ),
    Emotion.DISGUST: Manner(
        mild=("That does not sound pleasant.",),
        strong=("That sounds really unpleasant.", "How unpleasant for you."),
        closers=("I hope that it is over soon.",),
        rate=0.95,
        pitch=0.97,
    ),
    Emotion.TRUST: Manner(
        mild=("Gladly.", "With pleasure."),
        strong=("Thank you for your trust.", "You can rely on me."),
        closers=(),
        rate=0.98,
        pitch=1.02,
    ),
    Emotion.NEUTRAL: Manner(mild=(), strong=(), closers=()),
}


def worded(text: str, state: EmotionalState) -> str:
    """Return the text with the words around it that fit; the same ones for the same text."""
    opener, closer = _around(text, state)
    return " ".join(part for part in (opener, text, closer) if part)


def voice_for(state: EmotionalState) -> VoiceSettings:
    """Return how to speak to somebody who feels so: the more they feel, the more it shows."""
    manner, share = MANNERS[state.emotion], state.intensity
    return VoiceSettings(
        rate=1.0 + (manner.rate - 1.0) * share,
        pitch=1.0 + (manner.pitch - 1.0) * share,
        volume=1.0 + (manner.volume - 1.0) * share,
    )


def _around(text: str, state: EmotionalState) -> tuple[str, str]:
    manner = MANNERS[state.emotion]
    if state.intensity < FAINT or state.emotion is Emotion.NEUTRAL:
        return "", ""
    is_strong = state.intensity >= STRONG
    opener = _one_of(manner.strong if is_strong else manner.mild, text)
    return opener, _one_of(manner.closers, text) if is_strong else ""


def _one_of(choices: tuple[str, ...], text: str) -> str:
    # By the text, so that different answers begin differently and a repeated call does not.
    return choices[crc32(text.encode()) % len(choices)] if choices else ""
