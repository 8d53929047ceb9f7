"""The embedded store: documents and leases in one file. No agent's schema may enter."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from common.clock import Clock
from common.state.codec import (
    key_range,
    lease_milliseconds,
    read_document,
    write_document,
    write_key,
    write_new_key,
)
from common.state.leases import Lease, given_back, taken
from common.state.sqlite_thread import SqliteThread
from common.state.store import Document, StateUrlError, StoreUnavailableError

T = TypeVar("T")


class SqliteStore:
    """Keep documents in a SQLite file; a write is on disk when it returns.

    Processes of one host may share the file: they agree on its locks and on the time.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._thread = SqliteThread(path)

    @classmethod
    async def open(cls, path: Path, clock: Clock) -> "SqliteStore":
        """Open the file, made when it is missing, and drop what expired."""
        now = clock.now()
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise _unusable(path, error) from None
        store = cls(path, clock)
        try:
            await store._thread.submit(
                lambda connection: _drop_expired(connection, now), writes=True
            )
        except (OSError, sqlite3.Error, StateUrlError) as error:
            await store.close()
            if isinstance(error, StateUrlError):
                raise
            raise _unusable(path, error) from None
        return store

    async def get(self, collection: str, key: str) -> Document | None:
        """Return the document, or None when there is none or it expired."""
        row = await self._ask(
            lambda connection: connection.execute(
                "SELECT document FROM documents WHERE collection = ? AND key = ?"
                " AND (expires_at IS NULL OR expires_at > ?)",
                (collection, key, self._clock.now()),
            ).fetchone()
        )
        return None if row is None else read_document(row[0])

    async def put(
        self, collection: str, key: str, document: Document, *, expires_at: float | None = None
    ) -> None:
        """Keep the document; it is on disk when this returns."""
        write_new_key(collection), write_new_key(key)
        row = (collection, key, write_document(document), expires_at)
        await self._ask(
            lambda connection: (
                connection.execute(
                    "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?)", row
                ).rowcount
            ),
            writes=True,
        )

    async def delete(self, collection: str, key: str) -> bool:
        """Take the document out and tell whether there was one."""
        now = self._clock.now()
        expired = await self._ask(
            lambda connection: connection.execute(
                "DELETE FROM documents WHERE collection = ? AND key = ?"
                " RETURNING expires_at IS NOT NULL AND expires_at <= ?",
                (collection, key, now),
            ).fetchall(),
            writes=True,
        )
        return bool(expired) and not expired[0][0]

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
        statement = (
            "SELECT key, document FROM documents WHERE collection = ? AND key >= ?"
            f" {'' if high is None else 'AND key < ?'}"
            " AND (expires_at IS NULL OR expires_at > ?)"
            f" ORDER BY key {'DESC' if newest_first else 'ASC'} LIMIT ?"
        )
        bounds = (low,) if high is None else (low, high)
        bound = (collection, *bounds, self._clock.now(), -1 if limit is None else limit)
        rows = await self._ask(lambda connection: connection.execute(statement, bound).fetchall())
        return tuple((key, read_document(text)) for key, text in rows)

    async def clear(self) -> int:
        """Wipe every collection and return how many documents that were."""
        count: int = await self._ask(
            lambda connection: connection.execute("DELETE FROM documents").rowcount, writes=True
        )
        return count

    async def acquire(self, name: str, holder: str, seconds: float) -> int | None:
        """Take or renew the lease and return its fencing token; None when another holds it."""
        write_new_key(name), write_key(holder)
        length = lease_milliseconds(seconds) / 1000

        def take(connection: sqlite3.Connection) -> int | None:
            # The time is asked once the file is ours: waiting for it must not shorten a lease.
            lease = taken(_lease(connection, name), holder, length, self._clock.now())
            return None if lease is None else _keep(connection, name, lease)

        return await self._ask(take, writes=True)

    async def release(self, name: str, holder: str) -> None:
        """Give the lease back; one that another holds stays."""

        def give_back(connection: sqlite3.Connection) -> None:
            lease = given_back(_lease(connection, name), holder)
            if lease is not None:
                _keep(connection, name, lease)

        await self._ask(give_back, writes=True)

    async def close(self) -> None:
        """Finish what waits and let go of the file."""
        await self._thread.close()

    async def _ask(self, work: Callable[[sqlite3.Connection], T], *, writes: bool = False) -> T:
        try:
            return await self._thread.submit(work, writes=writes)
        except (sqlite3.OperationalError, OSError) as error:  # a full disk, a file long locked
            raise StoreUnavailableError(
                f"{self._path}: expected a usable file, found {error}"
            ) from error


def _unusable(path: Path, error: Exception) -> StateUrlError:
    return StateUrlError(
        f"expected a usable file, found {path}: {error}\n\nhint: ls -ld {path.parent}"
    )


def _lease(connection: sqlite3.Connection, name: str) -> Lease | None:
    row = connection.execute(
        "SELECT holder, token, until FROM leases WHERE name = ?", (name,)
    ).fetchone()
    return None if row is None else Lease(*row)


def _keep(connection: sqlite3.Connection, name: str, lease: Lease) -> int:
    connection.execute("INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?)", (name, *lease))
    return lease.token


def _drop_expired(connection: sqlite3.Connection, now: float) -> int:
    return connection.execute(
        "DELETE FROM documents WHERE expires_at IS NOT NULL AND expires_at <= ?", (now,)
    ).rowcount
