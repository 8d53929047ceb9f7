"""Tests of GoalManager: goals are split, run in order, followed and remembered."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.language_processing.goal_book import MAX_GOALS
from agents.language_processing.goal_manager import GoalManager
from agents.language_processing.goal_plans import split_goal, tasks_of, with_task
from common.contracts.goals import GOAL_CHANGES, Goal, GoalStatus, TaskStatus
from common.contracts.memory import MemoryAdded
from common.contracts.models import Engine
from common.contracts.orchestration import RunTaskRequest, TaskClass, TaskOutcome
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness


def outcome(request: RunTaskRequest, succeeded: bool = True, **changed: object) -> TaskOutcome:
    """Return how a task went."""
    fields: dict[str, object] = {
        "task_id": "task-000000000001", "task": request.task, "task_class": TaskClass.CHAT,
        "confidence": 1.0, "succeeded": succeeded, "output": f"did {request.task}", "steps": (),
        "engine": Engine.EMBEDDED, "started_at": 0.0, "finished_at": 0.0,
    }  # fmt: skip
    return TaskOutcome.model_validate(fields | changed)


def give_peers(agent: AgentHarness[GoalManager]) -> None:
    """Answer for the orchestrator and for memory."""
    agent.peers.answer("model_orchestrator", "run_task", outcome)
    agent.peers.fail("memory_client", "update_memory", ErrorCode.NOT_FOUND)
    agent.peers.answer("memory_client", "add_memory", lambda r: MemoryAdded(memory_id=r.memory_id))


async def test_goal_is_split_run_and_completed() -> None:
    """Its tasks run in order, each told the results before, and memory has it."""
    async with AgentHarness(GoalManager) as agent:
        give_peers(agent)
        goal = (await agent.call("set_goal", description="Read it, then sum it up")).goal
        await agent.clock.settle()
        found = (await agent.call("get_goal_status", goal_id=goal.goal_id)).goal

        assert [task.description for task in goal.tasks] == ["Read it", "sum it up"]
        assert (found.status, found.progress) == (GoalStatus.COMPLETED, 1.0)
        assert "did Read it" in agent.peers.calls_of("model_orchestrator", "run_task")[1].context
        assert agent.published(GOAL_CHANGES)[-1].status is GoalStatus.COMPLETED
        assert agent.peers.calls_of("memory_client", "add_memory")[0].memory_type == "goal"


async def test_failed_task_fails_the_goal() -> None:
    """A goal of which a task failed is over and not completed."""
    async with AgentHarness(GoalManager) as agent:
        give_peers(agent)
        agent.peers.answer(
            "model_orchestrator", "run_task", lambda r: outcome(r, succeeded="sum" not in r.task)
        )
        goal = (await agent.call("set_goal", description="Read it, then sum it up")).goal
        await agent.clock.settle()
        found = (await agent.call("get_goal_status", goal_id=goal.goal_id)).goal

        assert (found.status, found.progress) == (GoalStatus.FAILED, 0.5)


async def test_tasks_for_people_wait_for_them() -> None:
    """What needs hands waits; once told that it is done, the rest goes on."""
    async with AgentHarness(GoalManager) as agent:
        give_peers(agent)
        tasks = ["Buy paint", "Write down what it cost"]
        goal = (await agent.call("set_goal", description="Paint", tasks=tasks)).goal
        await agent.clock.settle()
        assert agent.peers.calls_of("model_orchestrator", "run_task") == ()
        await agent.call(
            "update_goal_task", goal_id=goal.goal_id, task_id="1", status=TaskStatus.COMPLETED
        )
        await agent.clock.settle()
        found = (await agent.call("get_goal_status", goal_id=goal.goal_id)).goal

        assert goal.tasks[0].by == "person"
        assert found.status is GoalStatus.COMPLETED


async def test_goals_go_on_after_a_restart() -> None:
    """What was not finished is taken up again."""
    async with AgentHarness(GoalManager) as agent:
        goal = (await agent.call("set_goal", description="First x, then y", run=False)).goal
        await agent.call("set_goal", description="Buy milk, then write a list of prices")
        store = agent.store
    async with AgentHarness(GoalManager, store=store) as agent:
        give_peers(agent)
        listed = await agent.call("list_goals", status=GoalStatus.ACTIVE)
        await agent.call(
            "update_goal_task", goal_id="goal-00000002", task_id="1", status=TaskStatus.COMPLETED
        )
        await agent.clock.settle()
        other = (await agent.call("get_goal_status", goal_id="goal-00000002")).goal

        assert (listed.total, goal.remembered) == (2, False)
        assert other.status is GoalStatus.COMPLETED


async def test_cancelled_goals_stay_cancelled() -> None:
    """No task of a goal that was given up begins, and it is not given up twice."""
    async with AgentHarness(GoalManager) as agent:
        goal = (await agent.call("set_goal", description="Buy x, then do y")).goal
        await agent.call("cancel_goal", goal_id=goal.goal_id)
        codes = []
        for name, fields in (
            ("cancel_goal", {}),
            ("update_goal_task", {"task_id": "1", "status": "completed"}),
        ):
            with pytest.raises(ActionError) as caught:
                await agent.call(name, goal_id=goal.goal_id, **fields)
            codes.append(caught.value.code)

        assert codes == [ErrorCode.CONFLICT] * 2


async def test_goals_are_listed_by_urgency_and_searched() -> None:
    """Urgent ones come first; words of goals and tasks find them."""
    async with AgentHarness(GoalManager) as agent:
        for text, priority in (("Paint the fence", 5), ("Learn Spanish", 1)):
            await agent.call("set_goal", description=text, priority=priority, run=False)
        listed = await agent.call("list_goals", limit=1)
        found = await agent.call("search_goals", query="fence")

        assert (listed.goals[0].description, listed.total) == ("Learn Spanish", 2)
        assert [each.goal.description for each in found.goals] == ["Paint the fence"]


async def test_a_model_splits_what_no_rule_does() -> None:
    """A model's list becomes tasks, what the embedded engine says does not."""
    async with AgentHarness(GoalManager) as agent:
        give_peers(agent)
        agent.peers.answer(
            "model_orchestrator", "run_task",
            lambda r: outcome(r, output="1. One thing\n2. Another", engine=Engine.SERVER),
        )  # fmt: skip
        split = (await agent.call("set_goal", description="Happiness", run=False)).goal
        agent.peers.answer("model_orchestrator", "run_task", outcome)
        whole = (await agent.call("set_goal", description="Happiness", run=False)).goal

        assert (split.split_by, len(split.tasks)) == ("model", 2)
        assert (whole.split_by, [t.description for t in whole.tasks]) == ("rules", ["Happiness"])


