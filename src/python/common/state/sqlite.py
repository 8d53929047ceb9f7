"""The embedded store: one file, one thread, one commit for all that waits. No agent's schema."""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic_core import from_json, to_json

from common.clock import Clock
from common.state.store import Document, StateUrlError, prefix_end

T = TypeVar("T")

BATCH = 256
BUSY_SECONDS = 10.0

SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    collection TEXT NOT NULL,
    key TEXT NOT NULL,
    document BLOB NOT NULL,
    expires_at REAL,
    PRIMARY KEY (collection, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS documents_expiry ON documents (expires_at) WHERE expires_at IS NOT NULL;
"""


@dataclass
class _Job:
    work: Callable[[sqlite3.Connection], Any]
    future: asyncio.Future[Any]
    writes: bool
    result: Any = None
    error: Exception | None = field(default=None)

    def run(self, connection: sqlite3.Connection) -> None:
        try:
            self.result = self.work(connection)
        except Exception as error:  # handed to the one who waits for the job
            self.error = error

    def settle(self) -> None:
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class SqliteStore:
    """Keep documents in a SQLite file; a write is on disk when it returns."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name=f"store {path.name}", daemon=True)
        self._is_closed = False

    @classmethod
    async def open(cls, path: Path, clock: Clock) -> "SqliteStore":
        """Open the file, made when it is missing, and drop what expired."""
        store = cls(path, clock)
        now = clock.now()
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            store._thread.start()
            await store._submit(lambda connection: _drop_expired(connection, now), writes=True)
        except (OSError, sqlite3.Error) as error:
            if store._thread.is_alive():
                await store.close()
            raise StateUrlError(f"expected a usable file, found {path}: {error}") from None
        return store

    async def get(self, collection: str, key: str) -> Document | None:
        """Return the document, or None when there is none or it expired."""
        now = self._clock.now()
        row = await self._submit(
            lambda connection: connection.execute(
                "SELECT document FROM documents WHERE collection = ? AND key = ?"
                " AND (expires_at IS NULL OR expires_at > ?)",
                (collection, key, now),
            ).fetchone()
        )
        return None if row is None else _read(row[0])

    async def put(
        self, collection: str, key: str, document: Document, *, expires_at: float | None = None
    ) -> None:
        """Keep the document; it is on disk when this returns."""
        row = (collection, key, to_json(document), expires_at)
        await self._submit(
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
        expired = await self._submit(
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
        where, values = _range(collection, prefix, start, newest_first)
        statement = (
            f"SELECT key, document FROM documents WHERE {where}"
            " AND (expires_at IS NULL OR expires_at > ?)"
            f" ORDER BY key {'DESC' if newest_first else 'ASC'} LIMIT ?"
        )
        bound = (*values, self._clock.now(), -1 if limit is None else limit)
        rows = await self._submit(
            lambda connection: connection.execute(statement, bound).fetchall()
        )
        return tuple((key, _read(text)) for key, text in rows)

    async def clear(self) -> int:
        """Wipe every collection and return how many documents that were."""
        count: int = await self._submit(
            lambda connection: connection.execute("DELETE FROM documents").rowcount, writes=True
        )
        return count

    async def close(self) -> None:
        """Finish what waits and let go of the file."""
        if not self._is_closed:
            self._is_closed = True
            self._jobs.put(None)
            await asyncio.to_thread(self._thread.join)

    async def _submit(self, work: Callable[[sqlite3.Connection], T], *, writes: bool = False) -> T:
        if self._is_closed:
            raise RuntimeError(f"{self._path}: expected an open store, found a closed one")
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put(_Job(work, future, writes))
        return await future

    def _serve(self) -> None:
        connection: sqlite3.Connection | None = None
        for jobs in self._batches():
            try:
                connection = connection or _connect(self._path)
                _carry_out(connection, jobs)
            except (sqlite3.Error, OSError) as error:
                for job in jobs:
                    job.error = error
            self._loop.call_soon_threadsafe(_settle, jobs)
        if connection is not None:
            connection.close()

    def _batches(self) -> "Any":
        is_open = True
        while is_open:
            waiting = [self._jobs.get()]
            while waiting[-1] is not None and len(waiting) < BATCH and not self._jobs.empty():
                waiting.append(self._jobs.get())
            is_open = waiting[-1] is not None
            jobs = [job for job in waiting if job is not None]
            if jobs:
                yield jobs


def _connect(path: Path) -> sqlite3.Connection:
    is_new = not path.exists()
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
    if is_new:
        path.chmod(0o600)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.executescript(SCHEMA)
    return connection


def _carry_out(connection: sqlite3.Connection, jobs: list[_Job]) -> None:
    writes = any(job.writes for job in jobs)
    if writes:
        connection.execute("BEGIN IMMEDIATE")
    for job in jobs:
        job.run(connection)
    if not writes:
        return
    try:
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _settle(jobs: list[_Job]) -> None:
    for job in jobs:
        job.settle()


def _range(
    collection: str, prefix: str, start: str, newest_first: bool
) -> tuple[str, tuple[str, ...]]:
    where, values = ["collection = ?"], [collection]
    end = prefix_end(prefix)
    bounds = [("key >= ?", prefix), ("key < ?", end or "")]
    bounds.append(("key <= ?" if newest_first else "key >= ?", start))
    for condition, value in bounds:
        if value:
            where.append(condition)
            values.append(value)
    return " AND ".join(where), tuple(values)


def _drop_expired(connection: sqlite3.Connection, now: float) -> int:
    return connection.execute(
        "DELETE FROM documents WHERE expires_at IS NOT NULL AND expires_at <= ?", (now,)
    ).rowcount


def _read(text: bytes) -> Document:
    document: Document = from_json(text)
    return document
