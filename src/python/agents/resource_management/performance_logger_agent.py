"""
PerformanceLoggerAgent: writes figures of agents down and serves them back.

Judging figures may not enter: that is the business of performance_monitor.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from agents.resource_management.agent_series import AgentSeries
from agents.resource_management.aggregates import aggregates
from common.agent import Agent, AgentContext, action
from common.contracts import performance as p

KEPT_SECONDS: Final = 7 * 86_400.0
KEPT_POINTS: Final = 1_000  # of each agent
RECENT: Final = 10_000  # of all agents
REMEMBERED: Final = 200  # of each agent, when the process before has stopped
REMEMBERED_SECONDS: Final = 600.0


class PerformanceLoggerAgent(Agent):
    """Keep the newest thousand metrics and usages of each agent for a week."""

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._metrics = self._series("metrics")
        self._usage = self._series("usage")
        self._recent: deque[tuple[int, p.MetricPoint]] = deque(maxlen=RECENT)

    async def start(self) -> None:
        """Take up the newest metrics, so that who follows them misses little."""
        since = self.clock.now() - REMEMBERED_SECONDS
        found: list[tuple[int, p.MetricPoint]] = []
        for agent in await self._metrics.agents():
            rows = await self._metrics.newest_first(agent, since=since)
            found += [(n, p.MetricPoint.model_validate(row)) for n, row in rows[:REMEMBERED]]
        self._recent.extend(sorted(found, key=lambda row: row[0]))

    async def state_cleared(self) -> None:
        """Forget the series too."""
        self._metrics.forget()
        self._usage.forget()
        self._recent.clear()

    @action
    async def log_metric(self, request: p.LogMetricRequest) -> p.MetricLogged:
        """Write one value of one metric down."""
        point = p.MetricPoint(at=self.clock.now(), **request.model_dump())
        number = await self._metrics.append(point.agent, point.model_dump(mode="json"))
        self._recent.append((number, point))
        return p.MetricLogged(agent=point.agent, metric=point.metric, at=point.at)

    @action
    async def log_resource_usage(self, request: p.LogResourceUsageRequest) -> p.UsageLogged:
        """Write down what an agent uses at this moment."""
        used = request.model_dump(exclude={"agent"})
        point = p.UsagePoint(at=self.clock.now(), **used)
        await self._usage.append(request.agent, point.model_dump(mode="json"))
        return p.UsageLogged(agent=request.agent, at=point.at)

    @action
    async def get_agent_metrics(self, request: p.AgentSeriesRequest) -> p.AgentMetrics:
        """Return the newest values of an agent, and what they add up to."""
        rows = await self._metrics.newest_first(
            request.agent, since=request.since, until=request.until
        )
        points = [p.MetricPoint.model_validate(row) for _, row in rows]
        wanted = [point for point in points if request.metric in (None, point.metric)]
        chosen = wanted[: request.limit]
        return p.AgentMetrics(
            agent=request.agent,
            points=tuple(chosen),
            aggregates=aggregates((point.metric, point.value) for point in chosen),
        )

    @action
    async def get_agent_resource_usage(self, request: p.AgentSeriesRequest) -> p.AgentResourceUsage:
        """Return what an agent used, and what that adds up to."""
        rows = await self._usage.newest_first(
            request.agent, since=request.since, until=request.until
        )
        points = [p.UsagePoint.model_validate(row) for _, row in rows[: request.limit]]
        names = [name for name in p.UsagePoint.model_fields if name != "at"]
        values = [(name, getattr(point, name)) for name in names for point in points]
        found = aggregates(value for value in values if request.metric in (None, value[0]))
        return p.AgentResourceUsage(agent=request.agent, points=tuple(points), aggregates=found)

    @action
    async def get_recent_metrics(self, request: p.RecentMetricsRequest) -> p.RecentMetrics:
        """Return what was written down about any agent after a number."""
        rows = [row for row in self._recent if row[0] > request.after][: request.limit]
        last = rows[-1][0] if rows else request.after
        return p.RecentMetrics(points=tuple(point for _, point in rows), last=last)

    def _series(self, collection: str) -> AgentSeries:
        return AgentSeries(
            self.store, self.clock, collection, most=KEPT_POINTS, keep_seconds=KEPT_SECONDS
        )
