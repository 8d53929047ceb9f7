"""A collection of a store that cannot grow without end. What documents mean may not enter."""

from __future__ import annotations

from common.clock import Clock
from common.state.store import Document, Store

_WRITTEN = "_written"


class BoundedDocuments:
    """Keep at most so many documents, each for so long; the one written first goes first."""

    def __init__(
        self, store: Store, clock: Clock, collection: str, *, most: int, seconds: float
    ) -> None:
        self._store = store
        self._clock = clock
        self._collection = collection
        self._most = most
        self._seconds = seconds
        self._order: dict[str, None] = {}

    def __len__(self) -> int:
        """Return how many there are, with those that expired but were not noticed yet."""
        return len(self._order)

    async def load(self) -> None:
        """Learn what the process before has written."""
        rows = await self._store.scan(self._collection)
        rows = tuple(sorted(rows, key=lambda row: str(row[1].get(_WRITTEN, ""))))
        self._order = dict.fromkeys(key for key, _ in rows)

    async def get(self, key: str) -> Document | None:
        """Return a document, or None when there is none or it expired."""
        found = await self._store.get(self._collection, key)
        if found is None:
            self._order.pop(key, None)
            return None
        return {name: value for name, value in found.items() if name != _WRITTEN}

    async def put(self, key: str, document: Document, *, seconds: float | None = None) -> None:
        """Keep a document from now on; the oldest go when there are too many."""
        now = self._clock.now()
        self._order.pop(key, None)
        self._order[key] = None
        written: Document = {**document, _WRITTEN: f"{now:020.6f}"}
        expires_at = now + (self._seconds if seconds is None else min(seconds, self._seconds))
        await self._store.put(self._collection, key, written, expires_at=expires_at)
        while len(self._order) > self._most:
            oldest = next(iter(self._order))
            del self._order[oldest]
            await self._store.delete(self._collection, oldest)

    async def delete(self, key: str) -> bool:
        """Take a document out and tell whether there was one."""
        self._order.pop(key, None)
        return await self._store.delete(self._collection, key)
