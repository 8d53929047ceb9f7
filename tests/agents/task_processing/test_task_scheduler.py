"""Tests of TaskScheduler: time, order and dependencies."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.task_processing.async_processor import AsyncProcessor
from agents.task_processing.task_plan import hopeless, ready
from agents.task_processing.task_scheduler import PULSE_SECONDS, TaskScheduler
from common.contracts.jobs import JOB_CHANGES, JobPhase, JobType, Task, TaskPhase
from common.contracts.resources import Grant, Released, Shares
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness, MemoryFleet

SCHEDULER = "task_scheduler"
WORK = {"type": "analysis", "data": {"text": "one two"}}


def grant_all(fleet: MemoryFleet) -> None:
    """Let the host have room for everything."""
    peers = fleet["async_processor"].peers
    peers.answer(
        "resource_manager",
        "allocate_resources",
        lambda request: Grant(request_id=request.request_id, granted=True),
    )
    peers.answer("resource_manager", "release_resources", lambda request: Released(released=True))


async def phase_of(fleet: MemoryFleet, task_id: str) -> TaskPhase:
    """Return how far a task is."""
    phase: TaskPhase = (await fleet.call(SCHEDULER, "get_task", task_id=task_id)).task.phase
    return phase


async def test_a_task_is_handed_over_when_its_time_has_come() -> None:
    """Not before it is due; then its job runs, and its result is the task's."""
    async with MemoryFleet(AsyncProcessor, TaskScheduler) as fleet:
        grant_all(fleet)
        await fleet.call(SCHEDULER, "schedule_task", **WORK, task_id="t", delay_seconds=60)
        await fleet.clock.advance(59)
        assert await phase_of(fleet, "t") is TaskPhase.PLANNED
        await fleet.clock.advance(10)

        task = (await fleet.call(SCHEDULER, "get_task", task_id="t")).task
        assert task.phase is TaskPhase.DONE
        assert task.result["text"]["words"] == 2


async def test_a_task_waits_for_those_it_names() -> None:
    """What comes after is handed over when all before it is done."""
    async with MemoryFleet(AsyncProcessor, TaskScheduler) as fleet:
        grant_all(fleet)
        await fleet.call(SCHEDULER, "schedule_task", **WORK, task_id="first", delay_seconds=10)
        await fleet.call(
            SCHEDULER, "schedule_task", **WORK, task_id="second", after=["first"], priority=1
        )
        await fleet.clock.advance(5)
        assert await phase_of(fleet, "second") is TaskPhase.PLANNED
        await fleet.clock.advance(10)
        assert await phase_of(fleet, "second") is TaskPhase.DONE

        started = fleet["async_processor"].published(JOB_CHANGES)
        order = [event.job_id for event in started if event.phase is JobPhase.RUNNING]
        assert order == ["task:first", "task:second"]


async def test_what_waits_for_a_cancelled_task_fails() -> None:
    """All that follow from it, too, and they say why."""
    async with MemoryFleet(AsyncProcessor, TaskScheduler) as fleet:
        await fleet.call(SCHEDULER, "schedule_task", **WORK, task_id="a", delay_seconds=10)
        await fleet.call(SCHEDULER, "schedule_task", **WORK, task_id="b", after=["a"])
        await fleet.call(SCHEDULER, "schedule_task", **WORK, task_id="c", after=["b"])
        for _ in range(2):
            await fleet.call(SCHEDULER, "cancel_task", task_id="a")

        assert await phase_of(fleet, "c") is TaskPhase.FAILED
        found = (await fleet.call(SCHEDULER, "get_task", task_id="b")).task
        assert found.error == "a, which it waits for, was not done"


