"""Opening a store: what a URL may say, and what a server must promise."""

import asyncio
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.common.store_servers import PostgresServer, RedisServer, folder_of

from common.clock import SystemClock
from common.state import StateUrlError, StoreUnavailableError, open_store
from common.state.open import EXPECTED, sqlite_path
from common.state.postgres_schema import schema_name
from common.state.postgres_server import make_pool
from common.state.state_url import read_state_url

GOOD = {
    "memory:": ("memory", "memory:"),
    "sqlite:///a.db": ("sqlite", "sqlite:///a.db"),
    "redis://cache": ("redis", "redis://cache"),
    "redis://u:pw@cache:6379/3": ("redis", "redis://cache:6379/3"),
    "rediss://:pw@[::1]:6380/0?ssl_ca_certs=/ca.pem": ("redis", "rediss://[::1]:6380/0"),
    "redis+unix:///run/redis.sock?db=2": ("redis", "redis+unix:///run/redis.sock"),
    "postgresql://u:pw@db:5432/fleet?sslmode=require": ("postgresql", "postgresql://db:5432/fleet"),
    "postgres://u@/fleet?host=/run/postgresql": ("postgresql", "postgres:///fleet"),
}
BAD = (
    *("", "redis", "sqlite:", "sqlite://host/a.db", "sqlite:///", "mysql://host/db", "redis://"),
    *("redis:///0", "redis://host/first", "redis://host:port/0", "redis://host:0/0"),
    *("redis://host/0?db=1", "redis://host/0#a", "redis+unix://host/a", "redis+unix:///a?db=x"),
    *("postgresql://host", "postgresql://host/", "postgresql:///db", "postgresql://host:x/db"),
    *("postgresql://host/a/b", "postgresql://host/db?password=pw", "postgresql://[host/db"),
)


@pytest.mark.parametrize("url", GOOD)
def test_good_url_names_an_engine(url: str) -> None:
    """A URL that names a store is read, and shown without its secrets."""
    found = read_state_url(url)

    assert (found.engine, found.shown) == GOOD[url]


@pytest.mark.parametrize("url", BAD)
async def test_bad_url_is_refused(url: str) -> None:
    """A URL that names no store says what is expected, without its secrets."""
    with pytest.raises(StateUrlError) as caught:
        await open_store(url, SystemClock(), "agent")

    assert str(caught.value).startswith(f"expected {EXPECTED}, found ")
    assert "pw" not in str(caught.value)


def test_only_sqlite_has_a_path() -> None:
    """The path of a URL is that of the file, when the store is one."""
    assert sqlite_path("sqlite:///var/lib/a%20b.db") == Path("/var/lib/a b.db")
    assert [sqlite_path(url) for url in ("memory:", "redis://h", "postgresql://h/db")] == [None] * 3


@pytest.mark.parametrize("namespace", ["", "Agent", "a-b", "a:b", "1a", "a" * 64])
async def test_server_needs_a_namespace(namespace: str) -> None:
    """What is kept on a server belongs to an agent, named by its slug."""
    with pytest.raises(ValueError, match="expected a slug as the namespace"):
        await open_store("redis://cache", SystemClock(), namespace)


def test_long_namespaces_have_schemas_of_their_own() -> None:
    """Slugs of any length that differ have schemas that differ, of names that fit."""
    slugs = ("a", "a" * 57, "a" * 58, "a" * 62 + "b", "a" * 62 + "c")

    assert len({schema_name(slug) for slug in slugs}) == len(slugs)
    assert max(len(schema_name(slug)) for slug in slugs) <= 63


async def test_agents_share_a_server(server_url: str, namespace: str) -> None:
    """Agents on one server see and wipe their own documents only, and hold their own leases."""
    clock = SystemClock()
    mine = await open_store(server_url, clock, namespace)
    other = await open_store(server_url, clock, namespace + "x")
    await mine.put("facts", "a", {"n": 1})
    await other.put("facts", "a", {"n": 2})

    assert await mine.acquire("leader", "one", 60) == 1
    assert await other.acquire("leader", "two", 60) == 1
    assert await other.clear() == 1
    assert await mine.get("facts", "a") == {"n": 1}
    await mine.close()
    await other.close()


