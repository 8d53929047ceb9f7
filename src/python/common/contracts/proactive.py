"""
Messages about what the assistant does unasked: reminders, tasks, offers of help.

Only values live here; timers and rules belong to their agents.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from common.messages import Event, Query, Reply, Request, Topic

ReminderText = Annotated[str, Field(min_length=1, max_length=2_000, pattern=r"\S")]
UserId = Annotated[str, Field(min_length=1, max_length=200)]


class TaskKind(StrEnum):
    """Name what falls due."""

    REMINDER = "reminder"
    TASK = "task"


class AddReminderRequest(Request):
    """Ask proactive_agent `add_reminder`: in some seconds, or at a unix time; not both."""

    text: ReminderText
    in_seconds: float | None = Field(default=None, ge=0.0, le=31_622_400.0)
    at: float | None = Field(default=None, ge=0.0)
    user_id: UserId = "anonymous"
    session_id: UserId = "default"

    @model_validator(mode="after")
    def check_one_time(self) -> Self:
        """Refuse two times and none."""
        if (self.in_seconds is None) == (self.at is None):
            raise ValueError("give either in_seconds or at")
        return self


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


class FellDue(Event):
    """Tell that the assistant begins to talk: a reminder fell due."""

    task: PlannedTask
    text: str  # what to say
    at: float


class HelpOffered(Event):
    """Tell that the context calls for help that nobody asked for."""

    user_id: str
    text: str  # what to say
    reason: str
    confidence: float = Field(ge=0.0, le=1.0)
    at: float


DUE_TASKS: Final = Topic("proactive_agent", "due_tasks", FellDue)
OFFERS: Final = Topic("proactive_context_monitor", "offers", HelpOffered)
