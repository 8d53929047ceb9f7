"""
Messages about background jobs and the tasks that become jobs when their time comes.

Only values live here; queues belong to async_processor, plans to task_scheduler.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, ClassVar, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from common.contracts.resources import Shares
from common.messages import Event, Query, Reply, Request, Topic

MAX_DATA: Final = 50_000
LOWEST: Final = 10

JobId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$", max_length=100)]
TaskId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$", max_length=90)]
Priority = Annotated[int, Field(ge=1, le=LOWEST)]  # 1 is first


def _bounded(data: dict[str, JsonValue]) -> dict[str, JsonValue]:
    size = len(json.dumps(data, allow_nan=False))  # ValueError: a number that JSON has not
    if size > MAX_DATA:
        raise ValueError(f"expected at most {MAX_DATA} characters of JSON, found {size}")
    return data


JobData = Annotated[dict[str, JsonValue], AfterValidator(_bounded)]


class JobType(StrEnum):
    """Name what a job does: write a metric down, work figures out, keep a memory."""

    LOGGING = "logging"  # data: as LogMetricRequest of contracts.performance
    ANALYSIS = "analysis"  # data: {"text": str} or {"numbers": [float, ...]}, or both
    MEMORY = "memory"  # data: as AddMemoryRequest of contracts.memory


class JobPhase(StrEnum):
    """Name how far a job is; failed ones are the dead letters."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more happens to the job."""
        return self in (JobPhase.DONE, JobPhase.FAILED, JobPhase.CANCELLED)


class SubmitJobRequest(Request):
    """Ask async_processor `submit_job`; the same job_id again gives the job that there is."""

    type: JobType
    data: JobData
    priority: Priority = 5
    shares: Shares = Shares(cpu=0.1, memory_mb=16.0)
    max_attempts: int = Field(default=3, ge=1, le=10)
    job_id: JobId | None = None


class Job(BaseModel):
    """Hold one job; result is of a job that is done, error of the attempt before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    job_id: str
    type: JobType
    data: dict[str, JsonValue]
    priority: Priority
    shares: Shares
    phase: JobPhase
    attempts: int = 0
    max_attempts: int = 3
    submitted_at: float
    not_before: float = 0.0
    started_at: float | None = None
    finished_at: float | None = None
    result: dict[str, JsonValue] = Field(default_factory=dict)
    error: str = ""
    waits_for: str = ""  # why it does not run yet


class JobQuery(Query):
    """Ask `get_job`."""

    job_id: JobId


class JobReply(Reply):
    """Answer with one job."""

    job: Job


class ListJobsRequest(Query):
    """Ask `list_jobs`: of one phase, or all."""

    phase: JobPhase | None = None
    limit: int = Field(default=50, ge=1, le=200)


class Jobs(Reply):
    """Answer `list_jobs`: those that wait in the order they will run, others newest first.

    Their data is left out: `get_job` gives it.
    """

    jobs: tuple[Job, ...]


class CancelJobRequest(Request):
    """Ask `cancel_job`: only what has not begun can be cancelled."""

    is_idempotent: ClassVar[bool] = True

    job_id: JobId


class JobStats(Reply):
    """Answer `get_stats`; counts are of the jobs that are remembered, refusals since the start."""

    queued: int
    running: int
    done: int
    failed: int
    cancelled: int
    retries: int
    refused_grants: int
    capacity: int


class JobChanged(Event):
    """Tell that a job went to another phase."""

    job_id: str
    type: JobType
    phase: JobPhase
    attempts: int
    error: str = ""
    at: float


JOB_CHANGES: Final = Topic("async_processor", "job_changes", JobChanged)


# ---- task_scheduler


class TaskPhase(StrEnum):
    """Name how far a task is: planned until its time and its dependencies have come."""

    PLANNED = "planned"
    HANDED_OVER = "handed_over"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more happens to the task."""
        return self in (TaskPhase.DONE, TaskPhase.FAILED, TaskPhase.CANCELLED)


class ScheduleTaskRequest(Request):
    """Ask task_scheduler `schedule_task`; it runs after all tasks named in `after` are done."""

    name: str = Field(default="", max_length=200)
    type: JobType
    data: JobData
    priority: Priority = 5
    delay_seconds: float = Field(default=0.0, ge=0.0, le=366 * 86_400.0, allow_inf_nan=False)
    due_at: float | None = Field(default=None, ge=0.0, le=1e11, allow_inf_nan=False)
    after: tuple[TaskId, ...] = Field(default=(), max_length=50)
    shares: Shares = Shares(cpu=0.1, memory_mb=16.0)
    max_attempts: int = Field(default=3, ge=1, le=10)
    task_id: TaskId | None = None


class Task(BaseModel):
    """Hold one task; a task whose dependency failed or was cancelled fails, too."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task_id: str
    name: str
    type: JobType
    data: dict[str, JsonValue]
    priority: Priority
    shares: Shares
    max_attempts: int
    due_at: float
    after: tuple[str, ...] = ()
    phase: TaskPhase
    job_id: str | None = None
    order: int = 0  # as given out; earlier first among equals
    scheduled_at: float
    handed_over_at: float | None = None
    finished_at: float | None = None
    result: dict[str, JsonValue] = Field(default_factory=dict)
    error: str = ""


class TaskQuery(Query):
    """Ask `get_task`."""

    task_id: TaskId


class TaskReply(Reply):
    """Answer with one task."""

    task: Task


class ListTasksRequest(Query):
    """Ask `list_tasks`: of one phase, or all, in the order they are handed over."""

    phase: TaskPhase | None = None
    limit: int = Field(default=50, ge=1, le=200)


class Tasks(Reply):
    """Answer `list_tasks`; their data is left out, `get_task` gives it."""

    tasks: tuple[Task, ...]


class CancelTaskRequest(Request):
    """Ask `cancel_task`: what has not begun; those that wait for it fail."""

    is_idempotent: ClassVar[bool] = True

    task_id: TaskId
