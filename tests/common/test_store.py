"""The contract of every store, run against each engine for real."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from common.messages import ActionError, ErrorCode
from common.state import Document, OwnedStore, open_store
from common.state.codec import KEY_BYTES
from common.testing import FakeClock


@pytest.fixture
async def store(state_url: str, clock: FakeClock, namespace: str) -> AsyncIterator[OwnedStore]:
    """Give an empty store of each kind."""
    opened = await open_store(state_url, clock, namespace)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> FakeClock:
    """Give the clock that the store asks."""
    return FakeClock()


async def test_put_then_get(store: OwnedStore) -> None:
    """What is put is got, from its own collection only."""
    document: Document = {"text": "naïve ☃", "list": [1, 2.5, None, {"deep": True}]}
    await store.put("facts", "a", document)

    assert document == await store.get("facts", "a")
    assert await store.get("other", "a") is None
    assert await store.get("facts", "b") is None


async def test_put_replaces(store: OwnedStore) -> None:
    """The last document under a key wins."""
    await store.put("facts", "a", {"n": 1})
    await store.put("facts", "a", {"n": 2})

    assert await store.scan("facts") == (("a", {"n": 2}),)


async def test_documents_are_copies(store: OwnedStore) -> None:
    """Changing a document after put, or after get, changes nothing in the store."""
    document: Document = {"n": 1}
    await store.put("facts", "a", document)
    document["n"] = 2
    got = await store.get("facts", "a")
    assert got is not None
    got["n"] = 3

    assert await store.get("facts", "a") == {"n": 1}


async def test_delete_tells_whether_there_was_one(store: OwnedStore) -> None:
    """Deleting is true once."""
    await store.put("facts", "a", {})

    assert [await store.delete("facts", "a"), await store.delete("facts", "a")] == [True, False]


async def test_expired_documents_are_never_seen(store: OwnedStore, clock: FakeClock) -> None:
    """At its expiry a document is gone for get, scan and delete."""
    await store.put("facts", "a", {}, expires_at=clock.now() + 10)
    await store.put("facts", "b", {})
    await clock.advance(9)
    assert await store.get("facts", "a") == {}
    await clock.advance(1)

    assert await store.get("facts", "a") is None
    assert await store.scan("facts") == (("b", {}),)
    assert await store.scan("facts", limit=1) == (("b", {}),)
    assert await store.delete("facts", "a") is False


async def test_put_without_expiry_revives(store: OwnedStore, clock: FakeClock) -> None:
    """A document that is put again without an expiry stays."""
    await store.put("facts", "a", {}, expires_at=clock.now() + 1)
    await store.put("facts", "a", {"n": 1})
    await clock.advance(2)

    assert await store.get("facts", "a") == {"n": 1}


async def test_scan_orders_limits_and_starts(store: OwnedStore) -> None:
    """A scan is sorted by key and can begin, end and turn anywhere."""
    for key in ("b", "a/2", "a/1", "a/10", "c"):
        await store.put("facts", key, {})

    async def scanned(
        *, prefix: str = "", start: str = "", limit: int | None = None, newest_first: bool = False
    ) -> list[str]:
        found = await store.scan(
            "facts", prefix=prefix, start=start, limit=limit, newest_first=newest_first
        )
        return [key for key, _ in found]

    assert await scanned() == ["a/1", "a/10", "a/2", "b", "c"]
    assert await scanned(prefix="a/") == ["a/1", "a/10", "a/2"]
    assert await scanned(start="a/11", limit=2) == ["a/2", "b"]
    assert await scanned(newest_first=True, limit=2) == ["c", "b"]
    assert await scanned(prefix="a/", newest_first=True, limit=2) == ["a/2", "a/10"]
    assert await scanned(start="b", newest_first=True, limit=2) == ["b", "a/2"]
    assert await scanned(limit=0) == []


async def test_clear_wipes_every_collection(store: OwnedStore) -> None:
    """Clearing counts what it wipes."""
    await store.put("facts", "a", {})
    await store.put("moods", "a", {})

    assert await store.clear() == 2
    assert await store.scan("facts") == ()


async def test_unspeakable_key_is_refused(store: OwnedStore) -> None:
    """A key that has no UTF-8 is refused and harms nobody else."""
    with pytest.raises(UnicodeEncodeError):
        await store.put("facts", "\ud800", {})

    await store.put("facts", "a", {})
    assert await store.get("facts", "a") == {}


async def test_key_without_an_end_is_refused(store: OwnedStore) -> None:
    """The longest key is kept, and a longer one is the caller's mistake."""
    longest = "k" * KEY_BYTES
    await store.put(longest, longest, {"n": 1})
    for collection, key in (("facts", longest + "k"), (longest + "k", "a")):
        with pytest.raises(ActionError, match="expected a key of at most 1024 bytes") as caught:
            await store.put(collection, key, {})
        assert caught.value.code == ErrorCode.INVALID

    assert await store.get(longest, longest) == {"n": 1}
    assert await store.get("facts", longest + "k") is None


async def test_any_key_is_kept(store: OwnedStore) -> None:
    """Keys are text, whatever engines use to tell their own apart, in order of code points."""
    keys = sorted(["", "\0", "a\0", "a\0b", "a", "*", "{a}", ":", "é", "\uffff", "\U0001f600", "Z"])
    for key in reversed(keys):
        await store.put("fa:{c}ts\0", key, {"key": key})

    assert await store.scan("fa:{c}ts\0") == tuple((key, {"key": key}) for key in keys)


async def test_large_document_is_kept(store: OwnedStore) -> None:
    """A document of some megabytes is like any other."""
    document: Document = {"text": "naïve ☃ " * 300_000}
    await store.put("facts", "a", document)

    assert await store.get("facts", "a") == document


async def test_limit_counts_what_has_not_expired(store: OwnedStore, clock: FakeClock) -> None:
    """A scan with a limit finds it behind any number of expired documents."""
    for number in range(600):
        expires_at = None if number in (550, 599) else clock.now() + 1
        await store.put("facts", f"{number:03}", {}, expires_at=expires_at)
    await clock.advance(1)

    assert [key for key, _ in await store.scan("facts", limit=2)] == ["550", "599"]
    found = await store.scan("facts", limit=1, start="598", newest_first=True)
    assert [key for key, _ in found] == ["550"]


async def test_concurrent_writes_all_land(store: OwnedStore) -> None:
    """Writes that wait together are all kept."""
    await asyncio.gather(*(store.put("facts", f"{n:04}", {"n": n}) for n in range(500)))

    found = await store.scan("facts")
    assert list(range(500)) == [document["n"] for _, document in found]
