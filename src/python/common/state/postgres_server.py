"""Connections to a PostgreSQL that keeps what it acknowledged. No document may enter."""

from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from common.state.state_url import StateUrl
from common.state.store import StateUrlError

CONNECTIONS = 4
# So that idle agents leave the server's connections to others.
IDLE_SECONDS = 60.0

LOST = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # asked while the server's last words are being read
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.TransactionRollbackError,
)


def make_pool(url: StateUrl, schema: str) -> Any:
    """Return a pool that looks at each new connection's server before it is used."""

    async def greet(connection: Any) -> None:
        await _expect_durable(connection, url)

    return asyncpg.create_pool(
        url.text,
        min_size=0,
        max_size=CONNECTIONS,
        max_inactive_connection_lifetime=IDLE_SECONDS,
        init=greet,
        reset=_leave_as_it_is,
        server_settings={"search_path": schema, "application_name": schema},
    )


async def _leave_as_it_is(connection: Any) -> None:
    """Save the question that would undo what no operation here does."""


async def _expect_durable(connection: Any, url: StateUrl) -> None:
    for name in ("fsync", "full_page_writes"):
        found = await connection.fetchval("SELECT current_setting($1)", name)
        if found != "on":
            raise StateUrlError(
                f"{url.shown}: expected {name} on, found {found}\n\n"
                f"hint: psql {url.shown} -c 'ALTER SYSTEM SET {name} = on'"
                " -c 'SELECT pg_reload_conf()'"
            )
    commit = await connection.fetchval("SELECT current_setting('synchronous_commit')")
    if commit in ("off", "local"):  # the others wait for this server's disk, or for more
        await connection.execute("SET synchronous_commit TO on")
