"""Tests of PerformanceMonitor: figures of a window, and alerts on them."""

from __future__ import annotations

from agents.resource_management.performance_logger_agent import PerformanceLoggerAgent
from agents.task_processing.alert_rules import PerformanceMonitorConfiguration
from agents.task_processing.performance_monitor import PerformanceMonitor
from agents.task_processing.performance_window import figures_of
from common.contracts.performance import ALERTS, ERRORS, LATENCY, AlertRule, MetricPoint
from common.messages import ErrorCode
from common.testing import AgentHarness, MemoryFleet

QUICK = PerformanceMonitorConfiguration()
MONITOR = "performance_monitor"


async def log(fleet: MemoryFleet, metric: str, *values: float, agent: str = "responder") -> None:
    """Log values through the monitor."""
    for value in values:
        await fleet.call(MONITOR, "log_metric", agent=agent, metric=metric, value=value)


async def test_figures_follow_what_was_logged() -> None:
    """Requests, errors and percentiles are those of the values, wherever they were logged."""
    async with MemoryFleet(PerformanceLoggerAgent, PerformanceMonitor) as fleet:
        await log(fleet, LATENCY, 0.1, 0.2, 0.3)
        await fleet.call(
            "performance_logger_agent", "log_metric", agent="responder", metric=ERRORS, value=1
        )

        for _ in range(2):  # asking twice counts nothing twice
            found = await fleet.call(MONITOR, "get_metrics")
        (told,) = found.agents

        assert (told.agent, told.requests, told.errors) == ("responder", 3, 1.0)
        assert told.latency_p50 == 0.2
        assert told.error_share == 1 / 3
        assert told.throughput == 3 / QUICK.window_seconds


async def test_figures_are_of_the_window_only() -> None:
    """What is older than the window counts no more."""
    async with MemoryFleet(PerformanceLoggerAgent, PerformanceMonitor) as fleet:
        await log(fleet, LATENCY, 0.1)
        await fleet.clock.advance(QUICK.window_seconds + 1)

        assert (await fleet.call(MONITOR, "get_metrics")).agents == ()


async def test_an_alert_is_raised_once_told_and_cleared() -> None:
    """A slow agent gives one alert; when it is not slow any more, the alert is over."""
    async with MemoryFleet(PerformanceLoggerAgent, PerformanceMonitor) as fleet:
        await log(fleet, LATENCY, *[9.0] * 5)
        await fleet.clock.advance(3 * QUICK.check_seconds)
        standing = await fleet.call(MONITOR, "get_alerts", standing_only=True)
        (alert,) = standing.alerts
        assert (alert.agent, alert.rule, alert.value) == ("responder", AlertRule.SLOW, 9.0)

        await fleet.clock.advance(QUICK.window_seconds)
        assert (await fleet.call(MONITOR, "get_alerts", standing_only=True)).alerts == ()
        told = fleet[MONITOR].published(ALERTS)
        assert [event.alert.cleared_at is not None for event in told] == [False, True]
        assert len((await fleet.call(MONITOR, "get_alerts")).alerts) == 1


async def test_errors_are_alarming_by_their_share() -> None:
    """Many errors among few requests raise an alert, few among many do not."""
    async with MemoryFleet(PerformanceLoggerAgent, PerformanceMonitor) as fleet:
        await log(fleet, LATENCY, *[0.1] * 10, agent="bad")
        await log(fleet, ERRORS, 5, agent="bad")
        await log(fleet, LATENCY, *[0.1] * 10, agent="good")
        await log(fleet, ERRORS, 1, agent="good")

        found = await fleet.call(MONITOR, "get_alerts")

        assert [(alert.agent, alert.rule) for alert in found.alerts] == [("bad", AlertRule.ERRORS)]


async def test_without_the_logger_it_says_so() -> None:
    """Figures are those that are known, with a note."""
    async with AgentHarness(PerformanceMonitor) as agent:
        agent.peers.fail("performance_logger_agent", "get_recent_metrics", ErrorCode.TIMEOUT)

        assert "timeout" in (await agent.call("get_metrics")).note


def test_failed_requests_without_latency_count_too() -> None:
    """An agent of which only errors are known has as many requests."""
    point = MetricPoint(at=0.0, agent="a", metric=ERRORS, value=4.0)
    told = figures_of("a", [point], 10.0)

    assert (told.requests, told.error_share, told.latency_p95) == (4, 1.0, None)
