"""
The metrics of a short span of time, and the figures that they give for each agent.

Fetching metrics and judging figures may not enter.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from common.contracts.performance import ERRORS, LATENCY, AgentFigures, MetricPoint
from common.percentiles import percentile

MOST_POINTS: Final = 20_000


class PerformanceWindow:
    """Hold the points of the last seconds, of at most twenty thousand requests."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._points: deque[MetricPoint] = deque(maxlen=MOST_POINTS)

    def take_in(self, points: Iterable[MetricPoint]) -> None:
        """Add points that no earlier call has added; those of other metrics are passed over."""
        self._points.extend(point for point in points if point.metric in (LATENCY, ERRORS))

    def clear(self) -> None:
        """Forget every point."""
        self._points.clear()

    def figures(self, now: float) -> tuple[AgentFigures, ...]:
        """Return the figures of every agent that has a point in the window, sorted by name."""
        since = now - self.seconds
        while self._points and self._points[0].at < since:
            self._points.popleft()
        by_agent: dict[str, list[MetricPoint]] = {}
        for point in self._points:
            if point.at >= since:
                by_agent.setdefault(point.agent, []).append(point)
        return tuple(figures_of(agent, by_agent[agent], self.seconds) for agent in sorted(by_agent))


def figures_of(agent: str, points: Iterable[MetricPoint], seconds: float) -> AgentFigures:
    """Work the figures of one agent out; a failed request may have told its latency or not."""
    told = tuple(points)
    latencies = sorted(max(0.0, point.value) for point in told if point.metric == LATENCY)
    errors = sum(max(0.0, point.value) for point in told if point.metric == ERRORS)
    requests = max(float(len(latencies)), errors)
    return AgentFigures(
        agent=agent,
        requests=int(requests),
        errors=errors,
        error_share=errors / requests if requests else 0.0,
        throughput=requests / seconds,
        latency_mean=sum(latencies) / len(latencies) if latencies else None,
        latency_p50=percentile(latencies, 0.50) if latencies else None,
        latency_p95=percentile(latencies, 0.95) if latencies else None,
        latency_p99=percentile(latencies, 0.99) if latencies else None,
    )
