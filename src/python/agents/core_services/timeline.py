"""
Things that happened, kept in a store in the order of time and forgotten after a while.

What happened is a document here; its meaning may not enter.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from common.clock import Clock
from common.state.store import Document, Store

PAGE: Final = 500


def key_at(at: float) -> str:
    """Return a key that sorts by time."""
    return f"{at:017.6f}"


class Timeline:
    """Record documents and read them back, newest first."""

    def __init__(self, store: Store, clock: Clock, collection: str, keep_seconds: float) -> None:
        self._store = store
        self._clock = clock
        self._collection = collection
        self._keep_seconds = keep_seconds
        self._count = 0

    async def record(self, document: Document) -> str:
        """Keep a document and return its key; the field `at` becomes the time."""
        now = self._clock.now()
        self._count += 1  # keeps the order of what happened at the same moment
        key = f"{key_at(now)}-{self._count:08x}"
        kept: Document = {**document, "at": now}
        await self._store.put(self._collection, key, kept, expires_at=now + self._keep_seconds)
        return key

    async def newest_first(self, since: float = 0.0) -> AsyncIterator[Document]:
        """Yield documents back to a time; pages are read as they are needed."""
        start = ""
        while True:
            rows = await self._store.scan(
                self._collection, start=start, limit=PAGE, newest_first=True
            )
            for key, document in rows:
                if key < key_at(since):
                    return
                if key != start:  # the first of a page is the last of the page before
                    yield document
            if len(rows) < PAGE:
                return
            start = rows[-1][0]
