"""What one process knows of the fleet. No IO may enter; time is an argument."""

from common.contracts.registry import AgentChanges, AgentRecord, Weights
from common.lifecycle import Phase

# A registry that lost its table hears of everybody within this time.
GRACE_SECONDS = 4.0

Key = tuple[str, str]


class DirectoryView:
    """Fold the registry's changes into records."""

    def __init__(self) -> None:
        self.registry = ""
        self.version = 0
        self._weights: dict[str, Weights] = {}
        self._records: dict[Key, AgentRecord] = {}
        self._doubted: dict[Key, float] = {}
        self._serving: dict[str, tuple[AgentRecord, ...]] = {}
        self._slugs: frozenset[str] = frozenset()

    @property
    def records(self) -> tuple[AgentRecord, ...]:
        """Return every record, sorted by slug and instance."""
        return tuple(self._records[key] for key in sorted(self._records))

    @property
    def slugs(self) -> frozenset[str]:
        """Return every agent that is known, whatever its phase."""
        return self._slugs

    def serving(self, slug: str) -> tuple[AgentRecord, ...]:
        """Return the copies of an agent that answer calls."""
        return self._serving.get(slug, ())

    def weights(self, slug: str) -> Weights:
        """Return which share of an agent's calls goes to which release."""
        return self._weights.get(slug, ())

    def apply(self, changes: AgentChanges, now: float) -> tuple[AgentRecord, ...]:
        """Take changes in and return the records that they ended."""
        before = dict(self._records)
        is_another = changes.registry != self.registry
        self.version, self.registry = changes.version, changes.registry
        self._weights = {told.agent: told.weights for told in changes.weights}
        for record in changes.agents:
            key = (record.slug, record.instance)
            self._doubted.pop(key, None)
            if record.phase is Phase.STOPPED:
                self._records.pop(key, None)
            else:
                self._records[key] = record
        if changes.complete:
            told = {(record.slug, record.instance) for record in changes.agents}
            for key in self._records.keys() - told:
                if is_another or key not in self._doubted:
                    self._doubted[key] = now + GRACE_SECONDS
        self._index()
        return self._ended(before)

    def drop_doubted(self, now: float) -> tuple[AgentRecord, ...]:
        """Drop records that a restarted registry did not hear of in time, and return them."""
        before = dict(self._records)
        for key in [key for key, until in self._doubted.items() if until <= now]:
            del self._doubted[key]
            self._records.pop(key, None)
        self._index()
        return self._ended(before)

    def start_anew(self) -> None:
        """Let the next question be one for everything; until then what is known counts."""
        self.version = 0

    def stop_doubting(self) -> None:
        """Keep what the registry did not confirm, because it is away and nobody can be asked."""
        if self._doubted:
            self._doubted.clear()
            self.start_anew()

    @property
    def is_doubting(self) -> bool:
        """Tell whether some records wait for a restarted registry to confirm them."""
        return bool(self._doubted)

    def _ended(self, before: dict[Key, AgentRecord]) -> tuple[AgentRecord, ...]:
        return tuple(
            record
            for key, record in before.items()
            if (now := self._records.get(key)) is None
            or (now.since, now.endpoint) != (record.since, record.endpoint)
        )

    def _index(self) -> None:
        serving: dict[str, list[AgentRecord]] = {}
        for key in sorted(self._records):
            record = self._records[key]
            if record.phase.is_serving:
                serving.setdefault(record.slug, []).append(record)
        self._serving = {slug: tuple(records) for slug, records in serving.items()}
        self._slugs = frozenset(slug for slug, _ in self._records)
