"""A connection to a Redis that keeps what it acknowledged. No document may enter."""

from typing import Any
from urllib.parse import urlsplit

import redis.asyncio as client
from redis.asyncio.connection import AbstractConnection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    ConnectionError,
    MasterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TimeoutError,
)

from common.state.state_url import StateUrl

CONNECTIONS = 4

LOST = (ConnectionError, TimeoutError, MasterDownError, OutOfMemoryError, ReadOnlyError, OSError)

# Each acknowledged write is in a file, and no document or lease is thrown out to make room.
_REQUIRED = {
    "appendonly": "yes",
    "appendfsync": "always",
    "no-appendfsync-on-rewrite": "no",
    "maxmemory-policy": "noeviction",
}


class NotDurableError(RedisError):
    """Refuse a server that may forget a write that it acknowledged."""


class NotDurableYetError(ConnectionError):
    """Ask for patience with a server that has just been told not to forget."""


def make_client(url: StateUrl, namespace: str) -> "client.Redis":
    """Return a client that looks at each new connection's server before it is used."""
    gate = _Gate(url)

    async def greet(connection: AbstractConnection) -> None:
        await connection.on_connect()
        await gate.pass_through(connection)

    pool = client.BlockingConnectionPool(
        max_connections=CONNECTIONS,
        # The operation's own time is up before. On CPython 3.11 the client's also lose the
        # cancelling of a task whose command has just been written.
        timeout=None,
        socket_timeout=None,
        socket_connect_timeout=None,
        client_name=namespace,
        protocol=2,
        retry=Retry(NoBackoff(), 0),  # whoever asks knows what may be done twice
        redis_connect_func=greet,
        **_options(url),
    )
    return client.Redis.from_pool(pool)


def typed_command(url: StateUrl) -> str:
    """Return how redis-cli is started for the server."""
    parts = urlsplit(url.text)
    server = f"-s {url.path}" if parts.scheme == "redis+unix" else f"-u {url.shown}"
    return f"redis-cli {server}"


def _options(url: StateUrl) -> dict[str, Any]:
    return dict(parse_url(url.text.removeprefix("redis+")))


class _Gate:
    """Let connections through to servers that keep what they acknowledge."""

    def __init__(self, url: StateUrl) -> None:
        self._url = url
        self._run_id = ""

    async def pass_through(self, connection: AbstractConnection) -> None:
        try:
            for name, expected in _REQUIRED.items():
                await self._expect(connection, name, expected)
            await self._expect_complete_file(connection)
        except ResponseError as error:
            raise NotDurableError(
                f"{self._url.shown}: expected to be told whether it forgets, found {error}\n\n"
                f"hint: {typed_command(self._url)} ACL SETUSER {_user(self._url)}"
                " '+config|get' +info"
            ) from None

    async def _expect(self, connection: AbstractConnection, name: str, expected: str) -> None:
        reply = await _asked(connection, "CONFIG", "GET", name)
        found = reply[1].decode() if reply else "nothing"
        if found != expected:
            command = typed_command(self._url)
            raise NotDurableError(
                f"{self._url.shown}: expected {name} {expected}, found {found}\n\n"
                f"hint: {command} CONFIG SET {name} {expected} && {command} CONFIG REWRITE"
            )

    async def _expect_complete_file(self, connection: AbstractConnection) -> None:
        """Wait for the first file of a server that was told to have one while it ran.

        Until that is written, nothing is kept; and it looks as any later rewriting does. So a run
        of a server is let through once it was seen without one.
        """
        text = (await _asked(connection, "INFO")).decode()
        facts = dict(line.split(":", 1) for line in text.split("\r\n") if ":" in line)
        is_rewriting = "1" in (facts["aof_rewrite_in_progress"], facts["aof_rewrite_scheduled"])
        if is_rewriting and facts["run_id"] != self._run_id:
            raise NotDurableYetError("the append-only file being written")
        self._run_id = facts["run_id"]


async def _asked(connection: AbstractConnection, *command: str) -> Any:
    await connection.send_command(*command)
    return await connection.read_response()


def _user(url: StateUrl) -> str:
    return urlsplit(url.text).username or "default"
