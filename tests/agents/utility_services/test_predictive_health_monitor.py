"""Tests of failures that are seen before they happen."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.utility_services.failure_forecast import phi, risk, seconds_left, slope
from agents.utility_services.health_watch import PREDICTIONS
from agents.utility_services.predictive_health_monitor import PredictiveHealthMonitor
from common.contracts.observability import HealthSummary, Point
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
        assert told[1].forecast.reason == "memory" and (told[1].forecast.seconds_left or 0.0) > 0
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


class Hub:
    """Answer what the hub saw: a scrape every ten seconds of agents that are up or not."""

    def __init__(self, agent: Harness) -> None:
        self.points: dict[str, Point] = {}
        self.scraped_at: float | None = None
        agent.peers.answer(HUB, "get_health_summary", lambda request: self.summary())

    def see(self, at: float, slug: str, **changes: Any) -> None:
        """Scrape one agent, or the whole fleet as it was before."""
        fields = {"memory_bytes": 1e8, "up": True, **changes}
        self.scraped_at = at
        self.points[slug] = Point(agent=slug, instance=slug, at=at, phase="ready", **fields)

    def summary(self) -> HealthSummary:
        """Tell the newest points."""
        points = tuple(self.points.values())
        up = sum(point.up for point in points)
        return HealthSummary(
            status="healthy", scraped_at=self.scraped_at, up=up, down=len(points) - up,
            agents=points,
        )  # fmt: skip


async def seen(agent: Harness, hub: Hub, count: int, **changes: Any) -> None:
    """Let the hub look so many times, and the monitor learn of it each time."""
    for _ in range(count):
        hub.see(agent.clock.now(), "baker", **changes)
        await agent.clock.advance(10)


async def test_whoever_the_hub_sees_is_watched_without_being_asked() -> None:
    """Only the hub, which restarts, and the monitor itself are not."""
    async with AgentHarness(PredictiveHealthMonitor) as agent:
        hub = Hub(agent)
        for slug in (HUB, "predictive_health_monitor"):
            hub.see(agent.clock.now(), slug)
        await seen(agent, hub, 5)
        (forecast,) = (await agent.call("get_status")).forecasts

    assert (forecast.agent, forecast.risk) == ("baker", 0.0)


async def test_an_agent_that_the_hub_sees_no_more_is_restarted() -> None:
    """One look that misses it may be chance; after two it has probably failed."""
    async with AgentHarness(PredictiveHealthMonitor) as agent:
        hub = Hub(agent)
        let_restart(agent)
        await seen(agent, hub, 10)
        await seen(agent, hub, 1, up=False)
        assert agent.published(PREDICTIONS) == ()
        await seen(agent, hub, 2, up=False)

        assert agent.peers.calls_of(HUB, "restart_agent") == (AgentOrder(agent="baker"),)


async def test_a_hub_that_does_not_look_makes_nobody_suspicious() -> None:
    """Silence counts only as far as somebody listened, and a long gap begins anew."""
    async with AgentHarness(PredictiveHealthMonitor) as agent:
        hub = Hub(agent)
        let_restart(agent)
        await seen(agent, hub, 10)
        await agent.clock.advance(600)
        await seen(agent, hub, 2, up=False)
        (forecast,) = (await agent.call("get_status")).forecasts

        assert forecast.risk == 0.0
        assert agent.peers.calls_of(HUB, "restart_agent") == ()


async def test_errors_that_the_hub_saw_warn_and_do_not_restart() -> None:
    """Callers can cause errors, and no restart cures that."""
    async with AgentHarness(PredictiveHealthMonitor) as agent:
        hub = Hub(agent)
        let_restart(agent)
        await seen(agent, hub, 30, error_rate=1.0, requests=100)

        assert [told.forecast.reason for told in agent.published(PREDICTIONS)] == ["errors"]
        assert agent.peers.calls_of(HUB, "restart_agent") == ()


async def test_a_leak_that_the_hub_saw_is_forecast() -> None:
    """Memory counts against the limit that somebody gave."""
    async with AgentHarness(PredictiveHealthMonitor) as agent:
        hub = Hub(agent)
        await agent.call("register", agent="baker", memory_limit_mb=1_000)
        for number in range(10):
            await seen(agent, hub, 1, memory_bytes=5e8 + 2e7 * number)
        (forecast,) = (await agent.call("get_status")).forecasts

    assert forecast.reason == "memory" and forecast.seconds_left == pytest.approx(160)


async def test_who_was_unregistered_stays_so_and_who_is_gone_is_forgotten() -> None:
    """The hub's word does not bring back whom nobody wants to be watched."""
    async with AgentHarness(PredictiveHealthMonitor) as agent:
        hub = Hub(agent)
        hub.see(agent.clock.now(), "cook")
        await seen(agent, hub, 2)
        assert (await agent.call("unregister", agent="baker")).watched == 1
        del hub.points["cook"]
        await seen(agent, hub, 2)
        assert (await agent.call("get_status")).forecasts == ()
        assert (await agent.call("register", agent="baker")).watched == 1


async def test_who_sends_heartbeats_is_judged_by_them() -> None:
    """The hub may still see a process whose heartbeats have stopped."""
    async with AgentHarness(PredictiveHealthMonitor) as agent:
        hub = Hub(agent)
        await agent.call("register", agent="baker")
        await beat(agent, 10, 100, 0)
        await seen(agent, hub, 6)
        (forecast,) = (await agent.call("get_status")).forecasts

    assert forecast.reason == "silence" and forecast.risk > 0.99


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
