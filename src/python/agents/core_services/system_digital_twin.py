"""
The live picture of every agent and of the host, what happened, and what a load would do.

Forecast, sampling and pictures have modules of their own next to this one. Acting on an agent may
not enter: the twin only knows.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from agents.core_services.agent_pictures import GONE, SERVING, PictureBook, is_name_of
from agents.core_services.forecast import forecast
from agents.core_services.host_probe import HostProbe
from agents.core_services.timeline import Timeline
from common.agent import Agent, AgentContext, action
from common.contracts import twin as t
from common.messages import ActionError, ErrorCode, Query
from common.state.store import Document

SAMPLE_SECONDS: Final = 10.0
KEEP_SECONDS: Final = {
    t.HistoryKind.METRICS: 86_400.0,
    t.HistoryKind.VRAM: 86_400.0,
    t.HistoryKind.EVENTS: 7 * 86_400.0,
    t.HistoryKind.ERRORS: 30 * 86_400.0,
}
VRAM: Final = "vram_now"
MAX_DEVICES: Final = 64
GRAVITY: Final = tuple(t.Severity)


class SystemDigitalTwin(Agent):
    """Know every agent and the host, remember what happened and forecast load."""

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._book = PictureBook(context.store, context.clock)
        self._probe = HostProbe(context.state_directory)
        self._newest = self._probe.sample(context.clock.now())
        self._history = {
            kind: Timeline(context.store, context.clock, kind.value, seconds)
            for kind, seconds in KEEP_SECONDS.items()
        }

    async def start(self) -> None:
        """Read what is known, then sample the host and watch the directory."""
        await self._book.load()
        self.spawn(self._watch(), "watch")

    async def state_cleared(self) -> None:
        """Forget every picture; the directory brings back those that are there."""
        await self._book.load()

    @action
    async def register_agent(self, request: t.RegisterWithTwinRequest) -> t.AgentInfo:
        """Keep what an agent tells about itself, beyond what the registry knows."""
        known = (record.slug for record in self.peers.directory())
        slug = next((slug for slug in known if is_name_of(slug, request.agent)), request.agent)
        picture = await self._book.announce(request.model_copy(update={"agent": slug}))
        return t.AgentInfo(agents=self._called(picture.slug))

    @action
    async def get_agent_info(self, request: t.AgentRequest) -> t.AgentInfo:
        """Return what is known of one agent, a picture for each instance."""
        return t.AgentInfo(agents=self._called(request.agent))

    @action
    async def get_all_agents(self, request: Query) -> t.AgentPictures:
        """Return every agent, also those that are gone."""
        return t.AgentPictures(agents=self._pictures())

    @action
    async def get_registered_agents(self, request: Query) -> t.AgentPictures:
        """Return the agents that are in the directory or announced themselves."""
        found = tuple(picture for picture in self._pictures() if picture.phase != GONE)
        return t.AgentPictures(agents=found)

    @action
    async def get_ok_agents(self, request: Query) -> t.AgentPictures:
        """Return the agents that serve requests now."""
        found = tuple(picture for picture in self._pictures() if picture.phase in SERVING)
        return t.AgentPictures(agents=found)

    @action
    async def get_agent_endpoint(self, request: t.AgentRequest) -> t.AgentEndpoint:
        """Say where to reach an agent: an instance that serves, if there is one."""
        found = [picture for picture in self._called(request.agent) if picture.phase != GONE]
        if not found:
            message = f"{request.agent} is gone from the directory"
            raise ActionError(ErrorCode.UNAVAILABLE, message, "agent")
        best = min(
            found, key=lambda picture: (picture.phase != "ready", picture.phase not in SERVING)
        )
        return t.AgentEndpoint(
            agent=best.slug,
            instance=best.instance,
            endpoint=best.endpoint,
            health_endpoint=best.health_endpoint,
            phase=best.phase,
        )

    @action
    async def get_metrics(self, request: Query) -> t.TwinMetrics:
        """Return the newest sample of the host and the GPUs, and agents counted by phase."""
        phases = Counter(picture.phase for picture in self._pictures())
        return t.TwinMetrics(host=self._newest, vram=await self._vram(), agents=dict(phases))

    @action
    async def get_history(self, request: t.GetHistoryRequest) -> t.History:
        """Return what was sampled or happened, newest first."""
        entries: list[t.HistoryEntry] = []
        async for document in self._history[request.kind].newest_first(request.since or 0.0):
            entry = t.HistoryEntry.model_validate(document)
            if _is_wanted(entry, request):
                entries.append(entry)
            if len(entries) == request.limit:
                break
        return t.History(kind=request.kind, entries=tuple(entries))

    @action
    async def simulate_load(self, request: t.SimulateLoadRequest) -> t.LoadForecast:
        """Say what an extra load would leave of the host and what would break."""
        return forecast(request, self._newest, await self._vram())

    @action
    async def publish_event(self, request: t.PublishEventRequest) -> t.EventRecorded:
        """Record that something happened."""
        return await self._record(
            t.HistoryKind.EVENTS,
            request.source,
            request.severity,
            request.model_dump(include={"event_type", "data"}),
        )

    @action
    async def report_error(self, request: t.ReportErrorRequest) -> t.EventRecorded:
        """Record that something went wrong."""
        return await self._record(
            t.HistoryKind.ERRORS,
            request.source,
            request.severity,
            request.model_dump(include={"message", "details"}),
        )

    @action
    async def update_vram_metrics(self, request: t.UpdateVramRequest) -> t.VramUpdated:
        """Take in the memory of a GPU from the agent that measures it."""
        sample = t.VramSample(**request.model_dump(), at=self.clock.now())
        document = sample.model_dump(mode="json")
        known = [device for device, _ in await self.store.scan(VRAM)]
        if sample.device not in known and len(known) >= MAX_DEVICES:
            message = f"expected at most {MAX_DEVICES} devices, found one more"
            raise ActionError(ErrorCode.OVERLOADED, message, "device")
        await self.store.put(VRAM, sample.device, document)
        await self._history[t.HistoryKind.VRAM].record({"source": sample.source, "data": document})
        return t.VramUpdated(device=sample.device, free=sample.total - sample.used)

    def _pictures(self) -> tuple[t.AgentPicture, ...]:
        return self._book.all(self.peers.directory())

    def _called(self, name: str) -> tuple[t.AgentPicture, ...]:
        found = tuple(picture for picture in self._pictures() if is_name_of(picture.slug, name))
        if not found:
            raise ActionError(ErrorCode.NOT_FOUND, f"no agent is called {name!r}", "agent")
        return found

    async def _vram(self) -> tuple[t.VramSample, ...]:
        rows = await self.store.scan(VRAM)
        return tuple(t.VramSample.model_validate(document) for _, document in rows)

    async def _record(
        self, kind: t.HistoryKind, source: str, severity: t.Severity, data: Document
    ) -> t.EventRecorded:
        at = self.clock.now()
        document: Document = {"source": source, "severity": severity.value, "data": data}
        return t.EventRecorded(event_id=await self._history[kind].record(document), at=at)

    async def _watch(self) -> None:
        while True:
            self._newest = self._probe.sample(self.clock.now())
            sample = self._newest.model_dump(mode="json")
            await self._history[t.HistoryKind.METRICS].record({"data": sample})
            for change in await self._book.observe(self.peers.directory()):
                severity = t.Severity.WARNING if change.after == GONE else t.Severity.INFO
                told: Document = {"event_type": "agent_phase", "data": vars(change)}
                await self._record(t.HistoryKind.EVENTS, change.agent, severity, told)
            await self.clock.sleep(SAMPLE_SECONDS)


def _is_wanted(entry: t.HistoryEntry, request: t.GetHistoryRequest) -> bool:
    if request.source is not None and entry.source != request.source:
        return False
    if request.severity is None:
        return True
    found = entry.severity or t.Severity.INFO
    return GRAVITY.index(found) >= GRAVITY.index(request.severity)