async def test_cancelling_a_task_cancels_its_waiting_job() -> None:
    """A job that nobody grants shares to is taken out of the queue."""
    async with MemoryFleet(AsyncProcessor, TaskScheduler) as fleet:
        await fleet.call(SCHEDULER, "schedule_task", **WORK, task_id="a")
        await fleet.clock.settle()
        assert await phase_of(fleet, "a") is TaskPhase.HANDED_OVER
        await fleet.call(SCHEDULER, "cancel_task", task_id="a")

        job = await fleet.call("async_processor", "get_job", job_id="task:a")
        assert job.job.phase is JobPhase.CANCELLED


async def test_the_plan_outlives_the_process_and_its_workers() -> None:
    """Without workers tasks stay planned; a new process hands them over."""
    async with AgentHarness(TaskScheduler) as agent:
        await agent.call("schedule_task", **WORK, task_id="a")
        await agent.clock.advance(5)
        assert (await agent.call("get_task", task_id="a")).task.phase is TaskPhase.PLANNED
        store, clock = agent.store, agent.clock
    async with AgentHarness(TaskScheduler, store=store, clock=clock) as agent:
        await clock.advance(PULSE_SECONDS)
        submitted = agent.peers.calls_of("async_processor", "submit_job")

        assert submitted[0].job_id == "task:a"


async def test_the_same_id_is_one_task() -> None:
    """Scheduling twice gives the same task; other work is a conflict."""
    async with AgentHarness(TaskScheduler) as agent:
        for _ in range(2):
            await agent.call("schedule_task", **WORK, task_id="a", delay_seconds=5)
        assert len((await agent.call("list_tasks")).tasks) == 1
        with pytest.raises(ActionError) as caught:
            await agent.call("schedule_task", type="analysis", data={"text": "else"}, task_id="a")
        assert caught.value.code is ErrorCode.CONFLICT


TASKS = st.lists(
    st.tuples(
        st.integers(1, 10), st.floats(0, 10), st.sets(st.integers(0, 9)), st.sampled_from(TaskPhase)
    ),
    max_size=10,
)


@settings(deadline=None)
@given(TASKS, st.floats(0, 10))
def test_only_what_is_due_and_free_is_ready(
    drawn: list[tuple[int, float, set[int], TaskPhase]], now: float
) -> None:
    """Ready tasks are planned, due, wait for nothing undone, and come by priority."""
    tasks = {}
    for number, (priority, due_at, after, phase) in enumerate(drawn):
        tasks[str(number)] = Task(
            task_id=str(number),
            name="",
            type=JobType.ANALYSIS,
            data={},
            priority=priority,
            shares=Shares(),
            max_attempts=1,
            due_at=due_at,
            after=tuple(str(n) for n in sorted(after) if n < number),
            phase=phase,
            order=number,
            scheduled_at=0.0,
        )
    found = ready(tasks, now)

    assert [task.priority for task in found] == sorted(task.priority for task in found)
    for task in found:
        assert task.phase is TaskPhase.PLANNED and task.due_at <= now
        assert all(tasks[name].phase is TaskPhase.DONE for name in task.after)
    assert not {task.task_id for task in found} & {task.task_id for task, _ in hopeless(tasks)}


@pytest.mark.parametrize(
    ("action", "fields", "code"),
    [
        ("schedule_task", WORK | {"after": ["nobody"]}, ErrorCode.NOT_FOUND),
        ("schedule_task", WORK | {"task_id": "a", "after": ["a"]}, ErrorCode.NOT_FOUND),
        ("schedule_task", {"type": "memory", "data": {}}, ErrorCode.INVALID),
        ("schedule_task", WORK | {"delay_seconds": -1}, ErrorCode.INVALID),
        ("get_task", {"task_id": "nobody"}, ErrorCode.NOT_FOUND),
        ("cancel_task", {"task_id": "nobody"}, ErrorCode.NOT_FOUND),
        ("list_tasks", {"phase": "lost"}, ErrorCode.INVALID),
    ],
)
async def test_nonsense_is_refused(action: str, fields: dict[str, Any], code: ErrorCode) -> None:
    """What can never be done is not planned."""
    async with AgentHarness(TaskScheduler) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call(action, **fields)
        assert caught.value.code is code
