"""The contract of every store, and what only the one on disk promises."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.clock import SystemClock
from common.state import Document, OwnedStore, StateUrlError, open_store
from common.state.store import prefix_end
from common.testing import FakeClock

keys = st.text(st.characters(codec="utf-8"), max_size=6)


@pytest.fixture(params=["memory:", "sqlite://{folder}/agent.db"])
def url(request: Any, tmp_path: Path) -> str:
    """Give the URL of each kind of store."""
    return str(request.param).format(folder=tmp_path)


@pytest.fixture
async def store(url: str, clock: FakeClock) -> AsyncIterator[OwnedStore]:
    """Give an empty store of each kind."""
    opened = await open_store(url, clock)
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


async def test_concurrent_writes_all_land(store: OwnedStore) -> None:
    """Writes that wait together are all kept."""
    await asyncio.gather(*(store.put("facts", f"{n:04}", {"n": n}) for n in range(500)))

    found = await store.scan("facts")
    assert list(range(500)) == [document["n"] for _, document in found]


@settings(max_examples=30, deadline=None)
@given(st.lists(keys, max_size=20), keys, keys, st.none() | st.integers(0, 5), st.booleans())
def test_stores_agree(
    written: list[str], prefix: str, start: str, limit: int | None, newest_first: bool
) -> None:
    """Both stores give the same scan for any keys and bounds."""

    async def scanned(url: str) -> list[str]:
        store = await open_store(url, SystemClock())
        for key in written:
            await store.put("c", key, {})
        found = await store.scan(
            "c", prefix=prefix, start=start, limit=limit, newest_first=newest_first
        )
        await store.close()
        return [key for key, _ in found]

    async def both() -> tuple[list[str], list[str]]:
        with tempfile.TemporaryDirectory() as folder:
            return await scanned("memory:"), await scanned(f"sqlite://{folder}/a.db")

    in_memory, on_disk = asyncio.run(both())
    assert in_memory == on_disk


@given(keys, keys)
def test_prefix_end_bounds_exactly_the_prefix(prefix: str, key: str) -> None:
    """A key is between a prefix and its end exactly when it starts with the prefix."""
    end = prefix_end(prefix)

    assert key.startswith(prefix) == (key >= prefix and (end is None or key < end))


async def test_documents_survive_reopening(tmp_path: Path) -> None:
    """A store on disk has its documents when it is opened again."""
    url = f"sqlite://{tmp_path}/deep/er/agent.db"
    first = await open_store(url, SystemClock())
    await first.put("facts", "a", {"n": 1})
    await first.close()
    second = await open_store(url, SystemClock())

    assert await second.get("facts", "a") == {"n": 1}
    await second.close()


async def test_closed_store_refuses(tmp_path: Path) -> None:
    """Asking a closed store is a fault that says so."""
    store = await open_store(f"sqlite://{tmp_path}/a.db", SystemClock())
    await store.close()
    await store.close()

    with pytest.raises(RuntimeError, match="expected an open store"):
        await store.get("facts", "a")


async def test_unwritable_place_is_an_error(tmp_path: Path) -> None:
    """A database that cannot be opened fails at once, not at the first write."""
    (tmp_path / "a.db").mkdir()

    (tmp_path / "file").write_text("")
    for place in ("a.db", "file/a.db"):
        with pytest.raises(StateUrlError, match="expected a usable file, found"):
            await open_store(f"sqlite://{tmp_path}/{place}", SystemClock())


@pytest.mark.parametrize("url", ["", "redis://x", "sqlite:", "sqlite://host/a.db", "sqlite:///"])
async def test_unknown_url_is_refused(url: str) -> None:
    """A URL that names no store says what is expected."""
    with pytest.raises(StateUrlError, match=r"expected sqlite:///path/to/file\.db or memory:"):
        await open_store(url, SystemClock())


WRITER = """
import asyncio, sys
from common.clock import SystemClock
from common.state import open_store

async def main():
    store = await open_store(sys.argv[1], SystemClock())
    async def write(lane):
        number = 0
        while True:
            await store.put("facts", f"{lane}/{number:06}", {"n": number})
            sys.stdout.write(f"{lane}/{number:06}\\n")
            sys.stdout.flush()
            number += 1
    await asyncio.gather(*(write(lane) for lane in range(4)))

asyncio.run(main())
"""


async def test_kill_loses_no_acknowledged_write(tmp_path: Path) -> None:
    """A writer killed at any moment has lost nothing that put returned for."""
    url = f"sqlite://{tmp_path}/a.db"
    command = [sys.executable, "-c", WRITER, url]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as writer:
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline().strip() for _ in range(60)]
        writer.send_signal(signal.SIGKILL)
        acknowledged += [line.strip() for line in writer.stdout if line.endswith("\n")]
    store = await open_store(url, SystemClock())
    found = dict(await store.scan("facts"))
    await store.close()

    assert set() == set(acknowledged) - found.keys()
