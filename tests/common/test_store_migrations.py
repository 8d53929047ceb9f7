"""Migrations: in order, once, whoever else opens, and never backwards."""

import asyncio
import os
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from tests.common.store_servers import PostgresServer, RedisServer

from common.clock import SystemClock
from common.state import StateUrlError, open_store
from common.state import postgres_schema as postgres
from common.state import redis_scripts as redis
from common.state import sqlite_schema as sqlite
from common.state.postgres_server import make_pool
from common.state.redis_store import migrate as migrate_redis
from common.state.state_url import read_state_url

# What releases before migrations were numbered made of a new file.
VERSION_0 = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS documents (
    collection TEXT NOT NULL,
    key TEXT NOT NULL,
    document BLOB NOT NULL,
    expires_at REAL,
    PRIMARY KEY (collection, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS documents_expiry ON documents (expires_at) WHERE expires_at IS NOT NULL;
INSERT INTO documents VALUES ('facts', 'a', CAST('{"n": 1}' AS BLOB), NULL);
INSERT INTO documents VALUES ('facts', 'b', CAST('{"n": 2}' AS BLOB), 9999999999.0);
"""


def make_version_0(path: Path) -> None:
    """Make a file as an old release left it."""
    connection = sqlite3.connect(path)
    connection.executescript(VERSION_0)
    connection.close()


async def test_old_file_is_taken_over(tmp_path: Path) -> None:
    """A file of a release before migrations keeps its documents and learns leases."""
    make_version_0(tmp_path / "a.db")
    store = await open_store(f"sqlite://{tmp_path}/a.db", SystemClock())

    assert await store.scan("facts") == (("a", {"n": 1}), ("b", {"n": 2}))
    assert await store.acquire("leader", "one", 60) == 1
    await store.put("facts", "c", {"n": 3})
    await store.close()
    assert version_of(tmp_path / "a.db") == len(sqlite.MIGRATIONS) == 2


def version_of(path: Path) -> int:
    """Return the version that a file says it has."""
    connection = sqlite3.connect(path)
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    connection.close()
    return version


OPENER = """
import asyncio, sys
from common.clock import SystemClock
from common.state import open_store

async def main(url, namespace):
    print("ready", flush=True)
    sys.stdin.readline()
    stores = await asyncio.gather(*(open_store(url, SystemClock(), namespace) for _ in range(4)))
    for number, store in enumerate(stores):
        await store.put("openers", f"{sys.argv[3]}/{number}", {})
        await store.close()

asyncio.run(main(*sys.argv[1:3]))
"""


async def test_all_may_open_at_once(lasting_url: str, namespace: str) -> None:
    """Processes that open a new store in the same moment migrate it once, and all can use it."""
    await open_at_once(lasting_url, namespace)


async def test_all_may_open_an_old_file_at_once(tmp_path: Path) -> None:
    """Processes that open an old file in the same moment migrate it once, and all can use it."""
    make_version_0(tmp_path / "a.db")
    await open_at_once(f"sqlite://{tmp_path}/a.db", "agent")


async def open_at_once(url: str, namespace: str) -> None:
    """Open a store twelve times from three processes that begin together, and use each."""
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    pipes: Any = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
    openers = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", OPENER, url, namespace, str(number)),
            env=environ,
            **pipes,
        )
        for number in range(3)
    ]
    for opener in openers:
        assert opener.stdout is not None
        assert await opener.stdout.readline() == b"ready\n"
    codes = await asyncio.gather(*(finish(opener) for opener in openers))
    store = await open_store(url, SystemClock(), namespace)
    found = await store.scan("openers")
    await store.close()

    assert codes == [0, 0, 0]
    assert len(found) == 12


async def finish(process: asyncio.subprocess.Process) -> int | None:
    """Tell the process to begin and return how it ended."""
    await process.communicate(b"now\n")
    return process.returncode


async def test_newer_file_is_refused(tmp_path: Path) -> None:
    """A file that a newer release has migrated is left as it is."""
    connection = sqlite3.connect(tmp_path / "a.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StateUrlError, match=r"expected a store of version 2 or older, found .* 99"):
        await open_store(f"sqlite://{tmp_path}/a.db", SystemClock())

    assert version_of(tmp_path / "a.db") == 99


async def test_broken_sqlite_migration_changes_nothing(tmp_path: Path) -> None:
    """A migration that fails leaves the version before it, and the next open goes on there."""
    path = tmp_path / "a.db"
    connection = sqlite.connect(path)
    further = (*sqlite.MIGRATIONS, ("CREATE TABLE more (n)",), ("CREATE TABLE x (n)", "oops"))
    with pytest.raises(sqlite3.OperationalError, match="oops"):
        sqlite.migrate(connection, path, further)
    assert version_of(path) == 2
    sqlite.migrate(connection, path, further[:3])
    connection.execute("INSERT INTO more VALUES (1)")
    connection.close()

    assert version_of(path) == 3


async def test_redis_migrates_step_by_step(redis_server: RedisServer) -> None:
    """Each step runs once and in order; a namespace of a newer release is refused."""
    client: Any = Redis.from_url(redis_server.url.removeprefix("redis+"))
    steps = [*redis.MIGRATIONS, *(f"redis.call('RPUSH', ARGV[2] .. 'ran', {n})" for n in (2, 3))]
    runs = (migrate_redis(client, b"fleet:{migrated}:", "here", steps) for _ in range(8))
    await asyncio.gather(*runs)

    assert await client.execute_command("LRANGE", "fleet:{migrated}:ran", 0, -1) == [b"2", b"3"]
    with pytest.raises(StateUrlError, match="expected a store of version 1 or older, found ver"):
        await open_store(redis_server.url, SystemClock(), "migrated")
    await client.aclose()


async def test_postgres_migrates_step_by_step(postgres_server: PostgresServer) -> None:
    """Each step runs once and in order, or not at all; a newer namespace is refused."""
    further = ("CREATE TABLE ran (n int)", "INSERT INTO ran VALUES (1)")
    steps, broken = (
        (*postgres.MIGRATIONS, *further),
        (*postgres.MIGRATIONS, "CREATE TABLE x(); oops"),
    )
    schema = postgres.schema_name("migrated")
    async with make_pool(read_state_url(postgres_server.url), schema) as pool:

        async def migrate(wanted: tuple[str, ...]) -> None:
            async with pool.acquire() as connection:
                await postgres.migrate(connection, schema, "here", wanted)

        await migrate(postgres.MIGRATIONS)
        with pytest.raises(Exception, match="oops"):
            await migrate(broken)
        assert await pool.fetchval("SELECT max(version) FROM migrations") == 2
        assert await pool.fetchval("SELECT to_regclass('x')") is None
        await asyncio.gather(*(migrate(steps) for _ in range(8)))
        assert await pool.fetchval("SELECT count(*) FROM ran") == 1
    with pytest.raises(StateUrlError, match="expected a store of version 2 or older, found ver"):
        await open_store(postgres_server.url, SystemClock(), "migrated")
