"""
Messages about voices: whose they are.

Only values live here; how voices are told apart belongs to the voice profiling agent.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from common.attachments import Attachment
from common.messages import Query, Reply, Request

SpeakerName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class EnrollSpeakerRequest(Request):
    """Ask voice_profiling_agent `enroll_speaker`: the voice in a WAV file is this person's."""

    speaker: SpeakerName
    audio: Attachment


class EnrolledSpeaker(BaseModel):
    """A known voice: how many recordings it was learned from, and how long they were."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    speaker: str
    recordings: int
    seconds: float


class SpeakerEnrolled(Reply):
    """Answer `enroll_speaker`."""

    enrolled: EnrolledSpeaker


class IdentifySpeakerRequest(Query):
    """Ask voice_profiling_agent `identify_speaker`: whose voice is in the WAV file."""

    audio: Attachment


class SpeakerScore(BaseModel):
    """How alike a voice is to a known one; 1 is the same."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    speaker: str
    score: float = Field(ge=0.0, le=1.0)


class SpeakerIdentified(Reply):
    """Answer `identify_speaker`; speaker is None when no known voice is like it."""

    speaker: str | None
    confidence: float = Field(ge=0.0, le=1.0)
    candidates: tuple[SpeakerScore, ...] = ()


class Speakers(Reply):
    """Answer `list_speakers`, sorted by name."""

    speakers: tuple[EnrolledSpeaker, ...]


class ForgetSpeakerRequest(Request):
    """Ask voice_profiling_agent `forget_speaker`."""

    is_idempotent: ClassVar[bool] = True

    speaker: SpeakerName


class SpeakerForgotten(Reply):
    """Answer `forget_speaker`: whether the voice was known."""

    forgotten: bool
