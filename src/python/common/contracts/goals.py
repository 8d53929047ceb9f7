"""
Messages of the goal manager: goals, their tasks and how far they are.

Only values live here; how a goal is split belongs to the agent.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from common.messages import Event, Query, Reply, Request, Topic

GoalText = Annotated[str, Field(min_length=1, max_length=4_000, pattern=r"\S")]
GoalId = Annotated[str, Field(pattern=r"^goal-[0-9a-z-]{1,60}$")]


class GoalStatus(StrEnum):
    """Name how far a goal is."""

    ACTIVE = "active"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class TaskStatus(StrEnum):
    """Name how far a task of a goal is."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class GoalTask(BaseModel):
    """Hold one task; `by` is `orchestrator` when it can be run, `person` when somebody must."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task_id: str
    description: str
    by: str = "orchestrator"
    status: TaskStatus = TaskStatus.PENDING
    result: str = ""
    engine: str = ""


class Goal(BaseModel):
    """Hold a goal and its tasks in order; progress is the share of tasks that are completed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    goal_id: str
    description: str
    user_id: str = "anonymous"
    priority: int = 5
    status: GoalStatus = GoalStatus.ACTIVE
    tasks: tuple[GoalTask, ...] = ()
    progress: float = Field(default=0.0, ge=0.0, le=1.0)
    split_by: str = "rules"  # or model
    remembered: bool = True  # memory has it too
    created_at: float = 0.0
    updated_at: float = 0.0
    deadline: float | None = None


class SetGoalRequest(Request):
    """Ask goal_manager `set_goal`; without tasks the description is split."""

    description: GoalText
    user_id: str = Field(default="anonymous", min_length=1, max_length=200)
    priority: int = Field(default=5, ge=1, le=10)  # 1 is first
    deadline: float | None = Field(default=None, ge=0.0, le=1e11)
    tasks: tuple[GoalText, ...] = Field(default=(), max_length=20)
    run: bool = True  # run what can be run without a person


class GoalReply(Reply):
    """Answer `set_goal`, `get_goal_status` and `update_goal_task`."""

    goal: Goal


class GoalStatusRequest(Query):
    """Ask goal_manager `get_goal_status`."""

    goal_id: GoalId


class UpdateGoalTaskRequest(Request):
    """Ask goal_manager `update_goal_task`: a person tells how a task went."""

    goal_id: GoalId
    task_id: str = Field(pattern=r"^[0-9]{1,3}$")
    status: TaskStatus
    result: str = Field(default="", max_length=4_000)

    @model_validator(mode="after")
    def check_status(self) -> Self:
        """Refuse `running`, which only the agent itself says."""
        if self.status is TaskStatus.RUNNING:
            raise ValueError("status must be pending, completed or failed")
        return self


class CancelGoalRequest(Request):
    """Ask goal_manager `cancel_goal`."""

    goal_id: GoalId


class ListGoalsRequest(Query):
    """Ask goal_manager `list_goals`: the most urgent first."""

    status: GoalStatus | None = None
    user_id: str | None = Field(default=None, min_length=1, max_length=200)
    limit: int = Field(default=50, ge=1, le=500)


class SearchGoalsRequest(Query):
    """Ask goal_manager `search_goals`."""

    query: GoalText
    limit: int = Field(default=10, ge=1, le=100)


class ScoredGoal(BaseModel):
    """Hold a goal and how well it matches; scores compare within one reply only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    goal: Goal
    score: float


class GoalList(Reply):
    """Answer `list_goals`; total counts those past the limit, too."""

    goals: tuple[Goal, ...]
    total: int


class GoalsFound(Reply):
    """Answer `search_goals`, best first."""

    goals: tuple[ScoredGoal, ...]


class GoalChanged(Event):
    """Tell that a goal was set or came further."""

    goal_id: str
    status: GoalStatus
    progress: float
    at: float


GOAL_CHANGES: Final = Topic("goal_manager", "goal_changes", GoalChanged)
