"""One thread for one SQLite connection, one commit for all that waits. No statement may enter."""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from common.state.sqlite_schema import connect
from common.state.store import StateUrlError

T = TypeVar("T")

BATCH = 256


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


class SqliteThread:
    """Carry out jobs on a file in the order of asking; those that wait share a transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._loop = asyncio.get_running_loop()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name=f"store {path.name}", daemon=True)
        self._is_closed = False
        self._thread.start()

    async def submit(self, work: Callable[[sqlite3.Connection], T], *, writes: bool = False) -> T:
        """Return what the work returns; what it wrote is on disk then."""
        if self._is_closed:
            raise RuntimeError(f"{self._path}: expected an open store, found a closed one")
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put(_Job(work, future, writes))
        return await future

    async def close(self) -> None:
        """Finish what waits and let go of the file."""
        if not self._is_closed:
            self._is_closed = True
            self._jobs.put(None)
            await asyncio.to_thread(self._thread.join)

    def _serve(self) -> None:
        connection: sqlite3.Connection | None = None
        for jobs in self._batches():
            try:
                connection = connection or connect(self._path)
                _carry_out(connection, jobs)
            except (sqlite3.Error, OSError, StateUrlError) as error:
                for job in jobs:
                    job.error = error
            self._loop.call_soon_threadsafe(_settle, jobs)
        if connection is not None:
            connection.close()

    def _batches(self) -> Iterator[list[_Job]]:
        is_open = True
        while is_open:
            waiting = [self._jobs.get()]
            while waiting[-1] is not None and len(waiting) < BATCH and not self._jobs.empty():
                waiting.append(self._jobs.get())
            is_open = waiting[-1] is not None
            jobs = [job for job in waiting if job is not None]
            if jobs:
                yield jobs


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
