"""Tests of PerformanceLoggerAgent: series that are bounded, and what they add up to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.resource_management.agent_series import AgentSeries
from agents.resource_management.aggregates import aggregate
from agents.resource_management.performance_logger_agent import (
    KEPT_SECONDS,
    PerformanceLoggerAgent,
)
from common.messages import ActionError, ErrorCode
from common.state.memory import MemoryStore
from common.testing import AgentHarness, FakeClock

FIGURES = st.floats(min_value=-1e15, max_value=1e15)


async def test_metrics_come_back_newest_first_with_what_they_add_up_to() -> None:
    """Values of one metric are returned and summed up; those of others are not among them."""
    async with AgentHarness(PerformanceLoggerAgent) as agent:
        for value in (1.0, 2.0, 3.0):
            await agent.call("log_metric", agent="responder", metric="latency_seconds", value=value)
            await agent.clock.advance(1)
        await agent.call("log_metric", agent="responder", metric="errors", value=1)
        await agent.call("log_metric", agent="nlu_agent", metric="latency_seconds", value=9)

        found = await agent.call("get_agent_metrics", agent="responder", metric="latency_seconds")

        assert [point.value for point in found.points] == [3.0, 2.0, 1.0]
        (told,) = found.aggregates
        assert (told.count, told.mean, told.p50, told.last) == (3, 2.0, 2.0, 3.0)


async def test_a_span_of_time_is_chosen() -> None:
    """Only what lies between since and until is returned."""
    async with AgentHarness(PerformanceLoggerAgent) as agent:
        begin = agent.clock.now()
        for value in range(5):
            await agent.call("log_metric", agent="a", metric="m", value=value)
            await agent.clock.advance(10)

        found = await agent.call("get_agent_metrics", agent="a", since=begin + 5, until=begin + 35)

        assert [point.value for point in found.points] == [3.0, 2.0, 1.0]


async def test_usage_is_kept_and_summed_up() -> None:
    """What an agent used comes back with means and peaks."""
    async with AgentHarness(PerformanceLoggerAgent) as agent:
        for cpu, memory in ((10.0, 100.0), (30.0, 300.0)):
            await agent.call("log_resource_usage", agent="a", cpu_percent=cpu, memory_mb=memory)

        found = await agent.call("get_agent_resource_usage", agent="a")

        by_name = {told.metric: told for told in found.aggregates}
        assert (by_name["cpu_percent"].mean, by_name["memory_mb"].maximum) == (20.0, 300.0)
        assert len(found.points) == 2


async def test_figures_outlive_the_process_and_are_numbered_on() -> None:
    """Who follows the metrics sees each once, also over a restart of this agent."""
    async with AgentHarness(PerformanceLoggerAgent) as agent:
        await agent.call("log_metric", agent="a", metric="m", value=1)
        first = await agent.call("get_recent_metrics")
        await agent.clock.advance(1)
        store, clock = agent.store, agent.clock
    async with AgentHarness(PerformanceLoggerAgent, store=store, clock=clock) as agent:
        await agent.call("log_metric", agent="b", metric="m", value=2)
        since = await agent.call("get_recent_metrics", after=first.last)
        everything = await agent.call("get_recent_metrics")

        assert [point.value for point in since.points] == [2.0]
        assert [point.value for point in everything.points] == [1.0, 2.0]


async def test_figures_expire_and_can_be_wiped() -> None:
    """Nothing is kept longer than a week, or after the state was cleared."""
    async with AgentHarness(PerformanceLoggerAgent) as agent:
        await agent.call("log_metric", agent="a", metric="m", value=1)
        await agent.clock.advance(KEPT_SECONDS + 1)
        assert (await agent.call("get_agent_metrics", agent="a")).points == ()

        await agent.call("log_metric", agent="a", metric="m", value=1)
        await agent.call("clear_state")
        assert (await agent.call("get_recent_metrics")).points == ()
        assert (await agent.call("get_agent_metrics", agent="a")).points == ()


async def test_only_the_newest_of_each_agent_are_kept() -> None:
    """A chatty agent loses its own oldest documents, and nobody else's."""
    clock = FakeClock()
    series = AgentSeries(MemoryStore(clock), clock, "m", most=3, keep_seconds=60)
    await series.append("quiet", {"n": 0})
    for number in range(10):
        await series.append("chatty", {"n": number})

    assert [row["n"] for _, row in await series.newest_first("chatty")] == [9, 8, 7]
    assert [row["n"] for _, row in await series.newest_first("quiet")] == [0]


@settings(deadline=None)
@given(st.lists(FIGURES, min_size=1, max_size=50))
def test_aggregates_lie_in_order(values: list[float]) -> None:
    """Minimum, percentiles and maximum never change places, and the mean lies among them."""
    told = aggregate("m", values)

    assert told.minimum <= told.p50 <= told.p95 <= told.p99 <= told.maximum
    assert told.minimum <= told.mean <= told.maximum


@pytest.mark.parametrize(
    ("action", "fields", "field"),
    [
        ("log_metric", {"agent": "a", "metric": "m", "value": float("nan")}, "value"),
        ("log_metric", {"agent": "../x", "metric": "m", "value": 1}, "agent"),
        ("log_metric", {"agent": "a", "metric": "", "value": 1}, "metric"),
        ("log_resource_usage", {"agent": "a", "cpu_percent": -1, "memory_mb": 1}, "cpu_percent"),
        ("get_agent_metrics", {"agent": "a", "limit": 0}, "limit"),
        ("get_agent_resource_usage", {"agent": ""}, "agent"),
        ("get_recent_metrics", {"after": -1}, "after"),
    ],
)
async def test_malformed_requests_name_their_field(
    action: str, fields: dict[str, Any], field: str
) -> None:
    """Nonsense is refused with the field."""
    async with AgentHarness(PerformanceLoggerAgent) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call(action, **fields)

        assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, field)