async def test_documents_survive_reopening(lasting_url: str, namespace: str) -> None:
    """A store has its documents when it is opened again, but those that expired."""
    first = await open_store(lasting_url, SystemClock(), namespace)
    await first.put("facts", "a", {"n": 1})
    await first.put("facts", "b", {"n": 1}, expires_at=1.0)
    await first.close()
    second = await open_store(lasting_url, SystemClock(), namespace)

    assert await second.get("facts", "a") == {"n": 1}
    assert await second.clear() == 1
    await second.close()


async def test_closed_store_refuses(lasting_url: str, namespace: str) -> None:
    """Asking a closed store is a fault that says so."""
    store = await open_store(lasting_url, SystemClock(), namespace)
    await store.close()
    await store.close()

    with pytest.raises(RuntimeError, match="expected an open store"):
        await store.get("facts", "a")


async def test_unwritable_place_is_an_error(tmp_path: Path) -> None:
    """A database that cannot be opened fails at once, not at the first write."""
    (tmp_path / "a.db").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "text.db").write_text("no database" * 100)

    for place in ("a.db", "file/a.db", "text.db"):
        with pytest.raises(StateUrlError, match=r"expected a usable file, found .*\n\nhint: ls"):
            await open_store(f"sqlite://{tmp_path}/{place}", SystemClock())


async def test_new_file_is_private(tmp_path: Path) -> None:
    """Nobody but the agent's user reads its documents."""
    store = await open_store(f"sqlite://{tmp_path}/a.db", SystemClock())
    await store.close()

    assert (tmp_path / "a.db").stat().st_mode & 0o777 == 0o600


async def test_full_disk_is_unavailable(tmp_path: Path) -> None:
    """A file that cannot grow is told in the closed set of errors, and reads go on."""
    store = await open_store(f"sqlite://{tmp_path}/a.db", SystemClock())
    await store.put("facts", "a", {"n": 1})
    thread: Any = getattr(store, "_thread")  # noqa: B009  # no URL can ask for a full disk
    await thread.submit(
        lambda connection: connection.execute("PRAGMA max_page_count = 1").fetchone()
    )
    with pytest.raises(StoreUnavailableError, match="full"):
        await asyncio.gather(
            *(store.put("facts", f"b{n}", {"text": "x" * 99_999}) for n in range(5))
        )

    assert await store.get("facts", "a") == {"n": 1}
    await store.close()


