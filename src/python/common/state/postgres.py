"""The store on a PostgreSQL server: a schema for each namespace. No agent's schema may enter."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from common.clock import Clock
from common.state.codec import (
    key_range,
    lease_milliseconds,
    read_document,
    write_document,
    write_key,
    write_new_key,
)
from common.state.patience import Patience
from common.state.postgres_schema import migrate, schema_name
from common.state.postgres_server import LOST, make_pool
from common.state.state_url import StateUrl
from common.state.store import Document, StateUrlError, StoreUnavailableError

T = TypeVar("T")

CLOSE_SECONDS = 1.0

_UNEXPIRED = "(expires_at IS NULL OR expires_at > $3)"
_GET = f"SELECT document FROM documents WHERE collection = $1 AND key = $2 AND {_UNEXPIRED}"
_PUT = """
INSERT INTO documents VALUES ($1, $2, $3, $4) ON CONFLICT (collection, key)
DO UPDATE SET document = excluded.document, expires_at = excluded.expires_at
"""
_DELETE = f"DELETE FROM documents WHERE collection = $1 AND key = $2 RETURNING {_UNEXPIRED}"
_SCAN = f"""
SELECT key, document FROM documents
WHERE collection = $1 AND key >= $2 AND ($4::bytea IS NULL OR key < $4) AND {_UNEXPIRED}
ORDER BY key {{order}} LIMIT $5
"""
_CLEAR = "WITH gone AS (DELETE FROM documents RETURNING 1) SELECT count(*) FROM gone"
_DROP_EXPIRED = "DELETE FROM documents WHERE expires_at <= $1"
# clock_timestamp, because now() is when the transaction began, before it waited for the row.
_ACQUIRE = """
INSERT INTO leases AS held VALUES ($1, $2, 1, clock_timestamp() + $3 * interval '1 ms')
ON CONFLICT (name) DO UPDATE SET
    holder = excluded.holder,
    token = held.token + (held.until <= clock_timestamp())::int,
    until = clock_timestamp() + $3 * interval '1 ms'
WHERE held.holder = excluded.holder OR held.until <= clock_timestamp()
RETURNING token
"""
_RELEASE = "UPDATE leases SET until = '-infinity' WHERE name = $1 AND holder = $2"


class PostgresStore:
    """Keep documents in the tables of a schema; a write is committed when it returns."""

    def __init__(self, url: StateUrl, clock: Clock, namespace: str, seconds: float) -> None:
        self._url = url
        self._clock = clock
        self._schema = schema_name(namespace)
        self._pool = make_pool(url, self._schema)
        self._patience = Patience(url.shown, LOST, seconds)
        self._is_closed = False

    @classmethod
    async def open(
        cls, url: StateUrl, clock: Clock, namespace: str, seconds: float
    ) -> "PostgresStore":
        """Look at the server, migrate the namespace and drop what expired."""
        store = cls(url, clock, namespace, seconds)
        try:
            await store._pool
            await store._patience.carry_out(lambda: store._attempt(store._prepare))
        except (asyncpg.PostgresError, StoreUnavailableError) as error:
            await store.close()
            raise _unusable(url, error) from None
        except BaseException:
            await store.close()
            raise
        return store

    async def get(self, collection: str, key: str) -> Document | None:
        """Return the document, or None when there is none or it expired."""
        bound = (write_key(collection), write_key(key), self._clock.now())
        text = await self._ask(lambda connection: connection.fetchval(_GET, *bound))
        return None if text is None else read_document(text)

    async def put(
        self, collection: str, key: str, document: Document, *, expires_at: float | None = None
    ) -> None:
        """Keep the document; it is committed when this returns."""
        where = (write_new_key(collection), write_new_key(key))
        row = (*where, write_document(document), expires_at)
        await self._ask(lambda connection: connection.execute(_PUT, *row))

    async def delete(self, collection: str, key: str) -> bool:
        """Take the document out and tell whether there was one."""
        bound = (write_key(collection), write_key(key), self._clock.now())
        return bool(
            await self._ask(
                lambda connection: connection.fetchval(_DELETE, *bound), is_repeatable=False
            )
        )

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
        low, high = key_range(prefix, start, newest_first)
        statement = _SCAN.format(order="DESC" if newest_first else "ASC")
        behind = None if high is None else write_key(high)
        bound = (write_key(collection), write_key(low), self._clock.now(), behind, limit)
        rows = await self._ask(lambda connection: connection.fetch(statement, *bound))
        return tuple((key.decode(), read_document(text)) for key, text in rows)

    async def clear(self) -> int:
        """Wipe every collection and return how many documents that were."""
        return int(
            await self._ask(lambda connection: connection.fetchval(_CLEAR), is_repeatable=False)
        )

    async def acquire(self, name: str, holder: str, seconds: float) -> int | None:
        """Take or renew the lease and return its fencing token; None when another holds it."""
        bound = (write_new_key(name), write_key(holder), lease_milliseconds(seconds))
        token: int | None = await self._ask(
            lambda connection: connection.fetchval(_ACQUIRE, *bound)
        )
        return token

    async def release(self, name: str, holder: str) -> None:
        """Give the lease back; one that another holds stays."""
        bound = (write_key(name), write_key(holder))
        await self._ask(lambda connection: connection.execute(_RELEASE, *bound))

    async def close(self) -> None:
        """Finish what is being done and let go of the connections."""
        self._is_closed = True
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    async def _prepare(self, connection: Any) -> None:
        await migrate(connection, self._schema, self._url.shown)
        await connection.execute(_DROP_EXPIRED, self._clock.now())

    async def _ask(self, work: Callable[[Any], Awaitable[T]], *, is_repeatable: bool = True) -> T:
        if self._is_closed:
            raise RuntimeError(f"{self._url.shown}: expected an open store, found a closed one")
        try:
            return await self._patience.carry_out(lambda: self._attempt(work, is_repeatable))
        except StateUrlError as error:  # a server that came back and does not keep writes
            raise StoreUnavailableError(str(error)) from error

    async def _attempt(self, work: Callable[[Any], Awaitable[T]], is_repeatable: bool = True) -> T:
        connection = await self._pool.acquire()
        try:
            return await work(connection)
        except LOST as error:
            connection.terminate()
            if is_repeatable or isinstance(error, asyncpg.TransactionRollbackError):
                raise
            raise self._patience.given_up(error) from error
        except BaseException:
            connection.terminate()  # asking a server to cancel may take as long as the question
            raise
        finally:
            await self._pool.release(connection)


def _unusable(url: StateUrl, error: Exception) -> StateUrlError:
    return StateUrlError(
        f"expected a usable PostgreSQL at {url.shown}, found {error}\n\n"
        f"hint: psql {url.shown} -c 'SELECT 1'"
    )
