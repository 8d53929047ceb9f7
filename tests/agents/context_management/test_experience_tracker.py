"""Tests of what is kept of experiences."""

from __future__ import annotations

from typing import Any

from agents.context_management.experience_tracker import ExperienceTracker
from common.contracts.execution import EXECUTIONS, ExecutionReported
from common.contracts.experience import Result
from common.contracts.memory import MemoryAdded
from common.testing import AgentHarness

BAKED: dict[str, Any] = {
    "agent": "cook",
    "action": "bake",
    "situation": "guests want bread with a crust",
    "result": "success",
    "reward": 0.8,
}
BURNT = BAKED | {"situation": "the oven is too hot for a cake", "result": "failure", "reward": -1.0}


async def test_experiences_come_newest_first_with_how_often_it_worked() -> None:
    """A tally says what may be expected of an action."""
    async with AgentHarness(ExperienceTracker) as agent:
        await agent.call("track_experience", **BAKED)
        await agent.clock.advance(1)
        await agent.call("track_experience", **BURNT)
        found = await agent.call("get_experiences", agent="cook")

    assert [each.result for each in found.experiences] == [Result.FAILURE, Result.SUCCESS]
    (tally,) = found.tallies
    assert (tally.count, tally.successes, tally.mean_reward) == (2, 1, -0.1)


async def test_the_most_similar_situation_comes_first() -> None:
    """What has nothing to do with the situation is left out."""
    async with AgentHarness(ExperienceTracker) as agent:
        await agent.call("track_experience", **BAKED)
        await agent.call("track_experience", **BURNT)
        found = await agent.call("get_experiences", situation="a hot oven and a cake")

    assert [each.situation for each in found.experiences] == [BURNT["situation"]]


async def test_a_lesson_is_told_to_the_long_term_memory() -> None:
    """Without that memory the experience is kept all the same, and says so."""
    async with AgentHarness(ExperienceTracker) as agent:
        alone = await agent.call("track_experience", **BAKED, lesson="steam helps")
        agent.peers.answer(
            "memory_orchestrator_service", "add_memory", lambda request: MemoryAdded(memory_id="m")
        )
        told = await agent.call("track_experience", **BAKED, lesson="steam helps")

    assert (alone.experience.kept, told.experience.kept) == (False, True)


async def test_commands_of_the_executor_are_experiences_and_outlive_a_restart() -> None:
    """A refused command is a failure."""
    async with AgentHarness(ExperienceTracker) as agent:
        await agent.clock.settle()
        told: dict[str, Any] = {"execution_id": "1", "user_id": "u", "at": 1.0}
        agent.peers.happen(
            EXECUTIONS, ExecutionReported(command="date", allowed=True, exit_code=0, **told)
        )
        agent.peers.happen(EXECUTIONS, ExecutionReported(command="rm", allowed=False, **told))
        await agent.clock.settle()
        store = agent.store

    async with AgentHarness(ExperienceTracker, store=store) as agent:
        found = await agent.call("get_experiences", agent="executor")
    assert {each.situation: each.result for each in found.experiences} == {
        "date": Result.SUCCESS,
        "rm": Result.FAILURE,
    }