async def test_goals_are_bounded() -> None:
    """The oldest that is over makes room; when none is, there is none."""
    async with AgentHarness(GoalManager) as agent:
        for _ in range(MAX_GOALS):
            await agent.call("set_goal", description="x", tasks=["Buy x"], run=False)
        with pytest.raises(ActionError) as caught:
            await agent.call("set_goal", description="x", tasks=["Buy x"])
        await agent.call("cancel_goal", goal_id="goal-00000001")
        await agent.call("set_goal", description="x", tasks=["Buy x"])

        assert caught.value.code is ErrorCode.CONFLICT
        assert (await agent.call("list_goals")).total == MAX_GOALS


@given(st.lists(st.sampled_from(TaskStatus), min_size=1, max_size=6))
def test_progress_is_the_share_that_is_done(statuses: list[TaskStatus]) -> None:
    """A goal is completed exactly when all of its tasks are."""
    goal = Goal(goal_id="goal-1", description="x", tasks=tasks_of(("t",) * len(statuses)))
    for task, status in zip(goal.tasks, statuses, strict=True):
        goal = with_task(goal, task.model_copy(update={"status": status}), 1.0)
    done = statuses.count(TaskStatus.COMPLETED)

    assert goal.progress == done / len(statuses)
    assert (goal.status is GoalStatus.COMPLETED) == (done == len(statuses))


@settings(max_examples=100)
@given(st.text(max_size=300))
def test_any_goal_is_split_or_not(text: str) -> None:
    """Splitting never fails, and never gives an empty task."""
    assert all(task.strip() for task in split_goal(text) or ())


@pytest.mark.parametrize(
    ("goal", "count"),
    [
        ("1. buy wood\n2. cut it\n3. build", 3),
        ("Trip: book the train, pack the bags, water the plants", 3),
        ("Learn Spanish", 4),
        ("Happiness", 0),
    ],
)
def test_goals_are_split_by_rules(goal: str, count: int) -> None:
    """Lists, sequences and common kinds of goals have tasks."""
    assert len(split_goal(goal) or ()) == count
