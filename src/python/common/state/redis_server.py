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


def make_client(url: StateUrl, namespace: str) -> "client.Redis":
    """Return a client that looks at each new connection's server before it is used."""

    async def greet(connection: AbstractConnection) -> None:
        await connection.on_connect()
        await _expect_durable(connection, url)

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


async def _expect_durable(connection: AbstractConnection, url: StateUrl) -> None:
    for name, expected in _REQUIRED.items():
        await connection.send_command("CONFIG", "GET", name)
        try:
            reply = await connection.read_response()
        except ResponseError as error:
            raise NotDurableError(
                f"{url.shown}: expected to be told {name}, found {error}\n\n"
                f"hint: {typed_command(url)} ACL SETUSER {_user(url)} '+config|get'"
            ) from None
        found = reply[1].decode() if reply else "nothing"
        if found != expected:
            raise NotDurableError(
                f"{url.shown}: expected {name} {expected}, found {found}\n\n"
                f"hint: {typed_command(url)} CONFIG SET {name} {expected} && "
                f"{typed_command(url)} CONFIG REWRITE"
            )


def _user(url: StateUrl) -> str:
    return urlsplit(url.text).username or "default"
