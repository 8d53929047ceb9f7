"""From a state URL to a store. The only place that knows which engines there are."""

import re
from pathlib import Path

from common.clock import Clock
from common.state.memory import MemoryStore
from common.state.patience import OPERATION_SECONDS
from common.state.state_url import EXPECTED, POSTGRES, REDIS, read_state_url, sqlite_path
from common.state.store import OwnedStore

__all__ = ["EXPECTED", "open_store", "read_state_url", "sqlite_path"]

_NAMESPACE = re.compile(r"^[a-z][a-z0-9_]{0,62}$")


async def open_store(
    url: str, clock: Clock, namespace: str = "", *, seconds: float = OPERATION_SECONDS
) -> OwnedStore:
    """Open the store a URL names, and make what is missing in it.

    Agents that share a server have a namespace each, which is their slug; a file is a namespace
    of its own. `seconds` is how long an operation may wait for a server.
    """
    found = read_state_url(url)
    if found.engine not in (REDIS, POSTGRES):
        return await _open_here(url, clock)
    if not _NAMESPACE.match(namespace):
        raise ValueError(f"expected a slug as the namespace, found {namespace!r}")
    # An agent pays the import of no engine but its own.
    if found.engine == REDIS:
        from common.state.redis_store import RedisStore

        return await RedisStore.open(found, clock, namespace, seconds)
    from common.state.postgres import PostgresStore

    return await PostgresStore.open(found, clock, namespace, seconds)


async def _open_here(url: str, clock: Clock) -> OwnedStore:
    path: Path | None = sqlite_path(url)
    if path is None:
        return MemoryStore(clock)
    from common.state.sqlite import SqliteStore

    return await SqliteStore.open(path, clock)
