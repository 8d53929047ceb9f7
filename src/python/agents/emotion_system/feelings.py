"""How a feeling fades and how a new one moves it. No storage and no wording may enter."""

from __future__ import annotations

from typing import Final

from common.contracts.emotion import Emotion, EmotionalState
from common.emotion_words import AROUSAL, VALENCE
from common.sentiment import Sentiment

HALF_LIFE: Final = 600.0
"""Seconds after which half of a feeling is left."""

FAINTEST: Final = 0.05
_NEUTRAL_PULL: Final = 0.15  # how far words without feeling move somebody towards calm
_LEAST_PULL: Final = 0.3
_RIVAL: Final = 0.6  # a new feeling wins when it is this share of the old one


def faded(state: EmotionalState, now: float) -> EmotionalState:
    """Return what is left of a state at a later time."""
    seconds = max(0.0, now - state.updated_at)
    return _kept(state, 0.5 ** (seconds / HALF_LIFE), now)


def moved(state: EmotionalState, felt: Sentiment, now: float) -> EmotionalState:
    """Return the state after a feeling was shown; `state` is of any time before."""
    before = faded(state, now)
    if felt.emotion is Emotion.NEUTRAL and abs(felt.valence) < FAINTEST:
        return _kept(before, 1.0 - _NEUTRAL_PULL, now)
    pull = _LEAST_PULL + (1.0 - _LEAST_PULL) * 0.8 * felt.intensity
    intensity = before.intensity + pull * (felt.intensity - before.intensity)
    is_same = felt.emotion in (before.emotion, Emotion.NEUTRAL)
    if felt.emotion is before.emotion:
        intensity = max(intensity, 1.0 - (1.0 - before.intensity) * (1.0 - 0.5 * felt.intensity))
    wins = not is_same and felt.intensity >= _RIVAL * before.intensity
    emotion = felt.emotion if wins else before.emotion
    return EmotionalState(
        emotion=emotion if intensity >= FAINTEST else Emotion.NEUTRAL,
        valence=_bounded(before.valence + pull * (felt.valence - before.valence), -1.0),
        arousal=_bounded(before.arousal + pull * (felt.arousal - before.arousal), 0.0),
        intensity=_bounded(intensity, 0.0),
        updated_at=now,
    )


def feeling_of(emotion: Emotion, intensity: float) -> Sentiment:
    """Return how somebody feels who was seen to feel this."""
    share = 0.4 + 0.6 * intensity
    is_neutral = emotion is Emotion.NEUTRAL
    return Sentiment(
        valence=VALENCE[emotion] * share,
        arousal=AROUSAL[emotion] * share,
        emotion=emotion,
        intensity=0.0 if is_neutral else intensity,
    )


def _kept(state: EmotionalState, share: float, now: float) -> EmotionalState:
    intensity = state.intensity * share
    return EmotionalState(
        emotion=state.emotion if intensity >= FAINTEST else Emotion.NEUTRAL,
        valence=state.valence * share,
        arousal=state.arousal * share,
        intensity=intensity,
        updated_at=now,
    )


def _bounded(value: float, least: float) -> float:
    return max(least, min(1.0, value))
