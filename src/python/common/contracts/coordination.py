"""
Messages of the front door: requests of people and the answers to them.

Only values live here; priorities, queues and flows belong to the request coordinator.
"""

from __future__ import annotations

import base64
import binascii
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from common.contracts.language import MAX_TEXT
from common.contracts.session import SessionId, UserId
from common.messages import Event, Query, Reply, Request, Topic

MAX_DATA = 8_000_000

Priority = Annotated[int, Field(ge=1, le=10)]
RequestId = Annotated[str, Field(min_length=1, max_length=100)]


class RequestType(StrEnum):
    """Name what a request carries."""

    TEXT = "text"
    AUDIO = "audio"
    VISION = "vision"
    BACKGROUND = "background"  # text that may wait until nothing else does


class UserKind(StrEnum):
    """Name who asks; it moves the priority."""

    OWNER = "owner"
    MEMBER = "member"
    GUEST = "guest"


class Urgency(StrEnum):
    """Name how soon the answer is needed; it moves the priority."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"


class RequestStatus(StrEnum):
    """Name how far a request is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class SubmitRequest(Request):
    """Ask request_coordinator `submit_request`; data is text, or base64 for audio and vision."""

    type: RequestType
    data: str = Field(min_length=1, max_length=MAX_DATA, pattern=r"\S")
    format: str = Field(default="", max_length=40)
    sample_rate: int | None = Field(default=None, ge=8_000, le=384_000)
    user_id: UserId = "anonymous"
    session_id: SessionId = "default"
    user_kind: UserKind = UserKind.MEMBER
    urgency: Urgency = Urgency.NORMAL
    confirmed: bool = False  # the user said yes to a risky command
    priority: Priority | None = None  # 1 is first; None: from type, user kind and urgency

    @model_validator(mode="after")
    def check_data(self) -> Self:
        """Refuse a text that is too long, and sound or an image that is not base64."""
        if self.type in (RequestType.TEXT, RequestType.BACKGROUND):
            if len(self.data) > MAX_TEXT:
                raise ValueError(f"data has {len(self.data)} characters, the limit is {MAX_TEXT}")
            return self
        try:
            base64.b64decode(self.data, validate=True)
        except binascii.Error as error:
            raise ValueError(f"data of {self.type} must be base64: {error}") from None
        return self


class RequestAccepted(Reply):
    """Answer `submit_request`: position counts from 1 among those that wait."""

    request_id: str
    status: Literal["queued"] = "queued"
    priority: Priority
    position: int


class GetResultRequest(Query):
    """Ask request_coordinator `get_result`; it waits up to wait_seconds for the end."""

    request_id: RequestId
    wait_seconds: float = Field(default=0.0, ge=0.0, le=60.0)


class RequestFailure(BaseModel):
    """Say why a request failed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    message: str


class RequestResult(Reply):
    """Answer `get_result`; metadata says the intent, the agents used and what was degraded."""

    request_id: str
    status: RequestStatus
    answer: str | None = None
    error: RequestFailure | None = None
    metadata: dict[str, JsonValue] = Field(default_factory=dict)
    submitted_at: float = 0.0
    finished_at: float | None = None


class QueuedRequest(BaseModel):
    """Hold one request that is not finished."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    request_id: str
    type: RequestType
    status: RequestStatus
    priority: Priority
    user_id: str
    session_id: str
    submitted_at: float


class QueuePicture(Reply):
    """Answer `get_queue`: waiting in the order they will run."""

    running: tuple[QueuedRequest, ...]
    waiting: tuple[QueuedRequest, ...]
    capacity: int
    breakers: dict[str, str]  # worker agent -> state of its circuit breaker


class CancelRequest(Request):
    """Ask request_coordinator `cancel_request`; only what still waits can be cancelled."""

    request_id: RequestId


# ---- events


class InteractionHappened(Event):
    """Tell that a request was answered: what was said, what was answered, how it went."""

    request_id: str
    user_id: str
    session_id: str
    text: str
    answer: str
    intent: str = ""
    confidence: float = Field(default=0.0, ge=0.0, le=1.0)
    degraded: tuple[str, ...] = ()  # agents that could not help
    failed: bool = False
    at: float


INTERACTIONS: Final = Topic("request_coordinator", "interactions", InteractionHappened)


# ---- worker agents of audio and vision requests


class TranscribeRequest(Query):
    """Ask stt_service `transcribe`."""

    audio_data: str = Field(min_length=1, max_length=MAX_DATA)
    format: str = ""
    sample_rate: int | None = None


class Transcript(Reply):
    """Answer `transcribe`."""

    text: str


class DescribeImageRequest(Query):
    """Ask vision_processing_agent `describe_image`."""

    image_data: str = Field(min_length=1, max_length=MAX_DATA)
    format: str = ""


class ImageDescription(Reply):
    """Answer `describe_image`."""

    description: str