@pytest.fixture
def careless_redis() -> Iterator[RedisServer]:
    """Give a Redis as its package sets it up: it forgets."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed: apt-get install redis-server")
    with folder_of("redis") as folder:
        server = RedisServer(folder, "maxmemory-policy allkeys-lru")
        server.start()
        yield server
        server.kill()


def typed_to(server: RedisServer, *words: str) -> None:
    """Give a Redis a command as an operator does."""
    command = ["redis-cli", "-s", f"{server.folder}/redis.sock", *words]
    subprocess.run(command, check=True, capture_output=True)


async def test_forgetful_redis_is_refused(careless_redis: RedisServer) -> None:
    """A Redis that may forget is refused until what the hints say is typed and done."""
    typed_to(careless_redis, "EVAL", "for n = 1, 300 do redis.call('SET', n, n) end", "0")
    typed_to(careless_redis, "CONFIG", "SET", "rdb-key-save-delay", "2000")  # microseconds
    refused = []
    for _ in range(4):
        try:
            store = await open_store(careless_redis.url, SystemClock(), "agent")
        except StateUrlError as error:
            expectation, _, hint = str(error).partition("\n\nhint: ")
            refused.append(expectation.partition(": ")[2])
            subprocess.run(hint, shell=True, check=True, capture_output=True)
    await store.put("facts", "a", {"n": 1})
    await asyncio.to_thread(careless_redis.kill)
    await asyncio.to_thread(careless_redis.start)

    assert refused == [
        "expected appendonly yes, found no",
        "expected appendfsync always, found everysec",
        "expected maxmemory-policy noeviction, found allkeys-lru",
    ]
    assert await store.get("facts", "a") == {"n": 1}
    await store.close()


async def test_redis_that_comes_back_forgetful_is_unavailable(redis_server: RedisServer) -> None:
    """A Redis that was started again without its file is not written to."""
    store = await open_store(redis_server.url, SystemClock(), "forgetful")
    settings = redis_server.folder / "redis.conf"
    kept = settings.read_text()
    redis_server.kill()
    settings.write_text(kept.replace("appendonly yes", "appendonly no"))
    redis_server.start()
    with pytest.raises(StoreUnavailableError, match="expected appendonly yes, found no"):
        await store.put("facts", "a", {})
    redis_server.kill()
    settings.write_text(kept)
    redis_server.start()

    await store.put("facts", "a", {})
    await store.close()


async def test_redis_that_does_not_tell_is_refused(redis_server: RedisServer) -> None:
    """A user that may not ask whether the server forgets is told how to be allowed."""
    rules = ("on", "+@all", "-config", "-info", "~*", ">pw")
    typed_to(redis_server, "ACL", "SETUSER", "agent", *rules)
    url = redis_server.url.replace("://", "://agent:pw@")
    with pytest.raises(StateUrlError, match="expected to be told whether it forgets") as caught:
        await open_store(url, SystemClock(), "agent")
    hint = str(caught.value).partition("hint: ")[2]
    subprocess.run(shlex.split(hint), check=True, capture_output=True)

    store = await open_store(url, SystemClock(), "agent")
    await store.close()


async def test_wrong_password_is_told_without_it(redis_server: RedisServer) -> None:
    """Who is refused by the server reads why, and not the password."""
    with pytest.raises(StateUrlError, match="invalid username-password pair") as caught:
        url = redis_server.url.replace("://", "://nobody:hunter2@")
        await open_store(url, SystemClock(), "agent", seconds=0.3)

    assert "hunter2" not in str(caught.value)


def typed(server: PostgresServer, statement: str) -> None:
    """Run a statement as an operator does."""
    command = ["psql", server.url, "-c", statement, "-c", "SELECT pg_reload_conf()"]
    subprocess.run(command, check=True, capture_output=True)


async def test_postgres_commits_for_good(postgres_server: PostgresServer) -> None:
    """A server whose commits do not wait for the disk waits in our sessions."""
    url = read_state_url(postgres_server.url)
    found = []
    for default in ("off", "local", "remote_apply"):
        typed(postgres_server, f"ALTER ROLE fleet SET synchronous_commit = {default}")
        async with make_pool(url, "public") as pool:
            found.append(await pool.fetchval("SHOW synchronous_commit"))
    typed(postgres_server, "ALTER ROLE fleet RESET synchronous_commit")

    assert found == ["on", "on", "remote_apply"]


async def test_postgres_without_fsync_is_refused(postgres_server: PostgresServer) -> None:
    """A server that does not write to its disk is refused, with what to type."""
    typed(postgres_server, "ALTER SYSTEM SET fsync = off")
    async with asyncio.timeout(10):
        while await shown(postgres_server, "fsync") != "off":
            await asyncio.sleep(0)
    with pytest.raises(StateUrlError, match="expected fsync on, found off") as caught:
        await open_store(postgres_server.url, SystemClock(), "agent")
    typed(postgres_server, "ALTER SYSTEM RESET fsync")
    async with asyncio.timeout(10):
        while await shown(postgres_server, "fsync") != "on":
            await asyncio.sleep(0)

    assert "-c 'ALTER SYSTEM SET fsync = on' -c 'SELECT pg_reload_conf()'" in str(caught.value)
    store = await open_store(postgres_server.url, SystemClock(), "agent")
    await store.close()


async def test_missing_database_is_told(postgres_server: PostgresServer) -> None:
    """A database that is not there is told at once."""
    with pytest.raises(StateUrlError, match='database "nowhere" does not exist'):
        url = postgres_server.url.replace("/postgres?", "/nowhere?")
        await open_store(url, SystemClock(), "agent")


async def shown(server: PostgresServer, name: str) -> str:
    """Return a setting as a new session sees it."""
    process = await asyncio.create_subprocess_exec(
        *("psql", server.url, "-Atc", f"SHOW {name}"), stdout=asyncio.subprocess.PIPE
    )
    return (await process.communicate())[0].decode().strip()
