"""
Messages about feelings: the user's state, tones, moods, and how to answer them.

Only values live here; lexicons and rules belong to the agents of the emotion system.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from common.attachments import Attachment
from common.contracts.speech import VoiceSettings
from common.messages import Event, Query, Reply, Request, Topic

Valence = Annotated[float, Field(ge=-1.0, le=1.0)]  # unpleasant .. pleasant
Share = Annotated[float, Field(ge=0.0, le=1.0)]
UserId = Annotated[str, Field(min_length=1, max_length=200)]
Said = Annotated[str, Field(max_length=10_000)]
ANYBODY: Final = "anonymous"


class Emotion(StrEnum):
    """Name a feeling."""

    NEUTRAL = "neutral"
    JOY = "joy"
    SADNESS = "sadness"
    ANGER = "anger"
    FEAR = "fear"
    SURPRISE = "surprise"
    DISGUST = "disgust"
    TRUST = "trust"


class EmotionalState(BaseModel):
    """What a user seems to feel; arousal is calm 0 .. excited 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    emotion: Emotion = Emotion.NEUTRAL
    valence: Valence = 0.0
    arousal: Share = 0.0
    intensity: Share = 0.0
    updated_at: float = 0.0


class UpdateEmotionRequest(Request):
    """Ask emotion_engine `update_emotional_state`: a text to read, or a feeling that was seen."""

    user_id: UserId = ANYBODY
    text: Said = ""
    emotion: Emotion | None = None
    intensity: Share = 0.5
    source: str = Field(default="", max_length=200)


class EmotionQuery(Query):
    """Ask about the state of one user."""

    user_id: UserId = ANYBODY


class EmotionalStateReply(Reply):
    """Answer with the state of one user."""

    user_id: str
    state: EmotionalState


class EmotionChanged(Event):
    """Tell the new state of a user, and what it was."""

    user_id: str
    state: EmotionalState
    before: EmotionalState
    source: str = ""


EMOTIONS: Final = Topic("emotion_engine", "emotions", EmotionChanged)


class ToneRequest(Query):
    """Ask tone_detector `get_tone`: words, sound (a WAV file), or both."""

    text: Said = ""
    audio: Attachment | None = None


class ToneReading(Reply):
    """Answer `get_tone`; sound adds pitch (Hz) and loudness (dB below full scale)."""

    tone: Emotion
    confidence: Share
    valence: Valence
    arousal: Share
    pitch_hz: float | None = None
    loudness_db: float | None = None


class MoodReply(Reply):
    """Answer mood_tracker_agent `get_current_mood`; trend is the change an hour."""

    user_id: str
    mood: Emotion
    valence: Valence
    trend: float = 0.0
    samples: int = 0


class EmpathyRequest(Query):
    """Ask empathy_agent `get_voice_settings` and `choose_wording` for a user."""

    user_id: UserId = ANYBODY
    text: Said = ""


class EmpathyReply(Reply):
    """Answer `get_voice_settings`: how to speak, and the feeling that it answers."""

    emotion: Emotion
    settings: VoiceSettings


class EmpathicWording(Reply):
    """Answer `choose_wording`: the text, worded for how the user feels."""

    text: str
    emotion: Emotion
    settings: VoiceSettings


class SynthesizeEmotionRequest(Query):
    """Ask emotion_synthesis_agent `synthesize_emotion`."""

    text: Said
    emotion: Emotion
    intensity: Share = 0.5


class SynthesizedEmotion(Reply):
    """Answer `synthesize_emotion`."""

    text: str
    emotion: Emotion
    changed: bool
