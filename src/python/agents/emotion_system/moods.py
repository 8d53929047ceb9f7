"""Moods: slow averages of feelings, and where they are going. No storage may enter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.emotion import DayMood, Emotion, EmotionalState, MoodSample, Share, Valence
from common.straight_line import slope

SMOOTHING: Final = 0.3
MAX_SAMPLES: Final = 200
MAX_DAYS: Final = 366
TREND_SAMPLES: Final = 20
_CLEAR: Final = 0.15  # how strong a feeling must be in a mood to name it
_STEEPEST: Final = 2.0  # from one end of the scale to the other


class MoodRecord(BaseModel):
    """All that is kept of one user: the average, latest samples, and days."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    valence: Valence = 0.0
    shares: dict[Emotion, Share] = Field(default_factory=dict)
    count: int = 0
    samples: tuple[MoodSample, ...] = ()
    days: tuple[DayMood, ...] = ()

    @property
    def mood(self) -> Emotion:
        """Return the feeling that prevails."""
        best = max(self.shares, key=lambda each: (self.shares[each], each.value), default=None)
        is_clear = best is not None and self.shares[best] >= _CLEAR
        return best if best is not None and is_clear else Emotion.NEUTRAL


def with_feeling(record: MoodRecord, state: EmotionalState, at: float) -> MoodRecord:
    """Return the record after one more feeling; the first one is the mood at once."""
    weight = SMOOTHING if record.count else 1.0
    valence = record.valence + weight * (state.valence - record.valence)
    shares = {emotion: share * (1.0 - weight) for emotion, share in record.shares.items()}
    if state.emotion is not Emotion.NEUTRAL:
        shares[state.emotion] = shares.get(state.emotion, 0.0) + weight * state.intensity
    sample = MoodSample(at=at, emotion=state.emotion, valence=state.valence, mood=valence)
    return MoodRecord(
        valence=valence,
        shares={emotion: min(1.0, share) for emotion, share in shares.items() if share > 0.001},
        count=record.count + 1,
        samples=(*record.samples, sample)[-MAX_SAMPLES:],
        days=_with_sample(record.days, sample),
    )


def hourly_trend(samples: Sequence[MoodSample]) -> float:
    """Return the change of the mood an hour over the latest samples, at most the whole scale."""
    latest = samples[-TREND_SAMPLES:]
    return _bounded(slope([(sample.at / 3600.0, sample.mood) for sample in latest]))


def daily_trend(days: Sequence[DayMood]) -> float:
    """Return the change of the mood a day."""
    points = [(float(datetime.fromisoformat(day.day).toordinal()), day.valence) for day in days]
    return _bounded(slope(points))


def _bounded(trend: float) -> float:
    return max(-_STEEPEST, min(_STEEPEST, trend))


def _with_sample(days: tuple[DayMood, ...], sample: MoodSample) -> tuple[DayMood, ...]:
    name = datetime.fromtimestamp(sample.at, UTC).date().isoformat()
    found = {day.day: day for day in days}
    today = found.get(name, DayMood(day=name, valence=0.0, samples=0))
    count = today.samples + 1
    valence = today.valence + (sample.valence - today.valence) / count
    emotions = {**today.emotions, sample.emotion: today.emotions.get(sample.emotion, 0) + 1}
    found[name] = DayMood(
        day=name, valence=max(-1.0, min(1.0, valence)), samples=count, emotions=emotions
    )
    return tuple(found[day] for day in sorted(found))[-MAX_DAYS:]
