"""Laws of stores: whatever is asked in whatever order, every engine answers as memory does."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.state import OwnedStore, open_store
from common.state.codec import key_range, prefix_end
from common.state.memory import MemoryStore
from common.state.state_url import read_state_url, without_secrets
from common.state.store import StateUrlError
from common.testing import FakeClock

characters = st.characters(codec="utf-8")
keys = st.text(characters, max_size=6) | st.sampled_from(
    ["a", "a\0", "a\0b", "b", "\uffff", "\U0001f600"]
)
collections = st.sampled_from(["facts", "moods", "", "fa\0"])
documents = st.dictionaries(
    st.text(max_size=3), st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5)
)
Operation = Callable[[OwnedStore, FakeClock], Awaitable[Any]]


def put(collection: str, key: str, document: Any, expires_in: float | None) -> Operation:
    """Return the operation that keeps a document."""
    return lambda store, clock: store.put(
        collection,
        key,
        document,
        expires_at=None if expires_in is None else clock.now() + expires_in,
    )


def scan(collection: str, prefix: str, start: str, limit: int | None, turn: bool) -> Operation:
    """Return the operation that looks through a collection."""
    return lambda store, clock: store.scan(
        collection, prefix=prefix, start=start, limit=limit, newest_first=turn
    )


def operations() -> st.SearchStrategy[Operation]:
    """Give every operation whose answer does not depend on the engine's own time."""
    limits = st.none() | st.integers(0, 3)
    lifetimes = st.none() | st.sampled_from([-1.0, 0.5, 1.0, 7.25])
    names = st.sampled_from(["leader", "n\0"])
    holders = st.sampled_from(["one", "two", "drei ☃"])
    return st.one_of(
        st.builds(put, collections, keys, documents, lifetimes),
        st.builds(put, collections, keys, documents, lifetimes),
        st.builds(scan, collections, st.just("") | keys, st.just("") | keys, limits, st.booleans()),
        st.builds(lambda c, k: lambda store, clock: store.get(c, k), collections, keys),
        st.builds(lambda c, k: lambda store, clock: store.delete(c, k), collections, keys),
        st.builds(lambda n, h: lambda store, clock: store.acquire(n, h, 3600), names, holders),
        st.builds(lambda n, h: lambda store, clock: store.release(n, h), names, holders),
        st.just(lambda store, clock: clock.advance(1.0)),
        st.sampled_from([lambda store, clock: store.clear()]),
    )


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(asked=st.lists(operations(), max_size=25))
def test_engines_agree(
    asked: list[Operation], lasting_url: str, tmp_path: Any, request: Any
) -> None:
    """Any sequence of operations has the answers that the store in memory gives."""
    number = request.node.stash.setdefault(EXAMPLES, [0])
    number[0] += 1
    url = lasting_url.replace("agent.db", f"{number[0]}.db")
    namespace = f"law_{number[0]}"

    async def answers(url: str) -> list[Any]:
        clock = FakeClock()
        store = await open_store(url, clock, namespace)
        found = [await operation(store, clock) for operation in asked]
        found += [await store.scan(name) for name in ("facts", "moods", "", "fa\0")]
        await store.close()
        return found

    assert asyncio.run(answers("memory:")) == asyncio.run(answers(url))


EXAMPLES = pytest.StashKey[list[int]]()


@given(st.lists(keys, max_size=8), keys, keys, st.booleans())
def test_key_range_is_the_scan(held: list[str], prefix: str, start: str, turn: bool) -> None:
    """A key is in the range exactly when it has the prefix and is not before the start."""
    low, high = key_range(prefix, start, turn)
    for key in held:
        is_on = not start or (key <= start if turn else key >= start)
        within = low <= key and (high is None or key < high)

        assert within == (key.startswith(prefix) and is_on)


@given(keys, keys)
def test_prefix_end_bounds_exactly_the_prefix(prefix: str, key: str) -> None:
    """A key is between a prefix and its end exactly when it starts with the prefix."""
    end = prefix_end(prefix)

    assert key.startswith(prefix) == (key >= prefix and (end is None or key < end))


@given(st.text(characters, min_size=1), st.text(characters))
def test_bytes_of_keys_sort_as_keys(one: str, other: str) -> None:
    """Engines that compare bytes and Python, which compares code points, agree."""
    assert (one < other) == (one.encode() < other.encode())


schemes = st.sampled_from(["redis://", "rediss://", "postgresql://", "postgres://", "redis//", ""])
secrets = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1).map(
    lambda text: f"Zq9{text}xQZ"
)
ends = st.sampled_from(
    ["@host/0", "@host:6379", "@/db?host=/run", "@host:port/db", "@", "@h/d?a=b"]
)


@given(schemes, st.sampled_from(["user:", ":", "us@er:", "u?:"]), secrets, ends)
def test_passwords_are_never_shown(scheme: str, user: str, secret: str, end: str) -> None:
    """Neither an error nor the shown form of a URL has the password in it."""
    url = scheme + user + secret + end
    try:
        shown = read_state_url(url).shown
    except StateUrlError as error:
        shown = str(error)

    assert secret not in shown


@given(
    st.sampled_from(["redis://", "postgresql://"]), st.sampled_from(["u:", ":", "u@v:"]), secrets
)
def test_passwords_without_a_host_are_never_shown(scheme: str, user: str, secret: str) -> None:
    """Who forgot the host has not shown the password to everybody."""
    assert secret not in without_secrets(f"{scheme}{user}{secret}")


async def test_memory_is_one_of_them() -> None:
    """The fake is a store as the others are."""
    store: OwnedStore = MemoryStore()

    assert await store.clear() == 0
