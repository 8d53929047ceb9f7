"""
UnifiedSystemAgent: one control point for the agents of the fleet and the host that they run on.

It restarts nobody itself: that power is ObservabilityHub's, which is asked. Whom it may not stop
is said here.
"""

from __future__ import annotations

import asyncio
import os
import platform
from collections import Counter
from typing import Final

import psutil

from agents.core_services import control_messages as m
from agents.core_services.agent_pictures import SERVING, is_name_of
from agents.core_services.host_probe import HostProbe
from agents.core_services.temporary_files import counts_as_temporary
from common.agent import Agent, AgentContext, action
from common.contracts.recovery import AgentOrder, RestartStarted
from common.contracts.registry import AgentRecord
from common.contracts.twin import AgentPicture, AgentPictures
from common.messages import ActionError, ErrorCode, Query
from common.old_files import clean_up

VITAL: Final = ("service_registry", "observability_hub")
COMES_BACK: Final = "it ends what runs and exits; its supervisor starts it again"


class UnifiedSystemAgent(Agent):
    """List, start, stop and restart agents, describe the host, clean up after itself."""

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._probe = HostProbe(context.state_directory)

    @action
    async def list_services(self, request: m.ListServicesRequest) -> m.Services:
        """Return every agent that the twin or the directory knows."""
        found, note = await self._services()
        wanted = (
            each
            for each in found
            if request.group in (None, each.group)
            and request.machine in (None, each.machine)
            and request.phase in (None, each.phase)
        )
        return m.Services(services=tuple(wanted), note=note)

    @action
    async def get_service_status(self, request: m.ServiceQuery) -> m.ServiceStatus:
        """Return the copies of an agent, and what it needs that does not serve."""
        found, note = await self._services()
        copies = _called(found, request.service)
        serving = {each.service for each in found if each.is_serving}
        needed = {slug for each in copies for slug in each.depends_on}
        return m.ServiceStatus(
            service=copies[0].service,
            is_serving=any(each.is_serving for each in copies),
            copies=copies,
            missing=tuple(sorted(needed - serving)),
            note=note,
        )

    @action
    async def start_service(self, request: m.ServiceOrder) -> m.OrderTaken:
        """See that an agent serves: one that hangs is restarted, one that is gone cannot be."""
        found, _ = await self._services()
        copies = _called(found, request.service)
        slug = copies[0].service
        if any(each.is_serving for each in copies):
            return m.OrderTaken(service=slug, note="it serves already")
        if not any(record.slug == slug for record in self.peers.directory()):
            message = (
                f"expected a process of {slug}, found none: only its supervisor can start one, "
                "such as `up`"
            )
            raise ActionError(ErrorCode.UNAVAILABLE, message, "service")
        return await self._restart(slug, "it did not serve and is restarted")

    @action
    async def stop_service(self, request: m.ServiceOrder) -> m.OrderTaken:
        """Have an agent end what runs and exit; a supervised one comes back."""
        slug = await self._running(request.service)
        if slug in (*VITAL, self.facts.slug):
            message = f"expected an agent that the others can do without, found {slug}"
            raise ActionError(ErrorCode.DENIED, message, "service")
        return await self._restart(slug, COMES_BACK)

    @action
    async def restart_service(self, request: m.ServiceOrder) -> m.OrderTaken:
        """Have the hub restart an agent."""
        return await self._restart(await self._running(request.service), COMES_BACK)

    @action
    async def get_system_info(self, request: Query) -> m.SystemInfo:
        """Return the resources of this host, and the agents by phase."""
        host = await asyncio.to_thread(self._probe.sample, self.clock.now())
        return m.SystemInfo(
            host=host,
            platform=platform.platform(),
            python=platform.python_version(),
            boot_at=psutil.boot_time(),
            load=os.getloadavg(),
            agents=dict(Counter(record.phase.value for record in self.peers.directory())),
            own_memory=psutil.Process().memory_info().rss,
        )

    @action
    async def cleanup_system(self, request: m.CleanupRequest) -> m.CleanedUp:
        """Take away old temporary files in this agent's own folder."""
        before = self.clock.now() - request.older_than_seconds
        found = await asyncio.to_thread(
            clean_up,
            self.state_directory,
            before,
            counts_as_temporary,
            is_dry_run=request.dry_run,
        )
        return m.CleanedUp(
            files=found.files,
            freed_bytes=found.freed_bytes,
            kept=found.kept,
            dry_run=request.dry_run,
        )

    async def _running(self, name: str) -> str:
        found, _ = await self._services()
        slug = _called(found, name)[0].service
        if not any(record.slug == slug for record in self.peers.directory()):
            message = f"expected a running agent, found that {slug} is gone"
            raise ActionError(ErrorCode.UNAVAILABLE, message, "service")
        return slug

    async def _restart(self, slug: str, note: str) -> m.OrderTaken:
        order = AgentOrder(agent=slug)
        started = await self.peers.call("observability_hub", "restart_agent", order, RestartStarted)
        return m.OrderTaken(service=slug, restart_id=started.restart_id, note=note)

    async def _services(self) -> tuple[tuple[m.Service, ...], str]:
        """Return all agents by the twin, or by the directory alone when it does not answer."""
        known = {(r.slug, r.instance): _of_record(r) for r in self.peers.directory()}
        note = ""
        try:
            pictures = await self.peers.call(
                "system_digital_twin", "get_all_agents", Query(), AgentPictures
            )
            known = {(p.slug, p.instance): _of_picture(p) for p in pictures.agents} | known
        except ActionError as error:
            note = f"the twin did not say which agents are gone: {error}"
        return tuple(known[key] for key in sorted(known)), note


def _called(found: tuple[m.Service, ...], name: str) -> tuple[m.Service, ...]:
    copies = tuple(each for each in found if is_name_of(each.service, name))
    if not copies:
        raise ActionError(ErrorCode.NOT_FOUND, f"no agent is called {name!r}", "service")
    return copies


def _of_picture(picture: AgentPicture) -> m.Service:
    return m.Service(
        service=picture.slug,
        instance=picture.instance,
        phase=picture.phase,
        machine=picture.machine,
        group=picture.group,
        since=picture.since,
        depends_on=picture.depends_on,
        is_serving=picture.phase in SERVING,
    )


def _of_record(record: AgentRecord) -> m.Service:
    return m.Service(
        service=record.slug,
        instance=record.instance,
        phase=record.phase.value,
        machine=record.machine,
        group=record.group,
        since=record.since,
        depends_on=record.depends_on,
        is_serving=record.phase.is_serving,
    )
