"""The store that forgets: for tests and for agents that are told to keep nothing."""

from bisect import insort

from pydantic_core import from_json, to_json

from common.clock import Clock, SystemClock
from common.state.store import Document


class MemoryStore:
    """Keep documents in this process only, as JSON so that nobody shares a mutable one."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock: Clock = clock or SystemClock()
        self._documents: dict[str, dict[str, tuple[bytes, float | None]]] = {}
        self._keys: dict[str, list[str]] = {}

    async def get(self, collection: str, key: str) -> Document | None:
        """Return the document, or None when there is none or it expired."""
        held = self._documents.get(collection, {}).get(key)
        if held is None or self._is_expired(held[1]):
            return None
        return _read(held[0])

    async def put(
        self, collection: str, key: str, document: Document, *, expires_at: float | None = None
    ) -> None:
        """Keep the document until it expires or the process ends."""
        key.encode()
        text = to_json(document)
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
        found: list[tuple[str, Document]] = []
        for key in reversed(keys) if newest_first else keys:
            if len(found) == limit:
                break
            if not key.startswith(prefix) or _is_before(key, start, newest_first):
                continue
            text, expires_at = documents[key]
            if not self._is_expired(expires_at):
                found.append((key, _read(text)))
        return tuple(found)

    async def clear(self) -> int:
        """Wipe every collection and return how many documents that were."""
        count = sum(len(documents) for documents in self._documents.values())
        self._documents.clear()
        self._keys.clear()
        return count

    async def close(self) -> None:
        """Keep the documents: the test that made the store may still look."""

    def _is_expired(self, expires_at: float | None) -> bool:
        return expires_at is not None and expires_at <= self._clock.now()


def _is_before(key: str, start: str, newest_first: bool) -> bool:
    if not start:
        return False
    return key > start if newest_first else key < start


def _read(text: bytes) -> Document:
    document: Document = from_json(text)
    return document
