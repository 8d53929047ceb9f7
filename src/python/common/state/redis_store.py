"""The store on a Redis server. Named so because `redis` is the client's name. No schema."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.commands.core import AsyncScript
from redis.exceptions import ResponseError

from common.clock import Clock
from common.state import redis_scripts as scripts
from common.state.codec import (
    key_range,
    lease_milliseconds,
    read_document,
    write_document,
    write_key,
    write_new_key,
)
from common.state.migrations import check_version
from common.state.patience import Patience
from common.state.redis_server import LOST, NotDurableError, make_client, typed_command
from common.state.state_url import StateUrl
from common.state.store import Document, StateUrlError, StoreUnavailableError

T = TypeVar("T")

# A server that cannot save refuses to write; the client has no class of its own for it.
_REFUSALS = ("MISCONF", "NOREPLICAS")


class RedisStore:
    """Keep documents under keys that begin with the namespace."""

    def __init__(self, url: StateUrl, clock: Clock, namespace: str, seconds: float) -> None:
        self._url = url
        self._clock = clock
        self._prefix = b"fleet:{%s}:" % namespace.encode()  # the braces: one slot of a cluster
        self._client: Redis = make_client(url, namespace)
        self._patience = Patience(url.shown, LOST, seconds)
        self._scripts: dict[str, AsyncScript] = {}
        self._is_closed = False

    @classmethod
    async def open(
        cls, url: StateUrl, clock: Clock, namespace: str, seconds: float
    ) -> "RedisStore":
        """Look at the server, migrate the namespace and drop what expired."""
        store = cls(url, clock, namespace, seconds)
        try:
            await store._patience.carry_out(store._prepare)
        except (StoreUnavailableError, NotDurableError, ResponseError) as error:
            await store.close()
            raise _unusable(url, error) from None
        except BaseException:
            await store.close()
            raise
        return store

    async def get(self, collection: str, key: str) -> Document | None:
        """Return the document, or None when there is none or it expired."""
        name, field = self._key("documents:", collection), write_key(key)
        kept: Any = await self._ask(lambda: self._client.hget(name, field))
        expiry, _, text = (kept or b"").partition(b" ")
        return read_document(text) if text and self._is_seen(expiry) else None

    async def put(
        self, collection: str, key: str, document: Document, *, expires_at: float | None = None
    ) -> None:
        """Keep the document; it is in the server's file when this returns."""
        expiry = "" if expires_at is None else repr(float(expires_at))
        arguments = (write_new_key(key), write_document(document), expiry)
        keys = (*self._keys(write_new_key(collection)), self._prefix + b"collections")
        await self._run(scripts.PUT, keys, (*arguments, write_key(collection)))

    async def delete(self, collection: str, key: str) -> bool:
        """Take the document out and tell whether there was one."""
        keys, field = self._keys(write_key(collection)), write_key(key)
        kept = await self._run(scripts.DELETE, keys, (field,), is_repeatable=False)
        return kept is not None and self._is_seen(kept.partition(b" ")[0])

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
        bounds = (b"[" + write_key(low), b"+" if high is None else b"(" + write_key(high))
        rest = (-1 if limit is None else limit, repr(self._clock.now()), int(newest_first))
        keys = self._keys(write_key(collection))
        found = await self._run(scripts.SCAN, keys, (*bounds, *rest))
        pairs = zip(found[::2], found[1::2], strict=True)
        return tuple((key.decode(), read_document(text)) for key, text in pairs)

    async def clear(self) -> int:
        """Wipe every collection and return how many documents that were."""
        keys = (self._prefix + b"collections",)
        return int(await self._run(scripts.CLEAR, keys, (self._prefix,), is_repeatable=False))

    async def acquire(self, name: str, holder: str, seconds: float) -> int | None:
        """Take or renew the lease and return its fencing token; None when another holds it."""
        arguments = (write_key(holder), lease_milliseconds(seconds), write_new_key(name))
        token = await self._run(scripts.ACQUIRE, self._lease(name), arguments)
        return None if token is None else int(token)

    async def release(self, name: str, holder: str) -> None:
        """Give the lease back; one that another holds stays."""
        await self._run(scripts.RELEASE, self._lease(name)[:1], (write_key(holder),))

    async def close(self) -> None:
        """Let go of the connections."""
        self._is_closed = True
        await self._client.aclose()
        await self._client.connection_pool.disconnect()

    async def _prepare(self) -> None:
        await migrate(self._client, self._prefix, self._url.shown)
        keys, now = (self._prefix + b"collections",), repr(self._clock.now())
        await self._script(scripts.DROP_EXPIRED)(keys=keys, args=(self._prefix, now))

    async def _run(
        self,
        text: str,
        keys: Sequence[bytes],
        arguments: Sequence[bytes | str | int],
        *,
        is_repeatable: bool = True,
    ) -> Any:
        script = self._script(text)
        return await self._ask(lambda: script(keys=keys, args=arguments), is_repeatable)

    async def _ask(self, command: Callable[[], Awaitable[T]], is_repeatable: bool = True) -> T:
        if self._is_closed:
            raise RuntimeError(f"{self._url.shown}: expected an open store, found a closed one")
        try:
            attempt = command if is_repeatable else self._once(command)
            return await self._patience.carry_out(attempt)
        except NotDurableError as error:
            raise StoreUnavailableError(str(error)) from error
        except ResponseError as error:
            if not str(error).startswith(_REFUSALS):
                raise
            raise self._patience.given_up(error) from error

    def _once(self, command: Callable[[], Awaitable[T]]) -> Callable[[], Awaitable[T]]:
        """Return an attempt that is made again only when it did not reach the server."""

        async def attempt() -> T:
            pool: Any = self._client.connection_pool
            await pool.release(await pool.get_connection())  # the next to be used, and connected
            try:
                return await command()
            except LOST as error:
                raise self._patience.given_up(error) from error

        return attempt

    def _script(self, text: str) -> AsyncScript:
        if text not in self._scripts:
            self._scripts[text] = self._client.register_script(text)
        return self._scripts[text]

    def _key(self, part: str, name: str) -> bytes:
        return self._prefix + part.encode() + write_key(name)

    def _keys(self, collection: bytes) -> tuple[bytes, bytes, bytes]:
        parts = (b"keys:", b"documents:", b"expiry:")
        keys, documents, expiry = (self._prefix + part + collection for part in parts)
        return keys, documents, expiry

    def _lease(self, name: str) -> tuple[bytes, bytes]:
        return self._key("lease:", name), self._prefix + b"tokens"

    def _is_seen(self, expiry: bytes) -> bool:
        return not expiry or float(expiry) > self._clock.now()


async def migrate(
    client: Redis, prefix: bytes, place: str, migrations: Sequence[str] = scripts.MIGRATIONS
) -> None:
    """Run the migrations that the namespace has not seen; each is one step of the server."""
    key = prefix + b"version"
    version = int(await client.get(key) or 0)
    while version < len(migrations):
        step = client.register_script(scripts.migration(migrations[version]))
        version = int(await step(keys=(key,), args=(version, prefix)))
    check_version(version, len(migrations), place)


def _unusable(url: StateUrl, error: Exception) -> StateUrlError:
    if isinstance(error, NotDurableError):
        return StateUrlError(str(error))
    hint = f"\n\nhint: {typed_command(url)} PING"
    return StateUrlError(f"expected a usable Redis, found {error}{hint}")
