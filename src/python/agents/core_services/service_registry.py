"""The directory of running agents. No health policy, no routing may enter."""

import asyncio
from dataclasses import dataclass

from common.agent import Agent, AgentContext, action
from common.contracts.registry import (
    AgentChanges,
    AgentEndpoint,
    AgentList,
    AgentRecord,
    AgentRegistered,
    DeregisterAgent,
    GetAgentEndpoint,
    Heartbeat,
    ListAgents,
    RegisterAgent,
    WatchAgents,
)
from common.lifecycle import Phase
from common.messages import ActionError, Done, ErrorCode

COLLECTION = "agents"
LEASE_SECONDS = 3.0
SWEEP_SECONDS = 0.5
# When a whole fleet starts, one wake-up carries many changes to every watcher.
GATHER_SECONDS = 0.02
TOMBSTONES = 1000

Key = tuple[str, str]


@dataclass(frozen=True)
class Entry:
    """A record with the version that brought it; a stopped one tells watchers that it is gone."""

    record: AgentRecord
    version: int


class ServiceRegistry(Agent):
    """Know which agents run and where, and tell whoever waits for changes."""

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._entries: dict[Key, Entry] = {}
        self._leases: dict[Key, float] = {}
        self._version = 0
        self._oldest = 0
        self._name = ""
        self._changed = asyncio.Event()
        self._is_draining = False

    async def start(self) -> None:
        """Take up the table of the last life; everyone in it has one lease to speak up."""
        # Versions go on from the clock, so that one from an earlier life is never newer.
        self._version = self._oldest = int(self.clock.now() * 1000)
        self._name = str(self._version)
        for _, document in await self.store.scan(COLLECTION):
            self._enter(AgentRecord.model_validate(document))
        self.spawn(self._sweep(), "sweeper")

    async def drain(self) -> None:
        """Answer every watcher now; they ask again when the registry is back."""
        self._is_draining = True
        self._changed.set()

    async def state_cleared(self) -> None:
        """Forget every record; agents come back with their next heartbeat."""
        for record in self._records():
            self._bury(record)

    @action
    async def register_agent(self, request: RegisterAgent) -> AgentRegistered:
        """Enter or replace the record of a running agent."""
        record = request.record
        known = self._known(record.slug, record.instance)
        if known is not None and known.since > record.since:
            raise _replaced(record.slug, record.instance)
        self._enter(record)
        await self.store.put(COLLECTION, _key(record), record.model_dump(mode="json"))
        return self._accepted()

    @action
    async def heartbeat(self, request: Heartbeat) -> AgentRegistered:
        """Renew the lease of a registered agent."""
        known = self._known(request.slug, request.instance)
        if known is None or known.since < request.since:
            message = f"{request.slug} {request.instance} is not registered"
            raise ActionError(ErrorCode.NOT_FOUND, message)
        if known.since > request.since:
            raise _replaced(request.slug, request.instance)
        self._leases[request.slug, request.instance] = self.clock.monotonic() + LEASE_SECONDS
        return self._accepted()

    @action
    async def deregister_agent(self, request: DeregisterAgent) -> Done:
        """Take out the record of an agent that stops."""
        known = self._known(request.slug, request.instance)
        if known is not None and known.since <= request.since:
            await self._remove(known)
        return Done()

    @action
    async def get_agent_endpoint(self, request: GetAgentEndpoint) -> AgentEndpoint:
        """Tell where an agent can be reached, by slug or class name."""
        wanted = request.agent.replace("_", "").lower()
        copies = [found for found in self._records() if found.slug.replace("_", "") == wanted]
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
        agents = tuple(
            record
            for record in self._records()
            if request.phase in (None, record.phase) and request.group in (None, record.group)
        )
        return AgentList(version=self._version, agents=agents)

    @action
    async def watch_agents(self, request: WatchAgents) -> AgentChanges:
        """Wait for changes after a version, and give them."""
        if self._oldest <= request.since == self._version:
            try:
                async with asyncio.timeout(request.timeout_seconds):
                    await self._changed.wait()
                    if not self._is_draining:
                        await self.clock.sleep(GATHER_SECONDS)
            except TimeoutError:
                return AgentChanges(version=self._version, complete=False, agents=())
        return self._changes_since(request.since)

    def _changes_since(self, since: int) -> AgentChanges:
        if not self._oldest <= since <= self._version:
            return AgentChanges(version=self._version, complete=True, agents=self._records())
        newer = [entry for entry in self._entries.values() if entry.version > since]
        agents = tuple(entry.record for entry in sorted(newer, key=lambda entry: entry.version))
        return AgentChanges(version=self._version, complete=False, agents=agents)

    def _known(self, slug: str, instance: str) -> AgentRecord | None:
        entry = self._entries.get((slug, instance))
        return None if entry is None or entry.record.phase is Phase.STOPPED else entry.record

    def _records(self) -> tuple[AgentRecord, ...]:
        records = (self._entries[key].record for key in sorted(self._entries))
        return tuple(record for record in records if record.phase is not Phase.STOPPED)

    def _enter(self, record: AgentRecord) -> None:
        key = (record.slug, record.instance)
        self._version += 1
        self._entries[key] = Entry(record, self._version)
        self._leases[key] = self.clock.monotonic() + LEASE_SECONDS
        self._changed.set()
        self._changed = asyncio.Event()

    def _bury(self, record: AgentRecord) -> None:
        self._enter(record.model_copy(update={"phase": Phase.STOPPED}))
        del self._leases[record.slug, record.instance]
        self._drop_tombstones()

    def _drop_tombstones(self) -> None:
        graves = [key for key in self._entries if key not in self._leases]
        for key in graves[:-TOMBSTONES]:
            self._oldest = max(self._oldest, self._entries.pop(key).version)

    async def _remove(self, record: AgentRecord) -> None:
        self._bury(record)
        await self.store.delete(COLLECTION, _key(record))

    async def _sweep(self) -> None:
        while True:
            before = self.clock.monotonic()
            await self.clock.sleep(SWEEP_SECONDS)
            now = self.clock.monotonic()
            # Heartbeats could not be heard while this process did not get to run.
            unheard = max(0.0, now - before - SWEEP_SECONDS)
            self._leases = {key: until + unheard for key, until in self._leases.items()}
            await self._end_leases(now)

    async def _end_leases(self, now: float) -> None:
        for key in [key for key, until in self._leases.items() if until <= now]:
            # Removing one waits for the disk; another may have spoken up meanwhile.
            if self._leases.get(key, now + 1) <= now:
                self.log.warning("lease ended", extra={"slug": key[0], "copy": key[1]})
                await self._remove(self._entries[key].record)

    def _accepted(self) -> AgentRegistered:
        return AgentRegistered(lease_seconds=LEASE_SECONDS, registry=self._name)


def _key(record: AgentRecord) -> str:
    return f"{record.slug}/{record.instance}"


def _replaced(slug: str, instance: str) -> ActionError:
    return ActionError(ErrorCode.CONFLICT, f"a newer process is registered as {slug} {instance}")
