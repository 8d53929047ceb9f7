"""
What a text feels like: pleasant or not, calm or excited, and the feeling that prevails.

The lexicon of VADER says how pleasant a text is, `emotion_words` which feelings it names. State,
decay and moods may not enter: they belong to the agents of the emotion system.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from common.contracts.emotion import Emotion
from common.emotion_words import (
    AROUSAL,
    INTENSIFIERS,
    NEGATIONS,
    OPPOSITE,
    PHRASES,
    VALENCE,
    WORDS,
    Lines,
)
from common.text import stem, tokens

MAX_CHARACTERS: Final = 10_000
_MAX_SYMBOLS: Final = 50  # emojis beyond these do not make a feeling clearer
_LOOK_BACK: Final = 3  # words before a feeling that may negate or strengthen it
_POLAR: Final = 0.25  # how clear polarity must be to count as a feeling
_RIVAL: Final = 0.35  # polarity this clear overrules a weak feeling of the other sign
_EXCLAMATION: Final = re.compile("!")
_SHOUTED: Final = re.compile(r"\b[A-Z]{3,}\b")
_BUT: Final = frozenset(("but", "however", "although", "though"))


@dataclass(frozen=True)
class Sentiment:
    """A reading of one text; arousal is calm 0 .. excited 1, intensity how much is felt."""

    valence: float = 0.0
    arousal: float = AROUSAL[Emotion.NEUTRAL]
    emotion: Emotion = Emotion.NEUTRAL
    intensity: float = 0.0


def sentiment_of(text: str) -> Sentiment:
    """Read the feeling of a text; one without any is neutral."""
    text = text[:MAX_CHARACTERS].replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    words = tokens(text)
    if not words:
        return Sentiment(valence=round(polarity_of(text), 4)) if text.strip() else Sentiment()
    feelings = _feelings(words)
    polarity = polarity_of(text)
    emotion, strength = _prevailing(feelings, polarity)
    emphasis = _emphasis(text)
    if emotion is Emotion.NEUTRAL:
        return Sentiment(round(polarity, 4), _clamp(AROUSAL[emotion] + emphasis), emotion)
    intensity = _clamp(strength * (1.0 + emphasis))
    return Sentiment(
        valence=round(_valence(polarity, emotion, intensity), 4),
        arousal=round(_clamp(_arousal(emotion, intensity) + emphasis), 4),
        emotion=emotion,
        intensity=round(intensity, 4),
    )


def polarity_of(text: str) -> float:
    """Return how pleasant a text is by VADER's lexicon alone, -1 .. 1."""
    read = _with_few_symbols(text[:MAX_CHARACTERS])
    compound = _vader().polarity_scores(read)["compound"]
    return max(-1.0, min(1.0, float(compound)))


def _with_few_symbols(text: str) -> str:
    # VADER spells out each emoji, and takes time by the square of what comes of that.
    symbols = iter(range(_MAX_SYMBOLS))
    return "".join(
        each
        for each in text
        if each.isascii() or each.isalnum() or each.isspace() or next(symbols, None) is not None
    )


def _feelings(words: tuple[str, ...]) -> dict[Emotion, float]:
    found: dict[Emotion, float] = {}
    turn = max((at for at, word in enumerate(words) if word in _BUT), default=-1)
    for at, emotion, strength in _named(words):
        weight = strength * (0.5 if at < turn else 1.0)
        before = words[max(0, at - _LOOK_BACK) : at]
        for word in before:
            weight *= INTENSIFIERS.get(word, 1.0)
        if any(word in NEGATIONS for word in before):
            if emotion not in OPPOSITE:
                continue
            emotion, weight = OPPOSITE[emotion], weight * 0.7
        # More words of one feeling add up, but not without end.
        found[emotion] = 1.0 - (1.0 - found.get(emotion, 0.0)) * (1.0 - min(weight, 0.98))
    return found


def _named(words: tuple[str, ...]) -> Iterator[tuple[int, Emotion, float]]:
    singles, phrases = _lexicon()
    covered: set[int] = set()
    for at in range(len(words)):
        for length in (4, 3, 2):
            named = phrases.get(words[at : at + length])
            if named is not None and at not in covered:
                covered.update(range(at, at + length))
                yield (at, *named)
    for at, word in enumerate(words):
        named = singles.get(word) or singles.get(stem(word))
        if named is not None and at not in covered:
            yield (at, *named)


def _prevailing(feelings: dict[Emotion, float], polarity: float) -> tuple[Emotion, float]:
    if not feelings:
        if abs(polarity) < _POLAR:
            return Emotion.NEUTRAL, 0.0
        return (Emotion.JOY if polarity > 0 else Emotion.SADNESS), abs(polarity) * 0.8

    def support(emotion: Emotion) -> float:
        opposed = VALENCE[emotion] * polarity < 0 and abs(polarity) > _RIVAL
        return feelings[emotion] * (0.6 if opposed else 1.0)

    best = max(feelings, key=lambda emotion: (support(emotion), emotion.value))
    return best, feelings[best]


def _valence(polarity: float, emotion: Emotion, intensity: float) -> float:
    felt = VALENCE[emotion] * (0.4 + 0.6 * intensity)
    if emotion is Emotion.SURPRISE:
        return polarity if abs(polarity) > 0.05 else felt
    if felt * polarity >= 0:
        return max(felt, polarity, key=abs) * 0.5 + (felt + polarity) * 0.25
    # The two disagree, as over irony or idioms that VADER does not know: the feeling counts more.
    return 0.75 * felt + 0.25 * polarity


def _arousal(emotion: Emotion, intensity: float) -> float:
    calm = AROUSAL[Emotion.NEUTRAL]
    return calm + (AROUSAL[emotion] - calm) * (0.5 + 0.5 * intensity)


def _emphasis(text: str) -> float:
    marks = min(3, len(_EXCLAMATION.findall(text)))
    shouts = min(3, len(_SHOUTED.findall(text)))
    return 0.06 * marks + 0.08 * shouts


def _clamp(value: float) -> float:
    return max(0.0, min(1.0, value))


@cache
def _lexicon() -> (
    tuple[dict[str, tuple[Emotion, float]], dict[tuple[str, ...], tuple[Emotion, float]]]
):
    singles: dict[str, tuple[Emotion, float]] = {}
    for emotion, strength, entry in _entries(WORDS, " "):
        singles.setdefault(stem(entry), (emotion, strength))
    for emotion, strength, entry in _entries(WORDS, " "):
        singles[entry] = (emotion, strength)
    phrases = {
        tokens(entry): (emotion, strength) for emotion, strength, entry in _entries(PHRASES, "|")
    }
    return singles, phrases


def _entries(lines: dict[Emotion, Lines], separator: str) -> Iterator[tuple[Emotion, float, str]]:
    for emotion, graded in lines.items():
        for strength, text in graded:
            for entry in text.split(separator):
                yield emotion, strength, entry


@cache
def _vader() -> Any:
    from vaderSentiment.vaderSentiment import (
        SentimentIntensityAnalyzer,
    )

    return SentimentIntensityAnalyzer()
