"""What a voice tells of feelings, and how words and voice are weighed. No signal may enter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from common.contracts.emotion import Emotion, ToneReading
from common.sentiment import Sentiment

if TYPE_CHECKING:  # importing it needs numpy
    from agents.emotion_system.voice_tone import VoiceMeasures

EXCITED: Final = 0.6
CALM: Final = 0.3
_WORDS_WEIGHT: Final = 0.7
_VOICE_ALONE: Final = 0.55  # how sure a voice without words can make, at most

# Measure, what is usual, what is much more than usual, weight in arousal.
_USUAL_LOUDNESS: Final = (-26.0, 14.0, 0.35)
_USUAL_RANGE: Final = (2.0, 3.0, 0.3)
_USUAL_RATE: Final = (3.8, 2.5, 0.2)
_USUAL_PITCH: Final = (165.0, 110.0, 0.15)
_ROUGH: Final = 0.025


def voice_arousal(voice: VoiceMeasures) -> float:
    """Return how excited a voice sounds: loud, fast, high and lively is excited."""
    if voice.pitch_hz is None:
        return 0.2
    score = 0.45
    for value, (usual, spread, weight) in (
        (voice.loudness_db, _USUAL_LOUDNESS),
        (voice.pitch_range, _USUAL_RANGE),
        (voice.speech_rate, _USUAL_RATE),
        (voice.pitch_hz, _USUAL_PITCH),
    ):
        score += weight * max(-1.0, min(1.0, (value - usual) / spread))
    return max(0.0, min(1.0, score))


def voice_valence(voice: VoiceMeasures) -> float:
    """Return how pleasant a voice sounds: lively is, rough and flat are not; never very sure."""
    if voice.pitch_hz is None:
        return 0.0
    lively = max(-1.0, min(1.0, (voice.pitch_range - 2.0) / 3.0))
    rough = max(0.0, min(1.0, ((voice.jitter or 0.0) - _ROUGH) / _ROUGH))
    return max(-0.6, min(0.6, 0.4 * lively - 0.6 * rough))


def voice_feeling(arousal: float, valence: float) -> Emotion:
    """Return the feeling that a voice alone lets one guess."""
    if arousal >= EXCITED:
        return Emotion.ANGER if valence < 0 else Emotion.JOY
    if arousal <= CALM and valence < -0.1:
        return Emotion.SADNESS
    return Emotion.NEUTRAL


def tone_of(words: Sentiment | None, voice: VoiceMeasures | None) -> ToneReading:
    """Weigh words and voice; what words say of pleasure counts more, what a voice of excitement."""
    if voice is None:
        return _tone_of_words(words or Sentiment())
    arousal, valence = voice_arousal(voice), voice_valence(voice)
    tone = voice_feeling(arousal, valence)
    is_voice = voice.pitch_hz is not None
    confidence = _VOICE_ALONE * min(1.0, abs(arousal - 0.45) * 2) if is_voice else 0.1
    if words is not None:
        share = _WORDS_WEIGHT if words.emotion is not Emotion.NEUTRAL else 0.3
        valence = share * words.valence + (1 - share) * valence
        arousal = 0.4 * words.arousal + 0.6 * arousal if is_voice else words.arousal
        if words.emotion is not Emotion.NEUTRAL:
            tone = _coloured(words.emotion, arousal)
            confidence = max(confidence, 0.5 + 0.4 * words.intensity)
    return ToneReading(
        tone=tone,
        confidence=max(0.05, min(1.0, confidence)),
        valence=max(-1.0, min(1.0, valence)),
        arousal=arousal,
        pitch_hz=voice.pitch_hz,
        loudness_db=voice.loudness_db,
        speech_rate=voice.speech_rate,
        jitter=voice.jitter,
    )


def _tone_of_words(words: Sentiment) -> ToneReading:
    return ToneReading(
        tone=words.emotion,
        confidence=0.4 + 0.5 * words.intensity,
        valence=words.valence,
        arousal=words.arousal,
    )


def _coloured(emotion: Emotion, arousal: float) -> Emotion:
    # Sad words that are shouted are angry; angry words without any force are sad.
    if emotion is Emotion.SADNESS and arousal >= 0.7:
        return Emotion.ANGER
    if emotion is Emotion.ANGER and arousal <= 0.35:
        return Emotion.SADNESS
    return emotion
