"""
Messages about feelings: the user's state, tones, moods, and how to answer them.

Only values live here; lexicons and rules belong to the agents of the emotion system.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Literal

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
    speech_rate: float | None = None  # syllables a second
    jitter: float | None = None  # change of pitch from one moment to the next, as a share


class MoodReply(Reply):
    """Answer mood_tracker_agent `get_current_mood`; trend is the change an hour."""

    user_id: str
    mood: Emotion
    valence: Valence
    trend: float = 0.0
    samples: int = 0


class MoodHistoryRequest(Query):
    """Ask mood_tracker_agent `get_mood_history`: the latest samples of one user."""

    user_id: UserId = ANYBODY
    since: float = Field(default=0.0, ge=0.0, allow_inf_nan=False)
    limit: int = Field(default=50, ge=1, le=200)


class MoodSample(BaseModel):
    """One moment of a mood: what was felt, and the mood that it led to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: float
    emotion: Emotion
    valence: Valence
    mood: Valence


class MoodHistory(Reply):
    """Answer `get_mood_history`, oldest first."""

    user_id: str
    samples: tuple[MoodSample, ...] = ()


class LongTermMoodRequest(Query):
    """Ask mood_tracker_agent `get_long_term_mood` over the latest days."""

    user_id: UserId = ANYBODY
    days: int = Field(default=30, ge=1, le=366)


class DayMood(BaseModel):
    """The mood of one day (UTC): mean valence and what was felt most."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    day: str
    valence: Valence
    samples: int
    emotions: dict[Emotion, int] = Field(default_factory=dict)


class LongTermMood(Reply):
    """Answer `get_long_term_mood`: days oldest first; trend is the change a day."""

    user_id: str
    valence: Valence = 0.0
    trend: float = 0.0
    days: tuple[DayMood, ...] = ()


class SignKind(StrEnum):
    """Name what shows that somebody is there."""

    FACE = "face"
    SPEECH = "speech"
    INTERACTION = "interaction"
    MOTION = "motion"
    INPUT = "input"


class NoteSignRequest(Request):
    """Tell human_awareness_agent `note_sign`: something showed that somebody is there."""

    kind: SignKind
    person: str = Field(default="", max_length=200)
    confidence: Share = 1.0


class PersonSeen(BaseModel):
    """A person by name, and how long ago there was a sign of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: str
    seconds_ago: float


class Presence(Reply):
    """Answer `get_presence` and `note_sign`; idle_seconds is None before the first sign."""

    present: bool
    probability: Share
    idle_seconds: float | None = None
    people: tuple[PersonSeen, ...] = ()
    signs: dict[SignKind, float] = Field(default_factory=dict)  # seconds since each kind


class PresenceChanged(Event):
    """Tell that somebody came, or that nobody seems to be there any more."""

    present: bool
    probability: Share
    person: str = ""
    at: float


PRESENCE: Final = Topic("human_awareness_agent", "presence", PresenceChanged)


class HumanEmotion(Reply):
    """Answer human_awareness_agent `get_emotion`; known is False when nobody could say."""

    user_id: str
    state: EmotionalState
    known: bool
    presence: Share


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


class EmpathicSpeechRequest(Request):
    """Ask empathy_agent `speak_with_empathy`: word a text and have it spoken."""

    user_id: UserId = ANYBODY
    text: str = Field(min_length=1, max_length=9_000, pattern=r"\S")
    session_id: str = Field(default="default", min_length=1, max_length=200)


class EmpathicSpeech(Reply):
    """Answer `speak_with_empathy`; spoken is False when nobody could speak it."""

    text: str
    emotion: Emotion
    spoken: bool


class EmpathyHealth(Reply):
    """Answer empathy_agent `get_health`; without its engine it goes by what it heard last."""

    status: Literal["ok", "degraded"]
    engine_answers: bool
    users_known: int
    texts_worded: int


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
