"""Tests of scenarios and of playing them through."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.light_gpu_services.dream_play import DreamPlay
from agents.light_gpu_services.dream_templates import TEMPLATES
from agents.light_gpu_services.dream_world_agent import DreamWorldAgent
from common.contracts.dreams import Outcome, Scenario
from common.contracts.memory import AddMemoryRequest, MemoryAdded
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

DOOR = Scenario(
    title="A door that is locked or not",
    start="before",
    outcomes=(
        Outcome(state="before", action="push", next_state="inside", probability=0.2, reward=1.0),
        Outcome(state="before", action="push", next_state="before", probability=0.8, reward=-1.0),
        Outcome(state="before", action="unlock", next_state="inside", probability=1.0, reward=0.5),
    ),
)


async def test_a_scenario_is_played_and_its_lesson_is_remembered() -> None:
    """What is best is found, kept as a dream, and told to the long-term memory."""
    async with AgentHarness(DreamWorldAgent) as agent:
        agent.peers.answer(
            "memory_orchestrator_service", "add_memory", lambda request: MemoryAdded(memory_id="m")
        )
        made = await agent.call("create_scenario", scenario=DOOR)
        dream = await agent.call("run_simulation", scenario_id=made.scenario_id, seed=7)
        history = await agent.call("get_simulation_history", scenario_id=made.scenario_id)
        (memory,) = agent.peers.calls_of("memory_orchestrator_service", "add_memory")

    assert [lesson.action for lesson in dream.lessons] == ["unlock"]
    assert dream.learnt_reward == 0.5 > dream.aimless_reward
    assert history.dreams == (dream,) and dream.remembered
    assert isinstance(memory, AddMemoryRequest) and "in before best unlock" in memory.content


async def test_the_same_seed_gives_the_same_dream() -> None:
    """Without a memory service the dream is kept all the same, and says so."""
    async with AgentHarness(DreamWorldAgent) as agent:
        made = await agent.call("create_scenario", template="bad_mood")
        first = await agent.call("run_simulation", scenario_id=made.scenario_id, seed=3)
        again = await agent.call("run_simulation", scenario_id=made.scenario_id, seed=3)

    assert first.lessons == again.lessons and first.aimless_reward == again.aimless_reward
    assert not first.remembered


async def test_an_update_is_a_new_revision_and_outlives_a_restart() -> None:
    """A scenario is found by its id afterwards."""
    async with AgentHarness(DreamWorldAgent) as agent:
        made = await agent.call("create_scenario", template="failing_agent")
        await agent.call("update_scenario", scenario_id=made.scenario_id, scenario=DOOR)
        store = agent.store

    async with AgentHarness(DreamWorldAgent, store=store) as agent:
        found = await agent.call("get_scenario", scenario_id=made.scenario_id)
    assert (found.scenario, found.revision) == (DOOR, 2)


@pytest.mark.parametrize(
    ("action", "fields", "code"),
    [
        ("get_scenario", {"scenario_id": "none"}, ErrorCode.NOT_FOUND),
        ("create_scenario", {"template": "none"}, ErrorCode.NOT_FOUND),
        ("create_scenario", {}, ErrorCode.INVALID),
        ("run_simulation", {"scenario_id": "none"}, ErrorCode.NOT_FOUND),
    ],
)
async def test_what_is_not_there_is_said(
    action: str, fields: dict[str, str], code: ErrorCode
) -> None:
    """Each error names what was expected."""
    async with AgentHarness(DreamWorldAgent) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call(action, **fields)
    assert caught.value.code is code


async def test_probabilities_that_do_not_add_up_are_refused() -> None:
    """A scenario that cannot be is not kept."""
    wrong = DOOR.model_dump()
    wrong["outcomes"][0]["probability"] = 0.3
    async with AgentHarness(DreamWorldAgent) as agent:
        with pytest.raises(ActionError, match=r"push in before must add up to 1, found 1\.1"):
            await agent.call("create_scenario", scenario=wrong)


@settings(max_examples=20, deadline=None)
@given(name=st.sampled_from(sorted(TEMPLATES)), seed=st.integers(0, 10_000))
def test_what_is_learnt_is_not_worse_than_chance(name: str, seed: int) -> None:
    """With enough episodes the learnt policy earns at least as much, within chance."""
    played = DreamPlay(TEMPLATES[name], seed).play(400, 30)

    assert played.learnt_reward >= played.aimless_reward - 0.5
    assert {lesson.state for lesson in played.lessons} == {
        outcome.state for outcome in TEMPLATES[name].outcomes
    }
