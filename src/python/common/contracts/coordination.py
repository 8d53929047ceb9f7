"""
Messages of the front door: requests of people and the answers to them.

Only values live here; priorities, queues and flows belong to the request coordinator.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from common.attachments import Attachment
from common.contracts.language import MAX_TEXT
from common.contracts.session import SessionId, UserId
from common.messages import Event, Query, Reply, Request, Topic

MAX_ATTACHMENT: Final = 10_000_000
"""Bytes of a sound or a picture: a minute of stereo, or what a camera makes."""

WAV: Final = "audio/wav"
PNG: Final = "image/png"
JPEG: Final = "image/jpeg"

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


def format_of(content: bytes) -> str:
    """Return the media type that the first bytes of a file tell, or nothing."""
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        return WAV
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    return JPEG if content.startswith(b"\xff\xd8\xff") else ""


FORMATS: Final[dict[RequestType, tuple[str, ...]]] = {
    RequestType.TEXT: (),
    RequestType.BACKGROUND: (),
    RequestType.AUDIO: (WAV,),
    RequestType.VISION: (PNG, JPEG),
}
"""What may be attached to a request of each type; text needs nothing attached."""


class Submission(Request):
    """
    What somebody asks, but for the file that belongs to it.

    Data is the text; of a vision request it is a question about the picture, or empty, and of an
    audio request it is empty. Speak wants the answer as sound, too.
    """

    type: RequestType
    data: str = Field(default="", max_length=MAX_TEXT)
    speak: bool = False
    user_id: UserId = "anonymous"
    session_id: SessionId = "default"
    user_kind: UserKind = UserKind.MEMBER
    urgency: Urgency = Urgency.NORMAL
    confirmed: bool = False  # the user said yes to a risky command
    priority: Priority | None = None  # 1 is first; None: from type, user kind and urgency


class SubmitRequest(Submission):
    """Ask request_coordinator `submit_request`; a WAV, PNG or JPEG file is attached."""

    attachment: Attachment | None = None

    @model_validator(mode="after")
    def check_content(self) -> Self:
        """Refuse a text that says nothing, and a file that is missing or of another kind."""
        wanted = FORMATS[self.type]
        if not wanted and not self.data.strip():
            raise ValueError(f"expected a text in data of {self.type.value}, found none")
        if self.type is RequestType.AUDIO and self.data:
            raise ValueError("expected no data of audio, as the sound is the text; found some")
        check_attachment(self.attachment, wanted)
        return self


def check_attachment(content: bytes | None, wanted: tuple[str, ...]) -> None:
    """Raise ValueError when a file is not of one of these formats, or too large."""
    expected = " or ".join(wanted) or "nothing"
    if content is None:
        if wanted:
            raise ValueError(f"expected {expected} as attachment, found nothing")
        return
    if len(content) > MAX_ATTACHMENT:
        raise ValueError(f"attachment has {len(content)} bytes, the limit is {MAX_ATTACHMENT}")
    if format_of(content) not in wanted:
        found = format_of(content) or "bytes of another kind"
        raise ValueError(f"expected {expected} as attachment, found {found}")


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
    """
    Answer `get_result`; metadata says the intent, the agents used and what was degraded.

    Audio is the answer as a WAV file, when it was wanted and there is a voice.
    """

    request_id: str
    status: RequestStatus
    answer: str | None = None
    audio: Attachment | None = None
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
