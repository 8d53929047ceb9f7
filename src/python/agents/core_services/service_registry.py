"""The directory of running agents. No health policy, no routing may enter."""

import asyncio

from agents.core_services.registry_book import RegistryBook
from agents.core_services.registry_leader import RegistryLeader
from agents.core_services.registry_lease import LeaderLease
from common.agent import Agent, AgentContext, action
from common.contracts.registry import (
    REGISTRY_SLUG,
    AgentChanges,
    AgentEndpoint,
    AgentList,
    AgentRegistered,
    DeregisterAgent,
    GetAgentEndpoint,
    GetWeights,
    Heartbeat,
    ListAgents,
    RegisterAgent,
    SetWeights,
    WatchAgents,
    WeightsList,
)
from common.messages import ActionError, Done, ErrorCode
from common.state.store import StoreUnavailableError

LEASE_SECONDS = 3.0
SWEEP_SECONDS = 0.5
# When a whole fleet starts, one wake-up carries many changes to every watcher.
GATHER_SECONDS = 0.02


class ServiceRegistry(Agent):
    """Know which agents run and where, and tell whoever waits for changes.

    Of the replicas that share a store one leads and answers; the others name it.
    """

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._instance = context.instance
        place = f"{context.instance} at {context.endpoint}"
        self._lease = LeaderLease(self.store, place, self.clock, self.log)
        self._book = RegistryBook(self.store, self.log)
        self._leader = RegistryLeader(place, self._lease, self._book, self.clock, self.log)
        self._changed = asyncio.Event()
        self._weighing = asyncio.Lock()
        self._is_draining = False

    async def start(self) -> None:
        """Lead, unless another does: then follow it, ready to take over."""
        await self._leader.lead_or_follow(LEASE_SECONDS)
        self.spawn(self._keep_asking(), "leadership")
        self.spawn(self._sweep(), "sweeper")

    async def drain(self) -> None:
        """Answer every watcher now; they ask again when the registry is back."""
        self._is_draining = True
        self._changed.set()

    async def stop(self) -> None:
        """Let another replica lead at once."""
        await self._leader.stop(REGISTRY_SLUG, self._instance)

    async def state_cleared(self) -> None:
        """Forget every record and weight; agents come back with their next heartbeat."""
        await self._leader.clear()
        self._notify()

    @action
    async def register_agent(self, request: RegisterAgent) -> AgentRegistered:
        """Enter or replace the record of a running agent."""
        self._leader.table.enter(request.record, self._lease_end())
        self._notify()
        await self._book.enter(request.record)
        return self._accepted()

    @action
    async def heartbeat(self, request: Heartbeat) -> AgentRegistered:
        """Renew the lease of a registered agent."""
        self._leader.table.renew(request, self._lease_end())
        return self._accepted()

    @action
    async def deregister_agent(self, request: DeregisterAgent) -> Done:
        """Take out the record of an agent that stops."""
        gone = self._leader.table.left(request)
        if gone is not None:
            self._notify()
            await self._book.strike(gone)
        return Done()

    @action
    async def get_agent_endpoint(self, request: GetAgentEndpoint) -> AgentEndpoint:
        """Tell where an agent can be reached, by slug or class name."""
        wanted = request.agent.replace("_", "").lower()
        records = self._leader.table.records
        copies = [found for found in records if found.slug.replace("_", "") == wanted]
        if not copies:
            raise ActionError(ErrorCode.NOT_FOUND, f"no agent {request.agent!r}", field="agent")
        # Serving copies first; of these the one that has run longest.
        best = min(copies, key=lambda found: (not found.phase.is_serving, found.since))
        return AgentEndpoint(
            slug=best.slug,
            instance=best.instance,
            endpoint=best.endpoint,
            health_endpoint=best.health_endpoint,
            phase=best.phase,
        )

    @action
    async def list_agents(self, request: ListAgents) -> AgentList:
        """List the records of running agents."""
        table = self._leader.table
        agents = tuple(
            record
            for record in table.records
            if request.phase in (None, record.phase) and request.group in (None, record.group)
        )
        return AgentList(version=table.version, agents=agents)

    @action
    async def watch_agents(self, request: WatchAgents) -> AgentChanges:
        """Wait for changes after a version, and give them."""
        if not self._leader.table.is_news(request.since, request.registry):
            await self._wait_for_news(request.timeout_seconds)
        return self._leader.table.changes(request.since, request.registry)

    @action
    async def set_weights(self, request: SetWeights) -> Done:
        """Share an agent's calls among its releases, for everybody who calls it."""
        async with self._weighing:
            await self._leader.set_weights(request.agent, request.weights)
        self._notify()
        return Done()

    @action
    async def get_weights(self, request: GetWeights) -> WeightsList:
        """Give the weights that are set."""
        agents = self._leader.table.weights
        wanted = tuple(told for told in agents if request.agent in (None, told.agent))
        return WeightsList(agents=wanted)

    def _accepted(self) -> AgentRegistered:
        # Asked again: by the time something is on disk another may lead.
        return AgentRegistered(lease_seconds=LEASE_SECONDS, registry=self._leader.table.name)

    def _lease_end(self) -> float:
        return self.clock.monotonic() + LEASE_SECONDS

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _wait_for_news(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
                if not self._is_draining:
                    await self.clock.sleep(GATHER_SECONDS)
        except TimeoutError:
            return

    async def _keep_asking(self) -> None:
        while True:
            await self._lease.pause()
            try:
                if await self._leader.lead_or_follow(LEASE_SECONDS):
                    self._notify()
            except StoreUnavailableError as error:
                self.log.warning("the table cannot be read", extra={"error": str(error)})

    async def _sweep(self) -> None:
        while True:
            before = self.clock.monotonic()
            await self.clock.sleep(SWEEP_SECONDS)
            now = self.clock.monotonic()
            if self._leader.is_leading:
                # Heartbeats could not be heard while this process did not get to run.
                self._leader.table.extend_leases(max(0.0, now - before - SWEEP_SECONDS))
                await self._end_leases(now)

    async def _end_leases(self, now: float) -> None:
        table = self._leader.table
        for record in table.ended(now):
            # Striking one out waits for the disk; another may have spoken up meanwhile.
            if not self._leader.is_leading or record not in table.ended(now):
                continue
            self.log.warning("lease ended", extra={"slug": record.slug, "copy": record.instance})
            table.bury(record)
            self._notify()
            try:
                await self._book.strike(record)
            except StoreUnavailableError as error:
                # The next leader finds the record, and ends its lease once more.
                self.log.warning("the record stays in the store", extra={"error": str(error)})
