"""From a state URL to a store. The only place that knows which engines there are."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from common.clock import Clock
from common.state.memory import MemoryStore
from common.state.store import OwnedStore, StateUrlError


def sqlite_path(url: str) -> Path | None:
    """Return the database file a URL names, or None for the store in memory."""
    parts = urlsplit(url)
    if url in ("memory:", "memory://"):
        return None
    if parts.scheme == "sqlite" and not parts.netloc and len(parts.path) > 1:
        return Path("/" + unquote(parts.path).lstrip("/"))
    raise StateUrlError(f"expected sqlite:///path/to/file.db or memory:, found {url!r}")


async def open_store(url: str, clock: Clock) -> OwnedStore:
    """Open the store a URL names, making its folder when it is missing."""
    path = sqlite_path(url)
    if path is None:
        return MemoryStore(clock)
    from common.state.sqlite import SqliteStore  # an agent in memory mode pays no import

    return await SqliteStore.open(path, clock)
