"""
Messages that confirm to the user what the system did.

Only values live here; how they are worded is the business of the feedback handler.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.speech import DEFAULT_SESSION, SessionId
from common.messages import Event, Query, Reply, Request, Topic


class FeedbackKind(StrEnum):
    """Name how it went."""

    SUCCESS = "success"
    FAILURE = "failure"
    REFUSED = "refused"
    WARNING = "warning"
    INFO = "info"


FeedbackText = Annotated[str, Field(min_length=1, max_length=2_000, pattern=r"\S")]
Line = Annotated[str, Field(max_length=2_000)]


class SendFeedbackRequest(Request):
    """Ask feedback_handler `send_feedback`: show a confirmation, and say it if wanted."""

    kind: FeedbackKind = FeedbackKind.INFO
    message: FeedbackText
    command: Line = ""
    session_id: SessionId = DEFAULT_SESSION
    user_id: str = Field(default="anonymous", min_length=1, max_length=200)
    visual: bool = True
    spoken: bool = True
    duration_seconds: float = Field(default=4.0, ge=0.5, le=60.0)


class FeedbackSent(Reply):
    """Answer `send_feedback`; note says why it was not spoken, when it should have been."""

    feedback_id: str
    shown: bool
    spoken: bool
    note: str = ""


class FeedbackGiven(Event):
    """Show this to the user: a coloured line with an icon, for some seconds."""

    feedback_id: str
    kind: FeedbackKind
    message: str
    command: str = ""
    session_id: SessionId = DEFAULT_SESSION
    user_id: str = "anonymous"
    icon: str = ""
    colour: str = ""
    duration_seconds: float = 4.0
    at: float


class FeedbackRecord(BaseModel):
    """One confirmation of the past."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    feedback_id: str
    kind: FeedbackKind
    message: str
    command: str = ""
    spoken: bool
    at: float


class FeedbackHistoryRequest(Query):
    """Ask feedback_handler `get_feedback_history`, newest first."""

    limit: int = Field(default=20, ge=1, le=200)


class FeedbackHistory(Reply):
    """Answer `get_feedback_history`."""

    records: tuple[FeedbackRecord, ...]


class FeedbackPreferences(Request):
    """Ask feedback_handler `set_feedback_preferences`: what to do with what agents report."""

    visual: bool = True
    spoken: bool = True
    spoken_kinds: tuple[FeedbackKind, ...] = Field(
        default=(FeedbackKind.SUCCESS, FeedbackKind.FAILURE, FeedbackKind.REFUSED), max_length=5
    )


class FeedbackPreferencesReply(Reply):
    """Answer with the preferences that hold now."""

    visual: bool
    spoken: bool
    spoken_kinds: tuple[FeedbackKind, ...]


FEEDBACK: Final = Topic("feedback_handler", "feedback", FeedbackGiven)
