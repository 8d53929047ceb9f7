"""
Messages of ears and mouth: sound, marks in it, words, speech.

Only values live here; filters, recognisers and voices belong to their agents.
Sound is 16-bit little-endian mono PCM; whole recordings are WAV files.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field

from common.attachments import Attachment
from common.messages import Event, Item, Query, Reply, Request, Topic

SAMPLE_RATE: Final = 16_000
"""Samples a second that recognisers want."""

Rate = Annotated[int, Field(ge=8_000, le=384_000)]
SpokenText = Annotated[str, Field(min_length=1, max_length=10_000, pattern=r"\S")]
SessionId = Annotated[str, Field(min_length=1, max_length=200)]
DEFAULT_SESSION: Final = "default"


# ---- the audio stream


class AudioChunk(Event):
    """A piece of sound; `start` is the seconds since the stream began."""

    session_id: SessionId = DEFAULT_SESSION
    start: float = Field(ge=0.0)
    sample_rate: Rate = SAMPLE_RATE
    pcm: Attachment
    last: bool = False  # no more of this stream comes


class AudioItem(Item):
    """A piece of sound in a stream."""

    sample_rate: Rate = SAMPLE_RATE
    pcm: Attachment
    last: bool = False


class SpeechMark(StrEnum):
    """Name where in speech a moment is."""

    START = "speech_start"
    ONGOING = "speech_ongoing"
    END = "speech_end"


class SpeechMarked(Event):
    """Tell that speech starts, goes on or ends at `at` seconds of the stream."""

    session_id: SessionId = DEFAULT_SESSION
    mark: SpeechMark
    at: float = Field(ge=0.0)
    probability: float = Field(default=1.0, ge=0.0, le=1.0)


class WakeWordHeard(Event):
    """Tell that the wake word was heard."""

    session_id: SessionId = DEFAULT_SESSION
    word: str
    at: float = Field(ge=0.0)
    score: float


class TranscriptHeard(Event):
    """Tell what was understood; a partial one may still change."""

    session_id: SessionId = DEFAULT_SESSION
    text: str
    final: bool
    confidence: float = Field(default=1.0, ge=0.0, le=1.0)
    start: float = 0.0
    end: float = 0.0


class LanguageAnalyzed(Event):
    """Tell language and mood of a final transcript, with a translation where one was needed."""

    session_id: SessionId = DEFAULT_SESSION
    text: str
    language: str
    language_confidence: float = Field(ge=0.0, le=1.0)
    sentiment: float = Field(ge=-1.0, le=1.0)
    translation: str = ""


class Interrupted(Event):
    """Tell that the user speaks over the assistant, so that output stops."""

    session_id: SessionId = DEFAULT_SESSION
    reason: str = ""
    at: float


class SpeakingChanged(Event):
    """Tell that the assistant begins to speak, ends, or was stopped."""

    session_id: SessionId = DEFAULT_SESSION
    speaking: bool
    text: str = ""
    stopped: bool = False  # it was told to stop before the end


CAPTURED_AUDIO: Final = Topic("audio_capture", "audio", AudioChunk)
CLEAN_AUDIO: Final = Topic("fused_audio_preprocessor", "clean_audio", AudioChunk)
SPEECH_MARKS: Final = Topic("fused_audio_preprocessor", "speech_marks", SpeechMarked)
WAKE_WORDS: Final = Topic("wake_word_detector", "wake_words", WakeWordHeard)
TRANSCRIPTS: Final = Topic("streaming_speech_recognition", "transcripts", TranscriptHeard)
LANGUAGE_ANALYSES: Final = Topic(
    "streaming_language_analyzer", "language_analyses", LanguageAnalyzed
)
INTERRUPTS: Final = Topic("streaming_interrupt_handler", "interrupts", Interrupted)
SPEAKING: Final = Topic("streaming_tts_agent", "speaking", SpeakingChanged)
SPOKEN_AUDIO: Final = Topic("streaming_tts_agent", "spoken_audio", AudioChunk)


# ---- stt_service


class Word(BaseModel):
    """One recognised word and when it was said, in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    start: float
    end: float
    confidence: float = Field(ge=0.0, le=1.0)


class TranscribeRequest(Query):
    """Ask stt_service `transcribe`; audio is a WAV file."""

    audio: Attachment
    language: str = Field(default="en", pattern=r"^[a-z]{2}$")


class Transcript(Reply):
    """Answer `transcribe`."""

    text: str
    confidence: float = Field(default=1.0, ge=0.0, le=1.0)
    words: tuple[Word, ...] = ()
    seconds: float = 0.0  # of sound
    engine: str = ""


# ---- tts_service and streaming_tts_agent


class VoiceSettings(BaseModel):
    """How to speak: 1.0 is the voice's own rate, pitch and loudness."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    voice: str = Field(default="", max_length=40)  # empty: the default voice
    rate: float = Field(default=1.0, ge=0.5, le=2.0)
    pitch: float = Field(default=1.0, ge=0.5, le=2.0)
    volume: float = Field(default=1.0, ge=0.0, le=1.0)


class SpeakRequest(Query):
    """Ask tts_service `speak`: make sound of a text."""

    text: SpokenText
    settings: VoiceSettings | None = None
    language: str = Field(default="en", pattern=r"^[a-z]{2}$")


class Spoken(Reply):
    """Answer `speak` with a WAV file."""

    audio: Attachment
    seconds: float
    sample_rate: Rate
    engine: str = ""


class SayRequest(Request):
    """Ask streaming_tts_agent `speak`: say a text aloud, after what waits already."""

    text: SpokenText
    session_id: SessionId = DEFAULT_SESSION
    settings: VoiceSettings | None = None


class Saying(Reply):
    """Answer streaming_tts_agent `speak`: what waits before it, and its number."""

    utterance_id: str
    waiting: int


class StopSpeakingRequest(Request):
    """Ask streaming_tts_agent `stop_speaking`."""

    is_idempotent: ClassVar[bool] = True

    session_id: SessionId = DEFAULT_SESSION
    reason: str = Field(default="", max_length=500)


class SpeakingStopped(Reply):
    """Answer `stop_speaking`: how many utterances were dropped, the current one among them."""

    dropped: int


class TranscribeStreamRequest(Query):
    """Open stt_service `transcribe_stream`: sound in, what was understood so far out."""

    language: str = Field(default="en", pattern=r"^[a-z]{2}$")


class TranscriptItem(Item):
    """What was understood so far; the final one is the last."""

    text: str
    final: bool = False
    confidence: float = Field(default=1.0, ge=0.0, le=1.0)
    seconds: float = 0.0


# ---- audio_capture and fused_audio_preprocessor


class PushAudioRequest(Request):
    """Ask audio_capture `push_audio`: publish PCM as if a microphone had heard it."""

    pcm: Attachment
    sample_rate: Rate = SAMPLE_RATE
    session_id: SessionId = DEFAULT_SESSION
    last: bool = False


class PlayRecordingRequest(Request):
    """Ask audio_capture `play_recording`: publish a WAV file in real time."""

    audio: Attachment
    session_id: SessionId = DEFAULT_SESSION


class AudioTaken(Reply):
    """Answer both: where in the stream the sound begins and ends, in seconds."""

    start: float
    end: float


class CleanRequest(Query):
    """Ask fused_audio_preprocessor `clean`; audio is a WAV file."""

    audio: Attachment


class Span(BaseModel):
    """A piece of a recording, in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: float
    end: float


class Cleaned(Reply):
    """Answer `clean` with a WAV file at SAMPLE_RATE and where in it speech is."""

    audio: Attachment
    speech: tuple[Span, ...]
    seconds: float
