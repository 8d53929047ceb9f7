"""
Messages of the model orchestrator: tasks, their class, and what became of them.

Only values live here; the classifier and the routes belong to the agent.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.models import Engine
from common.messages import Event, Query, Reply, Request, Topic

TaskText = Annotated[str, Field(min_length=1, max_length=10_000, pattern=r"\S")]
TaskId = Annotated[str, Field(pattern=r"^task-[0-9]{12}$")]


class TaskClass(StrEnum):
    """Name what kind of work a task is."""

    CODE_GENERATION = "code_generation"
    TOOL_USE = "tool_use"
    REASONING = "reasoning"
    CHAT = "chat"


class ClassifyTaskRequest(Query):
    """Ask model_orchestrator `classify_task`."""

    task: TaskText


class TaskClassified(Reply):
    """Answer `classify_task`; parts are what a chain would run one after the other."""

    task_class: TaskClass
    confidence: float = Field(ge=0.0, le=1.0)
    scores: dict[str, float]
    parts: tuple[str, ...]


class RunTaskRequest(Request):
    """Ask model_orchestrator `run_task`; without task_class the task is classified."""

    task: TaskText
    task_class: TaskClass | None = None
    context: str = Field(default="", max_length=10_000)
    max_tokens: int = Field(default=512, ge=1, le=8_192)


class TaskStep(BaseModel):
    """Hold one part of a task: who answered it, and with which engine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: str
    task_class: TaskClass
    agent: str
    succeeded: bool
    output: str
    engine: Engine = Engine.EMBEDDED
    note: str = ""


class TaskOutcome(Reply):
    """Answer `run_task` and `get_task`; a task that fails is an answer, too."""

    task_id: str
    task: str
    task_class: TaskClass
    confidence: float = Field(ge=0.0, le=1.0)
    succeeded: bool
    output: str
    engine: Engine  # server only when every part was answered by one
    steps: tuple[TaskStep, ...]
    started_at: float
    finished_at: float


class GetTaskRequest(Query):
    """Ask model_orchestrator `get_task`."""

    task_id: TaskId


class ListTasksRequest(Query):
    """Ask model_orchestrator `list_tasks`, newest first."""

    limit: int = Field(default=20, ge=1, le=200)
    task_class: TaskClass | None = None


class TaskList(Reply):
    """Answer `list_tasks`."""

    tasks: tuple[TaskOutcome, ...]


class TaskFinished(Event):
    """Tell that a task has been run, and how it went."""

    task_id: str
    task_class: TaskClass
    succeeded: bool
    engine: Engine
    seconds: float
    at: float


TASKS_FINISHED: Final = Topic("model_orchestrator", "tasks_finished", TaskFinished)
