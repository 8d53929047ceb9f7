"""Messages that only stt_service answers. No value that another agent needs may enter."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from common.attachments import Attachment
from common.contracts.speech import Transcript
from common.messages import Query, Reply, Request

MAX_BATCH = 16
JobId = Annotated[str, Field(min_length=1, max_length=40)]


class BatchTranscribeRequest(Query):
    """Ask `batch_transcribe`: several WAV files at once."""

    audio: tuple[Attachment, ...] = Field(min_length=1, max_length=MAX_BATCH)
    language: str = Field(default="en", pattern=r"^[a-z]{2}$")


class BatchEntry(BaseModel):
    """What became of one recording: its transcript, or why there is none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    transcript: Transcript | None = None
    error: str = ""


class BatchTranscribed(Reply):
    """Answer `batch_transcribe`, in the order that was asked."""

    entries: tuple[BatchEntry, ...]


class QueueForBatchRequest(Request):
    """Ask `queue_for_batch`: a WAV file that is transcribed when there is time."""

    audio: Attachment
    language: str = Field(default="en", pattern=r"^[a-z]{2}$")


class Queued(Reply):
    """Answer `queue_for_batch`: the job's number and how many wait before it."""

    job_id: JobId
    waiting: int


class JobPhase(StrEnum):
    """Name how far a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class JobQuery(Query):
    """Ask `get_batch_result` about one job."""

    job_id: JobId


class JobPicture(Reply):
    """Answer `get_batch_result`."""

    job_id: JobId
    phase: JobPhase
    transcript: Transcript | None = None
    error: str = ""


class PerformanceMetrics(Reply):
    """Answer `performance_metrics`: what was done since the start."""

    recordings: int
    failures: int
    audio_seconds: float
    busy_seconds: float
    real_time_factor: float  # seconds of work for a second of sound
    open_streams: int
    waiting: int
    jobs_queued: int
    is_model_loaded: bool
