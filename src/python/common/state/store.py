"""The seam between agents and what keeps their documents. No engine may enter."""

from typing import Protocol

from pydantic import JsonValue

from common.messages import ActionError, ErrorCode

Document = dict[str, JsonValue]


class StateUrlError(Exception):
    """Refuse a state URL that names no engine we have, or a place that cannot be used."""


class StoreUnavailableError(ActionError):
    """Tell that the store did not do in time what it was asked; it may have been done."""

    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.UNAVAILABLE, message)


class Store(Protocol):
    """Keep JSON documents in collections, each under a key.

    Keys sort by code point. A key and a collection have at most 1,024 bytes of UTF-8. What the
    store cannot do within a bounded time raises StoreUnavailableError.
    """

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


class Leases(Protocol):
    """Let one of several processes that share a store hold a name for some time."""

    async def acquire(self, name: str, holder: str, seconds: float) -> int | None:
        """Take or renew the lease and return its fencing token; None when another holds it.

        The token grows with each change of holder and stays the same when it is renewed; a
        lease that ran out is not renewed but taken anew. Time is the engine's own where it has
        one, so that the holders' clocks may differ.
        """
        ...

    async def release(self, name: str, holder: str) -> None:
        """Give the lease back; one that another holds stays."""
        ...


class OwnedStore(Store, Leases, Protocol):
    """A store as the process that opened it sees it."""

    async def clear(self) -> int:
        """Wipe every collection and return how many documents that were.

        Leases stay: a fencing token never goes back.
        """
        ...

    async def close(self) -> None:
        """Let go of the files; nothing may be asked of the store after this."""
        ...
