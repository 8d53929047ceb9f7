"""Tests of failures that are seen before they happen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.utility_services.failure_forecast import phi, risk, seconds_left, slope
from agents.utility_services.health_watch import PREDICTIONS
from agents.utility_services.predictive_health_monitor import PredictiveHealthMonitor
from common.contracts.recovery import AgentOrder, RestartStarted
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

HUB = "observability_hub"
Harness = AgentHarness[PredictiveHealthMonitor]


async def beat(agent: Harness, count: int, memory: float, growth: float) -> None:
    """Let an agent live for so many rounds of ten seconds while its memory grows."""
    for number in range(count):
        await agent.call("heartbeat", agent="baker", memory_mb=memory + growth * number)
        await agent.clock.advance(10)


def let_restart(agent: Harness) -> None:
    """Let the hub restart agents."""
    agent.peers.answer(
        HUB, "restart_agent", lambda request: RestartStarted(restart_id="r", order=(("baker",),))
    )


async def test_an_agent_that_is_well_is_left_alone() -> None:
    """Regular heartbeats and a steady memory are no risk."""
    async with AgentHarness(PredictiveHealthMonitor) as agent:
        await agent.call("register", agent="baker", memory_limit_mb=200)
        await beat(agent, 20, 100, 0)
        (forecast,) = (await agent.call("get_status")).forecasts

        assert forecast.risk < 0.5
        assert agent.published(PREDICTIONS) == ()


async def test_a_leak_is_warned_of_and_ended_by_a_restart_before_it_kills() -> None:
    """The warning comes first; the restart comes once, while memory is left."""
    async with AgentHarness(PredictiveHealthMonitor) as agent:
        let_restart(agent)
        await agent.call("register", agent="baker", memory_limit_mb=1_000)
        await beat(agent, 60, 100, 14)

        told = agent.published(PREDICTIONS)
        assert [each.restarted for each in told] == [False, True]
        assert told[1].forecast.reason == "memory" and told[1].forecast.seconds_left > 0
        assert agent.peers.calls_of(HUB, "restart_agent") == (AgentOrder(agent="baker"),)


async def test_silence_after_regular_heartbeats_is_suspicious() -> None:
    """Who was heard every ten seconds and then not for a minute has probably failed."""
    async with AgentHarness(PredictiveHealthMonitor) as agent:
        await agent.call("register", agent="baker")
        await beat(agent, 10, 100, 0)
        await agent.clock.advance(60)
        (forecast,) = (await agent.call("get_status", agent="baker")).forecasts

    assert forecast.reason == "silence" and forecast.risk > 0.99


async def test_who_is_watched_outlives_a_restart_and_silence_begins_anew() -> None:
    """While the monitor was away nobody could be heard."""
    async with AgentHarness(PredictiveHealthMonitor) as agent:
        await agent.call("register", agent="baker")
        await beat(agent, 10, 100, 0)
        store, clock = agent.store, agent.clock
    await clock.advance(3_600)

    async with AgentHarness(PredictiveHealthMonitor, store=store, clock=clock) as agent:
        (forecast,) = (await agent.call("get_status")).forecasts
        assert forecast.risk == 0
        assert (await agent.call("unregister", agent="baker")).watched == 0


@pytest.mark.parametrize("action", ["heartbeat", "get_status"])
async def test_an_agent_that_is_not_registered_is_said(action: str) -> None:
    """Nothing is guessed about strangers."""
    async with AgentHarness(PredictiveHealthMonitor) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call(action, agent="stranger")
    assert caught.value.code is ErrorCode.NOT_FOUND


async def test_restarts_by_hand_go_to_the_hub() -> None:
    """What the hub says is what the caller hears."""
    async with AgentHarness(PredictiveHealthMonitor) as agent:
        let_restart(agent)
        started = await agent.call("restart_agent", agent="baker")
        with pytest.raises(ActionError):
            await agent.call("restart_all_agents")

    assert started.restart_id == "r"


@given(
    intervals=st.lists(st.floats(0.1, 100), min_size=3, max_size=30),
    silence=st.floats(0, 1e4),
    more=st.floats(0, 1e4),
)
def test_longer_silence_is_never_less_suspicious(
    intervals: list[float], silence: float, more: float
) -> None:
    """Phi grows with silence, and is never negative."""
    assert 0.0 <= phi(intervals, silence) <= phi(intervals, silence + more)


@given(steep=st.floats(0.01, 10), outlier=st.floats(-1e6, 1e6))
def test_one_outlier_does_not_move_a_trend(steep: float, outlier: float) -> None:
    """The slope of eleven points stays that of ten of them."""
    points = [(float(second), steep * second) for second in range(11)]
    points[5] = (5.0, outlier)

    assert slope(points) == pytest.approx(steep)
    left = seconds_left([*points[:10], (10.0, steep * 10)], steep * 20)
    assert left == pytest.approx(10.0)


@given(st.floats(0, 20), st.none() | st.floats(0, 1e6), st.floats(10, 1e4), st.floats(0, 1))
def test_a_risk_is_a_probability(
    suspicion: float, left: float | None, horizon: float, errors: float
) -> None:
    """No sign lowers the risk that another one states."""
    assert errors - 1e-9 <= risk(suspicion, left, horizon, errors) <= 1.0
