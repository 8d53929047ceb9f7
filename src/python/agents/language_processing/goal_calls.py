"""
What the goal manager asks of others: tasks from a model, their execution, a place in memory.

Each call degrades: without the peer the goal is kept and says what is missing.
"""

from __future__ import annotations

from typing import Final

from pydantic import JsonValue

from agents.language_processing.goal_plans import read_tasks
from common.contracts.goals import Goal, GoalTask, TaskStatus
from common.contracts.memory import (
    AddMemoryRequest,
    MemoryAdded,
    MemoryFound,
    Tier,
    UpdateMemoryRequest,
)
from common.contracts.models import Engine
from common.contracts.orchestration import RunTaskRequest, TaskClass, TaskOutcome
from common.messages import ActionError, ErrorCode
from common.peers import Peers

TASK_SECONDS: Final = 120.0
MEMORY_SECONDS: Final = 5.0
MAX_RESULT: Final = 2_000
MAX_CONTEXT: Final = 10_000


async def tasks_from_model(peers: Peers, description: str) -> tuple[tuple[str, ...], str]:
    """Return the tasks that a model splits a goal into, or the goal as its one task."""
    prompt = f"Split this goal into three to six short tasks, one on each line: {description}"
    wanted = RunTaskRequest(task=prompt, task_class=TaskClass.CHAT)
    try:
        found = await peers.call(
            "model_orchestrator", "run_task", wanted, TaskOutcome, timeout=TASK_SECONDS
        )
    except ActionError:
        return (description,), "rules"
    tasks = read_tasks(found.output)
    # The embedded engine only talks: what it says is no plan.
    is_plan = found.succeeded and found.engine is Engine.SERVER and len(tasks) > 1
    return (tasks, "model") if is_plan else ((description,), "rules")


async def run_task(peers: Peers, goal: Goal, task: GoalTask) -> GoalTask:
    """Return the task as it ended."""
    results = (each.result for each in goal.tasks if each.result)
    context = "\n".join((f"Goal: {goal.description}", *results))[:MAX_CONTEXT]
    wanted = RunTaskRequest(task=task.description, context=context)
    try:
        found = await peers.call(
            "model_orchestrator", "run_task", wanted, TaskOutcome, timeout=TASK_SECONDS
        )
    except ActionError as error:
        failed = {"status": TaskStatus.FAILED, "result": str(error)[:MAX_RESULT]}
        return task.model_copy(update=failed)
    status = TaskStatus.COMPLETED if found.succeeded else TaskStatus.FAILED
    notes = "; ".join(step.note for step in found.steps if step.note)
    ended = {
        "status": status,
        "result": (found.output or notes)[:MAX_RESULT],
        "engine": found.engine.value,
    }
    return task.model_copy(update=ended)


async def remember(peers: Peers, goal: Goal) -> bool:
    """Write into memory how far a goal is; tell whether that worked."""
    done = sum(task.status is TaskStatus.COMPLETED for task in goal.tasks)
    content = f"Goal: {goal.description} ({goal.status.value}, {done} of {len(goal.tasks)} tasks)"
    metadata: dict[str, JsonValue] = {
        "goal_id": goal.goal_id,
        "status": goal.status.value,
        "progress": goal.progress,
    }
    update = UpdateMemoryRequest(memory_id=goal.goal_id, content=content, metadata=metadata)
    try:
        await peers.call(
            "memory_client", "update_memory", update, MemoryFound, timeout=MEMORY_SECONDS
        )
        return True
    except ActionError as error:
        if error.code is not ErrorCode.NOT_FOUND:
            return False
    new = AddMemoryRequest(
        memory_id=goal.goal_id, content=content, memory_type="goal", tier=Tier.LONG,
        importance=0.8, metadata=metadata,
    )  # fmt: skip
    try:
        await peers.call("memory_client", "add_memory", new, MemoryAdded, timeout=MEMORY_SECONDS)
    except ActionError:
        return False
    return True
