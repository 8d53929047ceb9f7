"""
PerformanceMonitor: figures of agents over the last minutes, and alerts on them.

Keeping metrics may not enter: they are written down and read from performance_logger_agent.
"""

from __future__ import annotations

import asyncio
from typing import Final

from agents.task_processing.alert_book import AlertBook
from agents.task_processing.alert_rules import PerformanceMonitorConfiguration, findings
from agents.task_processing.performance_window import PerformanceWindow
from common.agent import Agent, action
from common.contracts import performance as p
from common.messages import ActionError

PAGE: Final = 2_000
MOST_PAGES: Final = 10
LOGGER_SECONDS: Final = 3.0


class PerformanceMonitor(Agent):
    """Follow what is logged; say throughput, latency and errors; raise and clear alerts."""

    topics = (p.ALERTS,)
    configuration = PerformanceMonitorConfiguration

    async def start(self) -> None:
        """Take up the alerts, and begin to follow the metrics."""
        self._limits = self.configured(PerformanceMonitorConfiguration)
        self._window = PerformanceWindow(self._limits.window_seconds)
        self._book = AlertBook(self.store, self.clock)
        self._after = 0
        self._following = asyncio.Lock()
        await self._book.load()
        self.spawn(self._watch(), "watch")

    async def state_cleared(self) -> None:
        """Forget alerts and figures too."""
        self._window.clear()
        await self._book.load()

    @action
    async def log_metric(self, request: p.LogMetricRequest) -> p.MetricLogged:
        """Have one value of one metric written down; the figures follow."""
        return await self.peers.call(
            "performance_logger_agent",
            "log_metric",
            request,
            p.MetricLogged,
            timeout=LOGGER_SECONDS,
        )

    @action
    async def get_metrics(self, request: p.MetricsRequest) -> p.PerformanceFigures:
        """Return the figures of one agent or of all, with what was logged up to now."""
        note = await self._follow()
        figures = self._window.figures(self.clock.now())
        return p.PerformanceFigures(
            window_seconds=self._window.seconds,
            agents=tuple(each for each in figures if request.agent in (None, each.agent)),
            note=note,
        )

    @action
    async def get_alerts(self, request: p.AlertsRequest) -> p.Alerts:
        """Judge what was logged up to now; return alerts, newest first."""
        await self._follow()
        found = [
            alert
            for alert in self._book.newest_first()
            if request.agent in (None, alert.agent)
            and not (request.standing_only and alert.cleared_at is not None)
        ]
        return p.Alerts(alerts=tuple(found[: request.limit]))

    async def _watch(self) -> None:
        while True:
            await self._follow()
            await self.clock.sleep(self._limits.check_seconds)

    async def _follow(self) -> str:
        async with self._following:  # two at once would count the same values twice
            note = await self._read()
            figures = self._window.figures(self.clock.now())
            found = [finding for each in figures for finding in findings(each, self._limits)]
            for alert in await self._book.update(found):
                self.log.warning(alert.message, extra={"cleared": alert.cleared_at is not None})
                self.events.publish(p.ALERTS, p.AlertRaised(alert=alert))
            return note

    async def _read(self) -> str:
        try:
            for _ in range(MOST_PAGES):
                page = await self.peers.call(
                    "performance_logger_agent",
                    "get_recent_metrics",
                    p.RecentMetricsRequest(after=self._after, limit=PAGE),
                    p.RecentMetrics,
                    timeout=LOGGER_SECONDS,
                )
                self._after = page.last
                self._window.take_in(page.points)
                if len(page.points) < PAGE:
                    break
        except ActionError as error:
            self.log.info("metrics cannot be read", extra={"error": str(error)})
            return f"the newest metrics could not be read: {error.code.value}"
        return ""
