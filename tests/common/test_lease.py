"""Leases: one holder at a time, and a token that only grows."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.clock import SystemClock
from common.state import OwnedStore, open_store
from common.state.leases import Lease, given_back, taken


@pytest.fixture
async def store(state_url: str, namespace: str) -> AsyncIterator[OwnedStore]:
    """Give an empty store of each kind."""
    opened = await open_store(state_url, SystemClock(), namespace)
    yield opened
    await opened.close()


async def test_one_holds_and_others_wait(store: OwnedStore) -> None:
    """A lease that one holds is refused to another until it is given back."""
    first = await store.acquire("leader", "one", 60)
    assert first is not None
    assert await store.acquire("leader", "two", 60) is None
    assert await store.acquire("other", "two", 60) is not None
    await store.release("leader", "one")
    second = await store.acquire("leader", "two", 60)

    assert second is not None and second > first


async def test_renewal_keeps_the_token(store: OwnedStore) -> None:
    """Who holds the lease and asks again holds it under the same token."""
    first = await store.acquire("leader", "one", 60)

    assert await store.acquire("leader", "one", 60) == first


async def test_release_by_another_is_nothing(store: OwnedStore) -> None:
    """Only the holder can give a lease back, and giving back none is no mistake."""
    await store.release("leader", "two")
    first = await store.acquire("leader", "one", 60)
    await store.release("leader", "two")

    assert await store.acquire("leader", "two", 60) is None
    assert await store.acquire("leader", "one", 60) == first


async def test_lease_runs_out(store: OwnedStore) -> None:
    """A lease that is not renewed is another's when its time is over, and not before."""
    clock = SystemClock()
    began = clock.monotonic()
    first = await store.acquire("leader", "one", 0.2)
    second = await wait_for_lease(store, "two", 60)

    assert clock.monotonic() - began > 0.15
    assert first is not None and second > first
    assert await store.acquire("leader", "one", 60) is None


async def test_lapsed_lease_is_taken_anew(store: OwnedStore) -> None:
    """Who let the lease run out gets a new token: it may have been another's between."""
    first = await store.acquire("leader", "one", 0.05)
    await wait_for_lease(store, "probe", 0.05)
    again = await wait_for_lease(store, "one", 60)

    assert first is not None and again > first + 1


async def test_renewal_moves_the_end(store: OwnedStore) -> None:
    """The time of a lease counts from its last renewal, also when that makes it shorter."""
    await store.acquire("leader", "one", 60)
    await store.acquire("leader", "one", 0.05)

    assert await wait_for_lease(store, "two", 60) > 1


async def test_clear_keeps_tokens(store: OwnedStore) -> None:
    """Wiping the documents does not make an old holder's token good again."""
    first = await store.acquire("leader", "one", 60)
    await store.clear()
    assert await store.acquire("leader", "two", 60) is None
    await store.release("leader", "one")
    second = await store.acquire("leader", "two", 60)

    assert first is not None and second is not None and second > first


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
async def test_lease_of_no_time_is_refused(store: OwnedStore, seconds: float) -> None:
    """A lease that never was or never ends is a fault of whoever asks."""
    with pytest.raises(ValueError, match="expected a lease of more than 0 s"):
        await store.acquire("leader", "one", seconds)


async def test_tokens_survive_reopening(lasting_url: str, namespace: str) -> None:
    """A store that is opened again knows who holds what."""
    store = await open_store(lasting_url, SystemClock(), namespace)
    first = await store.acquire("leader", "one", 60)
    await store.close()
    store = await open_store(lasting_url, SystemClock(), namespace)
    refused = await store.acquire("leader", "two", 60)
    renewed = await store.acquire("leader", "one", 60)
    await store.close()

    assert (refused, renewed) == (None, first)


async def wait_for_lease(store: OwnedStore, holder: str, seconds: float) -> int:
    """Return the token once nobody else holds the lease."""
    async with asyncio.timeout(10):
        while (token := await store.acquire("leader", holder, seconds)) is None:
            await asyncio.sleep(0)
    return token


CANDIDATE = """
import asyncio, fcntl, sys
from common.clock import SystemClock
from common.state import open_store

async def main(url, namespace, ledger, holder):
    store = await open_store(url, SystemClock(), namespace)
    with open(ledger, "a") as file:
        for turn in range(25):
            while (token := await store.acquire("leader", holder, 30)) is None:
                await asyncio.sleep(0)
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails when another holds it, too
            file.write(f"{token}\\n")
            file.flush()
            assert await store.acquire("leader", holder, 30) == token
            fcntl.flock(file, fcntl.LOCK_UN)
            await store.release("leader", holder)
    await store.close()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_three_processes_never_hold_it_together(
    lasting_url: str, namespace: str, tmp_path: Path
) -> None:
    """Processes that fight for a lease hold it one after the other, with growing tokens."""
    ledger = tmp_path / "ledger"
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    arguments = ["-c", CANDIDATE, lasting_url, namespace, str(ledger)]
    candidates = [
        await asyncio.create_subprocess_exec(
            sys.executable, *arguments, f"holder {number}", env=environ
        )
        for number in range(3)
    ]
    codes = [await candidate.wait() for candidate in candidates]
    tokens = [int(line) for line in ledger.read_text().split()]

    assert codes == [0, 0, 0]
    assert len(tokens) == 75
    assert tokens == sorted(set(tokens))


async def test_tasks_of_one_process_never_hold_it_together(store: OwnedStore) -> None:
    """Holders in one process exclude each other as processes do."""
    inside: list[str] = []
    tokens: list[int] = []

    async def candidate(holder: str) -> None:
        for _ in range(10):
            tokens.append(await wait_for_lease(store, holder, 30))
            inside.append(holder)
            assert inside == [holder]
            await store.put("facts", "a", {"holder": holder})
            inside.remove(holder)
            await store.release("leader", holder)

    await asyncio.gather(*(candidate(f"holder {number}") for number in range(3)))

    assert tokens == sorted(set(tokens))


holders = st.sampled_from(["one", "two", "three"])
steps = st.tuples(st.sampled_from(["take", "give"]), holders, st.integers(1, 5), st.integers(0, 4))


@given(st.lists(steps, max_size=30))
def test_tokens_name_one_tenure_each(asked: list[tuple[str, str, int, int]]) -> None:
    """In any order of events a token belongs to one holder, and a later one is larger."""
    lease: Lease | None = None
    owners: dict[int, str] = {}
    now = 0.0
    for step, holder, seconds, passed in asked:
        now += passed
        if step == "give":
            lease = given_back(lease, holder)
            continue
        found = taken(lease, holder, seconds, now)
        if found is None:
            assert lease is not None and lease.holder != holder and lease.until > now
            continue
        lease = found
        assert owners.setdefault(lease.token, holder) == holder
        assert lease.token == max(owners)
