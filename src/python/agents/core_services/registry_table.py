"""The table of the registry that leads. No IO may enter; time is an argument."""

from collections.abc import Iterable
from dataclasses import dataclass

from common.contracts.registry import (
    AgentChanges,
    AgentRecord,
    AgentWeights,
    DeregisterAgent,
    Heartbeat,
    Weights,
)
from common.lifecycle import Phase
from common.messages import ActionError, ErrorCode

TOMBSTONES = 1000

Key = tuple[str, str]


@dataclass(frozen=True)
class Entry:
    """A record with the version that brought it; a stopped one tells watchers that it is gone."""

    record: AgentRecord
    version: int


class RegistryTable:
    """Hold the records with their leases, and the weights, each change under a new version.

    Versions go on from a number that is larger than any of an earlier table on this machine;
    those of another machine's are told apart by the table's name.
    """

    def __init__(self, name: str, version: int) -> None:
        self.name = name
        self.version = self.oldest = version
        self._entries: dict[Key, Entry] = {}
        self._leases: dict[Key, float] = {}
        self._weights: dict[str, Weights] = {}

    @property
    def records(self) -> tuple[AgentRecord, ...]:
        """Return the records of running agents, sorted by slug and instance."""
        return tuple(self._entries[key].record for key in sorted(self._leases))

    @property
    def weights(self) -> tuple[AgentWeights, ...]:
        """Return the weights that are set, sorted by slug."""
        agents = sorted(self._weights)
        return tuple(AgentWeights(agent=agent, weights=self._weights[agent]) for agent in agents)

    @property
    def graves(self) -> int:
        """Return how many records are kept only to tell that they are gone."""
        return len(self._entries) - len(self._leases)

    def enter(self, record: AgentRecord, until: float) -> None:
        """Enter or replace a record; refuse one that a newer process has replaced."""
        known = self._known(record)
        if known is not None and known.since > record.since:
            raise _replaced(record)
        if record.phase is Phase.STOPPED:
            self.bury(record)
            return
        self._change(record)
        self._leases[_key(record)] = until

    def renew(self, beat: Heartbeat, until: float) -> None:
        """Renew the lease of a record."""
        known = self._known(beat)
        if known is None or known.since < beat.since:
            message = f"{beat.slug} {beat.instance} is not registered"
            raise ActionError(ErrorCode.NOT_FOUND, message)
        if known.since > beat.since:
            raise _replaced(beat)
        self._leases[_key(beat)] = until

    def left(self, farewell: DeregisterAgent) -> AgentRecord | None:
        """Bury the record of an agent that left; return it, or None when it is not there."""
        known = self._known(farewell)
        if known is None or known.since > farewell.since:
            return None
        self.bury(known)
        return known

    def bury(self, record: AgentRecord) -> None:
        """Take a record out; watchers are told that it stopped."""
        self._change(record.model_copy(update={"phase": Phase.STOPPED}))
        self._leases.pop(_key(record), None)
        self._drop_tombstones()

    def ended(self, now: float) -> tuple[AgentRecord, ...]:
        """Return the records whose leases have ended."""
        keys = sorted(key for key, until in self._leases.items() if until <= now)
        return tuple(self._entries[key].record for key in keys)

    def extend_leases(self, seconds: float) -> None:
        """Let every lease end later: nobody could be heard for that long."""
        self._leases = {key: until + seconds for key, until in self._leases.items()}

    def renew_all(self, until: float) -> None:
        """Let no lease end before a time."""
        self._leases = {key: max(until, end) for key, end in self._leases.items()}

    def set_weights(self, agents: Iterable[AgentWeights]) -> None:
        """Set the weights of agents; the others keep theirs."""
        self.version += 1
        self._weights |= {told.agent: told.weights for told in agents}
        self._weights = {agent: weights for agent, weights in self._weights.items() if weights}

    def clear(self) -> None:
        """Forget every record and every weight."""
        for record in self.records:
            self.bury(record)
        self.set_weights(AgentWeights(agent=agent, weights=()) for agent in tuple(self._weights))

    def is_news(self, since: int, registry: str) -> bool:
        """Tell whether there is anything that a watcher does not know."""
        return not self._shares(since, registry) or since != self.version

    def changes(self, since: int, registry: str) -> AgentChanges:
        """Return what a watcher does not know."""
        is_complete = not self._shares(since, registry)
        return AgentChanges(
            version=self.version,
            registry=self.name,
            complete=is_complete,
            agents=self.records if is_complete else self._newer(since),
            weights=self.weights,
        )

    def _shares(self, since: int, registry: str) -> bool:
        return registry in ("", self.name) and self.oldest <= since <= self.version

    def _newer(self, since: int) -> tuple[AgentRecord, ...]:
        newer = [entry for entry in self._entries.values() if entry.version > since]
        return tuple(entry.record for entry in sorted(newer, key=lambda entry: entry.version))

    def _known(self, told: AgentRecord | Heartbeat | DeregisterAgent) -> AgentRecord | None:
        key = _key(told)
        return self._entries[key].record if key in self._leases else None

    def _change(self, record: AgentRecord) -> None:
        self.version += 1
        # Last in, so that the oldest graves come first.
        self._entries.pop(_key(record), None)
        self._entries[_key(record)] = Entry(record, self.version)

    def _drop_tombstones(self) -> None:
        if self.graves <= TOMBSTONES:
            return
        graves = [key for key in self._entries if key not in self._leases]
        for key in graves[:-TOMBSTONES]:
            self.oldest = max(self.oldest, self._entries.pop(key).version)


def _key(told: AgentRecord | Heartbeat | DeregisterAgent) -> Key:
    return told.slug, told.instance


def _replaced(told: AgentRecord | Heartbeat) -> ActionError:
    message = f"a newer process is registered as {told.slug} {told.instance}"
    return ActionError(ErrorCode.CONFLICT, message)
