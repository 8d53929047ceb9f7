"""The servers that stores are tested on, started once for each file of tests that asks."""

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.common.store_servers import (
    PostgresServer,
    RedisServer,
    folder_of,
    postgres_programs,
)

NUMBERS = count()
DURABLE = ("appendonly yes", "appendfsync always")


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """Give a Redis that keeps what it acknowledged."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed: apt-get install redis-server")
    with folder_of("redis") as folder:
        server = RedisServer(folder, *DURABLE)
        server.start()
        yield server
        server.kill()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Give a PostgreSQL as its package sets it up."""
    if not postgres_programs():
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with folder_of("postgres") as folder:
        server = PostgresServer(folder)
        server.start()
        yield server
        server.kill()


@pytest.fixture
def namespace() -> str:
    """Give a namespace that no other test has."""
    return f"agent_{next(NUMBERS)}"


@pytest.fixture(params=["memory", "sqlite", "redis", "postgresql"])
def state_url(request: Any, tmp_path: Path) -> str:
    """Give the URL of each kind of store."""
    return state_url_of(request.param, request, tmp_path)


@pytest.fixture(params=["sqlite", "redis", "postgresql"])
def lasting_url(request: Any, tmp_path: Path) -> str:
    """Give the URL of each kind of store that outlives its process."""
    return state_url_of(request.param, request, tmp_path)


@pytest.fixture(params=["redis", "postgresql"])
def server_url(request: Any, tmp_path: Path) -> str:
    """Give the URL of each kind of store that agents share."""
    return state_url_of(request.param, request, tmp_path)


def state_url_of(engine: str, request: Any, folder: Path) -> str:
    """Return the URL of a store of an engine, whose server is started when it has one."""
    if engine in ("redis", "postgresql"):
        name = {"redis": "redis_server", "postgresql": "postgres_server"}[engine]
        return str(request.getfixturevalue(name).url)
    return "memory:" if engine == "memory" else f"sqlite://{folder}/agent.db"
