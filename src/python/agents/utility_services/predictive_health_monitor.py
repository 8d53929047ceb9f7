"""
PredictiveHealthMonitor: sees failures come, and asks for a restart before they do.

How a forecast is made lies in failure_forecast; restarts are carried out by observability_hub.
"""

from __future__ import annotations

from typing import Final

from pydantic import Field

from agents.utility_services import health_watch as w
from agents.utility_services.failure_forecast import phi, risk, seconds_left
from agents.utility_services.watch_book import KEPT_BEATS, MEGABYTE, WatchBook
from common.agent import Agent, action
from common.configuration import Configuration
from common.contracts.observability import HealthSummary
from common.contracts.recovery import AgentOrder, RestartStarted, StateCleared
from common.contracts.twin import TwinMetrics
from common.messages import ActionError, Empty, Query

HUB: Final = "observability_hub"
TWIN: Final = "system_digital_twin"
RESTART_PAUSE_SECONDS: Final = 300.0
CLEAR_SECONDS: Final = 30.0


class PredictiveHealthConfiguration(Configuration):
    """How far to look ahead, how often, and from which risk on to act."""

    horizon_seconds: float = Field(default=600.0, ge=10.0, le=86_400.0)
    look_seconds: float = Field(default=10.0, ge=0.5, le=600.0)
    warn_from: float = Field(default=0.5, ge=0.0, le=1.0)
    restart_from: float = Field(default=0.9, ge=0.0, le=1.0)


class PredictiveHealthMonitor(Agent):
    """Watch agents by heartbeats and by the hub; warn of failures, prevent those that are near."""

    topics = (w.PREDICTIONS,)
    configuration = PredictiveHealthConfiguration

    async def start(self) -> None:
        """Take up who is watched, and begin to look."""
        self._chosen = self.configured(PredictiveHealthConfiguration)
        self._book = WatchBook(self.store, self.clock)
        self._host: tuple[tuple[float, float], ...] = ()
        self._host_limit = 0.0
        await self.state_cleared()
        self.spawn(self._look_forever(), "look")

    async def state_cleared(self) -> None:
        """Read who is watched."""
        await self._book.load()
        self._warned: set[str] = set()

    @action
    async def register(self, request: w.RegisterAgentRequest) -> w.WatchReply:
        """Begin to watch an agent."""
        await self._book.register(request.agent, request.memory_limit_mb)
        return w.WatchReply(agent=request.agent, watched=len(self._book))

    @action
    async def unregister(self, request: w.AgentNameRequest) -> w.WatchReply:
        """Watch an agent no more."""
        was_known = await self._book.unregister(request.agent)
        self._warned.discard(request.agent)
        return w.WatchReply(agent=request.agent, watched=len(self._book), known=was_known)

    @action
    async def heartbeat(self, request: w.HeartbeatRequest) -> w.WatchReply:
        """Hear that an agent lives, and how it is."""
        await self._book.beat(request.agent, request.memory_mb, request.error_rate)
        return w.WatchReply(agent=request.agent, watched=len(self._book))

    @action
    async def get_status(self, request: w.WatchStatusRequest) -> w.WatchStatus:
        """Say who is likely to fail, and when the host's memory ends as it goes."""
        wanted = (self._book.find(request.agent),) if request.agent else self._book.all()
        forecasts = sorted(map(self._forecast, wanted), key=lambda one: (-one.risk, one.agent))
        left = seconds_left(self._host, self._host_limit)
        return w.WatchStatus(forecasts=tuple(forecasts), host_seconds_left=left)

    @action
    async def restart_agent(self, request: AgentOrder) -> RestartStarted:
        """Have an agent restarted."""
        return await self.peers.call(HUB, "restart_agent", request, RestartStarted)

    @action
    async def restart_all_agents(self, request: Empty) -> RestartStarted:
        """Have every agent restarted, in the order of their dependencies."""
        return await self.peers.call(HUB, "restart_all_agents", request, RestartStarted)

    @action
    async def restart_dependencies(self, request: AgentOrder) -> RestartStarted:
        """Have everything restarted that an agent depends on."""
        return await self.peers.call(HUB, "restart_dependencies", request, RestartStarted)

    @action
    async def clear_agent_state(self, request: AgentOrder) -> StateCleared:
        """Have an agent wipe everything it keeps."""
        return await self.peers.call(
            HUB, "clear_agent_state", request, StateCleared, timeout=CLEAR_SECONDS
        )

    def _forecast(self, known: w.WatchedAgent) -> w.Forecast:
        beats = known.beats
        intervals = [late - early for early, late in zip(beats, beats[1:], strict=False)]
        suspicion = phi(intervals, self._book.silence(known))
        limit = known.memory_limit_mb or self._host_limit
        left = seconds_left(known.memory, limit) if limit else None
        horizon = self._chosen.horizon_seconds
        signs = {"silence": risk(suspicion, None, horizon, 0.0)}
        signs["memory"] = risk(0.0, left, horizon, 0.0)
        signs["errors"] = known.error_rate
        worst = max(signs, key=lambda name: signs[name])
        return w.Forecast(
            agent=known.agent,
            risk=min(1.0, risk(suspicion, left, horizon, known.error_rate)),
            suspicion=round(suspicion, 3),
            seconds_left=left,
            error_rate=known.error_rate,
            reason=worst if signs[worst] > 0 else "",
        )

    async def _look_forever(self) -> None:
        while True:
            await self.clock.sleep(self._chosen.look_seconds)
            await self._look_at_host()
            await self._look_at_agents()
            for known in self._book.all():
                await self._judge(known, self._forecast(known))

    async def _look_at_host(self) -> None:
        try:
            found = await self.peers.call(TWIN, "get_metrics", Query(), TwinMetrics)
        except ActionError as error:
            self.log.debug("the host is not known", extra={"error": str(error)})
            return
        used = (found.host.memory_total - found.host.memory_available) / MEGABYTE
        self._host = (*self._host, (found.host.at, used))[-KEPT_BEATS:]
        self._host_limit = found.host.memory_total / MEGABYTE

    async def _look_at_agents(self) -> None:
        try:
            found = await self.peers.call(HUB, "get_health_summary", Query(), HealthSummary)
        except ActionError as error:
            self.log.debug("the hub does not tell how agents are", extra={"error": str(error)})
            return
        await self._book.learn(found, (HUB, self.facts.slug))
        self._warned &= {one.agent for one in self._book.all()}

    async def _judge(self, known: w.WatchedAgent, forecast: w.Forecast) -> None:
        if forecast.risk < self._chosen.warn_from:
            self._warned.discard(known.agent)
            return
        is_due = forecast.risk >= self._chosen.restart_from and self._may_restart(known)
        if known.agent in self._warned and not is_due:
            return
        self._warned.add(known.agent)
        restarted = is_due and await self._restart(known)
        now = self.clock.now()
        told = w.FailurePredicted(forecast=forecast, restarted=restarted, at=now)
        self.events.publish(w.PREDICTIONS, told)

    def _may_restart(self, known: w.WatchedAgent) -> bool:
        last = known.restarted_at
        return last is None or self.clock.now() - last >= RESTART_PAUSE_SECONDS

    async def _restart(self, known: w.WatchedAgent) -> bool:
        try:
            await self.restart_agent(AgentOrder(agent=known.agent))
        except ActionError as error:
            self.log.warning("no restart", extra={"agent": known.agent, "error": str(error)})
            return False
        begun_anew = {"restarted_at": self.clock.now(), "beats": (), "memory": ()}
        await self._book.keep(known.model_copy(update=begun_anew))
        return True
