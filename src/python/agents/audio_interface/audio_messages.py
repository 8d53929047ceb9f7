"""Messages of the agents of this group that nobody else needs, but anyone may ask."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from common.attachments import Attachment
from common.contracts.speech import DEFAULT_SESSION, Interrupted, SessionId
from common.messages import Item, Query, Reply, Request

WakeWord = Annotated[str, Field(min_length=2, max_length=60, pattern=r"^[A-Za-z' ]+$")]
Threshold = Annotated[float, Field(ge=1e-60, le=1.0)]


class SessionRequest(Query):
    """Ask about one session, or begin something for it."""

    session_id: SessionId = DEFAULT_SESSION


class CaptureStatus(Reply):
    """Answer audio_capture `get_status`."""

    source: str  # where sound comes from by itself: none, file, microphone
    detail: str = ""
    sessions: tuple[str, ...]
    waiting_seconds: float
    published_chunks: int


class Captured(Item):
    """Say where in the stream the sound of an item begins and ends, in seconds."""

    start: float
    end: float


class PreprocessorStatus(Reply):
    """Answer fused_audio_preprocessor `get_status`."""

    sessions: tuple[str, ...]
    chunks: int
    missed: int
    speech_starts: int


class RecognitionStatus(Reply):
    """Answer streaming_speech_recognition `get_status`."""

    sessions: tuple[str, ...]
    listening: tuple[str, ...]  # sessions in which somebody speaks now
    transcripts: int
    failures: int
    wake_word_required: bool


class WakeWordSettings(Request):
    """Ask wake_word_detector `set_wake_word`: a lower threshold hears it more often."""

    is_idempotent = True

    word: WakeWord
    threshold: Threshold = 1e-20


class WakeWordStatus(Reply):
    """Answer `set_wake_word` and `get_status`."""

    word: str
    threshold: float
    heard: int


class DetectRequest(Query):
    """Ask wake_word_detector `detect`: find the wake word in a WAV file."""

    audio: Attachment


class WakeWordHit(BaseModel):
    """One time that the wake word was heard."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    word: str
    at: float
    score: float


class Detected(Reply):
    """Answer `detect`."""

    hits: tuple[WakeWordHit, ...]


class Utterance(BaseModel):
    """One thing that is said or waits to be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    utterance_id: str
    text: str


class SpeakingStatus(Reply):
    """Answer streaming_tts_agent `get_status`."""

    session_id: str
    speaking: bool
    waiting: tuple[Utterance, ...]
    device: str


class InterruptRequest(Request):
    """Ask streaming_interrupt_handler `interrupt`: stop the assistant now."""

    session_id: SessionId = DEFAULT_SESSION
    reason: str = Field(default="asked", max_length=200)


class InterruptDone(Reply):
    """Answer `interrupt`: whether anything was being said."""

    was_speaking: bool


class InterruptHistoryRequest(Query):
    """Ask `get_interrupts`, newest first."""

    limit: int = Field(default=20, ge=1, le=100)


class InterruptHistory(Reply):
    """Answer `get_interrupts`."""

    interrupts: tuple[Interrupted, ...]
    speaking: tuple[str, ...]  # sessions in which the assistant speaks now
    echoes_ignored: int
