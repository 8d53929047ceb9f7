"""The store that forgets: for tests and for agents that are told to keep nothing."""

from bisect import bisect_left, insort

from common.clock import Clock, SystemClock
from common.state.codec import (
    key_range,
    lease_milliseconds,
    read_document,
    write_document,
    write_key,
    write_new_key,
)
from common.state.leases import Lease, given_back, taken
from common.state.store import Document


class MemoryStore:
    """Keep documents in this process only, as JSON so that nobody shares a mutable one."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock: Clock = clock or SystemClock()
        self._documents: dict[str, dict[str, tuple[bytes, float | None]]] = {}
        self._keys: dict[str, list[str]] = {}
        self._leases: dict[str, Lease] = {}

    async def get(self, collection: str, key: str) -> Document | None:
        """Return the document, or None when there is none or it expired."""
        held = self._documents.get(collection, {}).get(key)
        if held is None or self._is_expired(held[1]):
            return None
        return read_document(held[0])

    async def put(
        self, collection: str, key: str, document: Document, *, expires_at: float | None = None
    ) -> None:
        """Keep the document until it expires or the process ends."""
        write_new_key(collection), write_new_key(key)
        text = write_document(document)
        documents = self._documents.setdefault(collection, {})
        if key not in documents:
            insort(self._keys.setdefault(collection, []), key)
        documents[key] = (text, expires_at)

    async def delete(self, collection: str, key: str) -> bool:
        """Take the document out and tell whether there was one."""
        held = self._documents.get(collection, {}).pop(key, None)
        if held is None:
            return False
        self._keys[collection].remove(key)
        return not self._is_expired(held[1])

    async def scan(
        self,
        collection: str,
        *,
        prefix: str = "",
        start: str = "",
        limit: int | None = None,
        newest_first: bool = False,
    ) -> tuple[tuple[str, Document], ...]:
        """Return documents sorted by key."""
        documents = self._documents.get(collection, {})
        keys = self._keys.get(collection, [])
        low, high = key_range(prefix, start, newest_first)
        first = bisect_left(keys, low)
        end = len(keys) if high is None else bisect_left(keys, high)
        within = range(first, end)
        found: list[tuple[str, Document]] = []
        for position in reversed(within) if newest_first else within:
            if len(found) == limit:
                break
            text, expires_at = documents[keys[position]]
            if not self._is_expired(expires_at):
                found.append((keys[position], read_document(text)))
        return tuple(found)

    async def clear(self) -> int:
        """Wipe every collection and return how many documents that were."""
        count = sum(len(documents) for documents in self._documents.values())
        self._documents.clear()
        self._keys.clear()
        return count

    async def acquire(self, name: str, holder: str, seconds: float) -> int | None:
        """Take or renew the lease and return its fencing token; None when another holds it."""
        write_new_key(name), write_key(holder)
        length = lease_milliseconds(seconds) / 1000
        lease = taken(self._leases.get(name), holder, length, self._clock.now())
        if lease is None:
            return None
        self._leases[name] = lease
        return lease.token

    async def release(self, name: str, holder: str) -> None:
        """Give the lease back; one that another holds stays."""
        lease = given_back(self._leases.get(name), holder)
        if lease is not None:
            self._leases[name] = lease

    async def close(self) -> None:
        """Keep the documents: the test that made the store may still look."""

    def _is_expired(self, expires_at: float | None) -> bool:
        return expires_at is not None and expires_at <= self._clock.now()
