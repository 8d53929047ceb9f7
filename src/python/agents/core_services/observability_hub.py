"""
Health and metrics of every agent in one place, and the restarts that follow from them.

Looking, judging and ordering have modules of their own next to this one. Deciding by itself to
restart an agent may not enter: the hub does what it is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

from agents.core_services import hub_messages as h
from agents.core_services.agent_pictures import is_name_of
from agents.core_services.fleet_watch import FleetWatch
from agents.core_services.restart_order import Graph, RestartOrderError, dependencies_of, levels
from agents.core_services.restarts import Restarts
from agents.core_services.scraper import look_at_all
from common.agent import Agent, AgentContext, action
from common.contracts import observability as o
from common.contracts import recovery as r
from common.contracts.health import Cleared
from common.messages import ActionError, Empty, ErrorCode, Query

SCRAPE_SECONDS: Final = 15.0
CLEAR_TIMEOUT_SECONDS: Final = 10.0


class ObservabilityHub(Agent):
    """Watch every agent, say what is out of line, restart what it is told to."""

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._watch = FleetWatch(context.store, context.clock)
        self._restarts = Restarts(context.store, context.peers, context.clock)
        self._scraped_at: float | None = None
        self._scraping = asyncio.Lock()

    async def start(self) -> None:
        """Take up the time series and begin to look at the agents."""
        await self._watch.load()
        await self._restarts.load()
        self.spawn(self._scrape_forever(), "scrape")

    async def state_cleared(self) -> None:
        """Forget the time series too."""
        await self._watch.load()
        self._scraped_at = None

    @action
    async def restart_agent(self, request: r.AgentOrder) -> r.RestartStarted:
        """Restart one agent."""
        return await self._restart([self._known(request.agent)])

    @action
    async def restart_all_agents(self, request: Empty) -> r.RestartStarted:
        """Restart every agent but this one, what others depend on first."""
        return await self._restart(self._slugs() - {self.facts.slug})

    @action
    async def restart_dependencies(self, request: r.AgentOrder) -> r.RestartStarted:
        """Restart everything that an agent depends on, but not the agent."""
        agent = self._known(request.agent)
        wanted = dependencies_of(agent, self._graph()) & self._slugs() - {self.facts.slug}
        if not wanted:
            message = f"the directory names nothing that {agent} depends on"
            raise ActionError(ErrorCode.NOT_FOUND, message, "agent")
        return await self._restart(wanted)

    @action
    async def clear_agent_state(self, request: r.AgentOrder) -> r.StateCleared:
        """Have an agent wipe everything it keeps."""
        agent = self._known(request.agent)
        cleared = await self.peers.call(
            agent, "clear_state", Empty(), Cleared, timeout=CLEAR_TIMEOUT_SECONDS
        )
        return r.StateCleared(agent=agent, documents=cleared.documents)

    @action
    async def get_restarts(self, request: h.GetRestartsRequest) -> h.RestartList:
        """Say how far restarts are and which agents did not come back."""
        return h.RestartList(restarts=await self._restarts.newest(request.limit))

    @action
    async def get_health_summary(self, request: Query) -> o.HealthSummary:
        """Return the newest point of every agent and what they add up to."""
        return self._summary()

    @action
    async def get_anomalies(self, request: h.HistoryRequest) -> h.Anomalies:
        """Return what was out of line."""
        agent = request.agent and self._called(request.agent)
        found = await self._watch.anomalies(agent, request.since, request.limit)
        return h.Anomalies(anomalies=found)

    @action
    async def get_time_series(self, request: h.HistoryRequest) -> h.TimeSeries:
        """Return the points of one agent."""
        if request.agent is None:
            raise ActionError(ErrorCode.INVALID, "expected the agent to show", "agent")
        agent = self._called(request.agent)
        return h.TimeSeries(points=await self._watch.series(agent, request.since, request.limit))

    @action
    async def get_metrics_text(self, request: Query) -> h.MetricsText:
        """Return the metrics of every agent in one text for Prometheus."""
        return h.MetricsText(text=self._watch.metrics_text())

    @action
    async def scrape_now(self, request: Empty) -> o.HealthSummary:
        """Look at every agent at once, without waiting for the next round."""
        await self._scrape()
        return self._summary()

    def _slugs(self) -> frozenset[str]:
        return frozenset(record.slug for record in self.peers.directory())

    def _graph(self) -> Graph:
        return {record.slug: record.depends_on for record in self.peers.directory()}

    def _called(self, name: str) -> str:
        return next((slug for slug in self._slugs() if is_name_of(slug, name)), name)

    def _known(self, name: str) -> str:
        slug = self._called(name)
        if slug not in self._slugs():
            message = f"no agent {name!r} is in the directory"
            raise ActionError(ErrorCode.NOT_FOUND, message, "agent")
        return slug

    async def _restart(self, agents: Iterable[str]) -> r.RestartStarted:
        try:
            order = levels(agents, self._graph())
        except RestartOrderError as error:
            raise ActionError(ErrorCode.CONFLICT, str(error)) from error
        restart = await self._restarts.begin(order)
        self.spawn(self._restarts.carry_out(restart), f"restart {restart.restart_id}")
        self.log.info("restart", extra={"restart_id": restart.restart_id, "order": order})
        return r.RestartStarted(restart_id=restart.restart_id, order=order)

    async def _scrape_forever(self) -> None:
        while True:
            await self._scrape()
            await self.clock.sleep(SCRAPE_SECONDS)

    async def _scrape(self) -> None:
        async with self._scraping:  # two rounds at once would count the same requests twice
            looks = await look_at_all(self.peers.directory())
            for anomaly in await self._watch.take_in(looks):
                about = anomaly.model_dump(include={"agent", "instance", "measure", "score"})
                self.log.warning(anomaly.message, extra=about)
            self._scraped_at = self.clock.now()

    def _summary(self) -> o.HealthSummary:
        points = tuple(self._watch.latest[key] for key in sorted(self._watch.latest))
        down = sum(not point.up for point in points)
        is_whole = down == 0 and all(point.phase == "ready" for point in points)
        status: o.FleetStatus = "unknown"
        if points:
            some: o.FleetStatus = "degraded" if down * 2 < len(points) else "unhealthy"
            status = "healthy" if is_whole else some
        return o.HealthSummary(
            status=status,
            scraped_at=self._scraped_at,
            up=len(points) - down,
            down=down,
            agents=points,
        )
