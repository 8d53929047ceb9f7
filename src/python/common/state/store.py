"""The seam between agents and what keeps their documents. No engine may enter."""

from typing import Protocol

from pydantic import JsonValue

Document = dict[str, JsonValue]


class StateUrlError(Exception):
    """Refuse a state URL that names no engine we have, or a place that cannot be used."""


class Store(Protocol):
    """Keep JSON documents in collections, each under a key."""

    async def get(self, collection: str, key: str) -> Document | None:
        """Return the document, or None when there is none or it expired."""
        ...

    async def put(
        self, collection: str, key: str, document: Document, *, expires_at: float | None = None
    ) -> None:
        """Keep the document; it is durable when this returns. `expires_at` is unix seconds."""
        ...

    async def delete(self, collection: str, key: str) -> bool:
        """Take the document out and tell whether there was one."""
        ...

    async def scan(
        self,
        collection: str,
        *,
        prefix: str = "",
        start: str = "",
        limit: int | None = None,
        newest_first: bool = False,
    ) -> tuple[tuple[str, Document], ...]:
        """Return documents sorted by key, from the first key that is not before `start`.

        With `newest_first` the order is reversed and begins at the last key not after `start`.
        """
        ...


class OwnedStore(Store, Protocol):
    """A store as the process that opened it sees it."""

    async def clear(self) -> int:
        """Wipe every collection and return how many documents that were."""
        ...

    async def close(self) -> None:
        """Let go of the files; nothing may be asked of the store after this."""
        ...


def prefix_end(prefix: str) -> str | None:
    """Return the smallest string after every string with the prefix; None when there is none."""
    for position in range(len(prefix) - 1, -1, -1):
        following = ord(prefix[position]) + 1
        if 0xD800 <= following <= 0xDFFF:
            following = 0xE000
        if following <= 0x10FFFF:
            return prefix[:position] + chr(following)
    return None
