"""
Messages about what the assistant does unasked: reminders, tasks, offers of help.

Only values live here; timers and rules belong to their agents.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from common.messages import Event, Query, Reply, Request, Topic

ReminderText = Annotated[str, Field(min_length=1, max_length=2_000, pattern=r"\S")]
UserId = Annotated[str, Field(min_length=1, max_length=200)]
LATEST: Final = 32_503_680_000.0  # the year 3000


class TaskKind(StrEnum):
    """Name what falls due."""

    REMINDER = "reminder"
    TASK = "task"


class ContextKind(StrEnum):
    """Name what the monitor is told: words of the user, of the assistant, or an event."""

    SAID = "said"
    ANSWERED = "answered"
    EVENT = "event"


class AddReminderRequest(Request):
    """Ask proactive_agent `add_reminder`: in some seconds, or at a unix time; not both."""

    text: ReminderText
    in_seconds: float | None = Field(default=None, ge=0.0, le=31_622_400.0)
    at: float | None = Field(default=None, ge=0.0, le=LATEST)
    every_seconds: float | None = Field(default=None, ge=1.0, le=31_622_400.0)
    user_id: UserId = "anonymous"
    session_id: UserId = "default"

    @model_validator(mode="after")
    def check_one_time(self) -> Self:
        """Refuse two times and none."""
        if (self.in_seconds is None) == (self.at is None):
            raise ValueError("give either in_seconds or at")
        return self


class AddTaskRequest(AddReminderRequest):
    """Ask proactive_agent `add_task`: what the user has to do, told when it falls due."""


class PlannedTask(BaseModel):
    """One reminder or task; every_seconds repeats it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task_id: str
    kind: TaskKind
    text: str
    due_at: float
    user_id: str
    session_id: str
    every_seconds: float | None = None
    done: bool = False


class TaskAdded(Reply):
    """Answer `add_reminder` and `add_task`."""

    task: PlannedTask


class GetTasksRequest(Query):
    """Ask proactive_agent `get_tasks`; done ones too when wanted."""

    user_id: UserId | None = None
    include_done: bool = False


class Tasks(Reply):
    """Answer `get_tasks`, the first due first."""

    tasks: tuple[PlannedTask, ...]


class CancelTaskRequest(Request):
    """Ask proactive_agent `cancel_task`; only what is not done can be cancelled."""

    task_id: str = Field(min_length=1, max_length=100)


class TaskCancelled(Reply):
    """Answer `cancel_task` with what will not happen."""

    task: PlannedTask


class FellDue(Event):
    """Tell that the assistant begins to talk: a reminder fell due.

    Told once, but again after a crash at the very moment of telling: then `repeated` says so.
    """

    task: PlannedTask
    text: str  # what to say
    at: float
    late_seconds: float = 0.0  # how long nobody was there to tell it
    skipped: int = 0  # repetitions in that time that are not told one by one
    repeated: bool = False


class AddContextRequest(Request):
    """Tell proactive_context_monitor `add_context`: something was said or happened."""

    text: str = Field(min_length=1, max_length=10_000, pattern=r"\S")
    user_id: UserId = "anonymous"
    kind: ContextKind = ContextKind.SAID
    failed: bool = False


class ContextNote(BaseModel):
    """One thing that the monitor saw."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    user_id: str
    kind: ContextKind
    failed: bool
    at: float


class ContextTaken(Reply):
    """Answer `add_context`: the reasons of the offers that it led to."""

    offers: tuple[str, ...]


class ContextHistoryRequest(Query):
    """Ask proactive_context_monitor `get_context_history`, of one user or of all."""

    user_id: UserId | None = None
    limit: int = Field(default=50, ge=1, le=200)


class ContextHistory(Reply):
    """Answer `get_context_history`, oldest first."""

    notes: tuple[ContextNote, ...]


class ClearContextHistoryRequest(Request):
    """Ask proactive_context_monitor `clear_context_history`, of one user or of all."""

    is_idempotent: ClassVar[bool] = True

    user_id: UserId | None = None


class ContextHistoryCleared(Reply):
    """Answer `clear_context_history`."""

    notes: int


class HelpOffered(Event):
    """Tell that the context calls for help that nobody asked for."""

    user_id: str
    text: str  # what to say
    reason: str
    confidence: float = Field(ge=0.0, le=1.0)
    at: float


DUE_TASKS: Final = Topic("proactive_agent", "due_tasks", FellDue)
OFFERS: Final = Topic("proactive_context_monitor", "offers", HelpOffered)
