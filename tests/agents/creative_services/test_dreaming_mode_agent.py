"""Tests of when the system dreams."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agents.creative_services.dreaming_mode_agent import IDLE_SECONDS, DreamingModeAgent
from agents.creative_services.quiet_hours import HOURS, NOTHING, counted, hour_of, quietest
from agents.light_gpu_services.dream_world_agent import DreamWorldAgent
from common.contracts.coordination import INTERACTIONS, InteractionHappened
from common.contracts.memory import MemoryAdded
from common.messages import ErrorCode
from common.testing import AgentHarness, MemoryFleet

HOUR = 3600.0


def talk(at: float) -> InteractionHappened:
    """Return something said at a moment."""
    return InteractionHappened(
        request_id="r", user_id="u", session_id="s", text="hello", answer="hello", at=at
    )


async def test_it_dreams_at_once_and_says_what_it_gained() -> None:
    """The real dream world plays, and learnt behaviour earns more than chance."""
    async with MemoryFleet(DreamingModeAgent, DreamWorldAgent) as fleet:
        fleet["dream_world_agent"].peers.answer(
            "memory_orchestrator_service", "add_memory", lambda request: MemoryAdded(memory_id="m")
        )
        status = await fleet.call("dreaming_mode_agent", "start_dreaming")

    assert status.dreaming and status.dreams == 1 and status.last_error == ""
    assert status.last_gain > 0


async def test_it_dreams_again_after_its_interval_until_it_is_told_to_stop() -> None:
    """Each dream is of the next scenario."""
    async with MemoryFleet(DreamingModeAgent, DreamWorldAgent) as fleet:
        await fleet.call("dreaming_mode_agent", "set_dream_interval", seconds=600)
        await fleet.call("dreaming_mode_agent", "start_dreaming", now=False)
        await fleet.clock.advance(601)
        while (await fleet.call("dreaming_mode_agent", "get_dream_status")).dreams < 1:
            await fleet.clock.settle()
        status = await fleet.call("dreaming_mode_agent", "stop_dreaming")
        await fleet.clock.advance(6_000)

        assert status.next_dream_at is None
        assert (await fleet.call("dreaming_mode_agent", "get_dream_status")).dreams == 1


async def test_it_does_not_dream_while_somebody_talks() -> None:
    """What was said a moment ago keeps it awake."""
    async with AgentHarness(DreamingModeAgent) as agent:
        await agent.call("set_dream_interval", seconds=60)
        await agent.call("start_dreaming", now=False)
        await agent.clock.settle()
        agent.peers.happen(INTERACTIONS, talk(agent.clock.now() + 30))
        await agent.clock.advance(61)

        assert agent.peers.calls == []
        await agent.clock.advance(IDLE_SECONDS + 61)
        assert agent.peers.calls != []


async def test_a_dream_world_that_is_away_is_named_and_asked_again() -> None:
    """A failed dream is no dream, and the agent goes on."""
    async with AgentHarness(DreamingModeAgent) as agent:
        agent.peers.fail("dream_world_agent", "create_scenario", ErrorCode.UNAVAILABLE, "away")
        status = await agent.call("start_dreaming")

    assert status.dreaming and status.dreams == 0
    assert "away" in status.last_error


async def test_quiet_hours_are_learnt_and_kept_over_a_restart() -> None:
    """The hours in which people talk are not among those of dreams."""
    async with AgentHarness(DreamingModeAgent) as agent:
        await agent.clock.settle()
        noon = agent.clock.now() - agent.clock.now() % 86_400 + 12 * HOUR
        for number in range(40):
            agent.peers.happen(INTERACTIONS, talk(noon + number % 4 * HOUR))
        await agent.clock.settle()
        status = await agent.call("optimize_schedule", hours=8)
        store, clock = agent.store, agent.clock

    assert {12, 13, 14, 15} & set(status.hours) == set()
    async with AgentHarness(DreamingModeAgent, store=store, clock=clock) as agent:
        assert (await agent.call("get_dream_status")).hours == status.hours


@given(moments=st.lists(st.floats(0, 4e9), max_size=60), hours=st.integers(1, HOURS))
def test_as_many_hours_are_chosen_as_were_asked_for(moments: list[float], hours: int) -> None:
    """They lie in a row around the clock, and no other row has fewer talks."""
    counts = NOTHING
    for moment in moments:
        counts = counted(counts, moment)
    chosen = quietest(counts, hours)

    assert len(set(chosen)) == hours
    assert all(after == (before + 1) % HOURS for before, after in zip(chosen, chosen[1:]))
    assert sum(counts) <= len(moments)
    assert all(0 <= hour_of(moment) < HOURS for moment in moments)
