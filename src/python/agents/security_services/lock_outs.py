"""
Who has failed to log in how often, and until when nobody may try again in that name.

Names that nobody has are counted like all others, so that none can be told apart. Bounded.
"""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict

from common.clock import Clock
from common.state.store import Store

FAILURES: Final = "failures"
MOST_NAMES: Final = 5_000
FORGOTTEN_SECONDS: Final = 86_400.0
LONGEST_SECONDS: Final = 3_600.0


class Failures(BaseModel):
    """Hold the failures in a row in one name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: int
    at: float
    locked_until: float = 0.0


class LockOuts:
    """Lock a name after some failures, twice as long with each one more."""

    def __init__(self, store: Store, clock: Clock, *, allowed: int, first_seconds: float) -> None:
        self._store = store
        self._clock = clock
        self._allowed = allowed
        self._first_seconds = first_seconds
        self._names: dict[str, Failures] = {}

    async def load(self) -> None:
        """Take up the failures that the process before has counted."""
        rows = await self._store.scan(FAILURES)
        found = [(name, Failures.model_validate(document)) for name, document in rows]
        self._names = dict(sorted(found, key=lambda pair: pair[1].at))

    def seconds_left(self, name: str) -> float:
        """Return for how long a name stays locked."""
        found = self._names.get(name)
        return max(0.0, found.locked_until - self._clock.now()) if found else 0.0

    async def note(self, name: str, *, succeeded: bool) -> None:
        """Count a failure, or forget those before a success; both take one write."""
        now = self._clock.now()
        before = self._names.pop(name, None)
        if before is not None and now - before.at > FORGOTTEN_SECONDS:
            before = None
        count = 0 if succeeded else (before.count if before else 0) + 1
        beyond = count - self._allowed
        pause = 0.0
        if beyond >= 0:
            pause = min(LONGEST_SECONDS, self._first_seconds * 2.0 ** min(beyond, 30))
        found = Failures(count=count, at=now, locked_until=now + pause if pause else 0.0)
        expires_at = now + FORGOTTEN_SECONDS
        await self._store.put(FAILURES, name, found.model_dump(), expires_at=expires_at)
        self._names[name] = found
        while len(self._names) > MOST_NAMES:
            oldest = next(iter(self._names))
            del self._names[oldest]
            await self._store.delete(FAILURES, oldest)
