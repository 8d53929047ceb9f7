"""Which tone answers which feeling, as data, and which of several tones wins. No wording."""

from __future__ import annotations

from typing import Final

from common.contracts.emotion import Emotion, EmotionalState
from common.contracts.language import Mood

FELT: Final = 0.25
"""How strong a feeling must be before the tone follows it."""

TONES: Final[dict[Emotion, Mood]] = {
    Emotion.JOY: Mood.CHEERFUL,
    Emotion.SADNESS: Mood.GENTLE,
    Emotion.FEAR: Mood.GENTLE,
    Emotion.ANGER: Mood.GENTLE,
    Emotion.DISGUST: Mood.GENTLE,
}


def tone_for(state: EmotionalState) -> Mood:
    """Return the tone that answers a feeling; neutral when there is little of it."""
    return TONES.get(state.emotion, Mood.NEUTRAL) if state.intensity >= FELT else Mood.NEUTRAL


def chosen(own: Mood, session: Mood | None, user: Mood | None) -> Mood:
    """Return the tone of an answer: an apology stays one, and nobody who is sad is cheered at."""
    around = session or user or Mood.NEUTRAL
    if own is Mood.NEUTRAL:
        return around
    return Mood.GENTLE if own is Mood.CHEERFUL and around is Mood.GENTLE else own
