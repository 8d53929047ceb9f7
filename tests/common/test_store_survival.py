"""What was acknowledged survives kill -9, of the agent and of the server."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.common.store_servers import Server

from common.clock import SystemClock
from common.messages import ErrorCode
from common.state import OwnedStore, StoreUnavailableError, open_store

WRITER = """
import asyncio, sys
from common.clock import SystemClock
from common.state import open_store

async def main():
    store = await open_store(sys.argv[1], SystemClock(), sys.argv[2])
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


@pytest.mark.parametrize("seen", [1, 20, 200])
async def test_kill_of_the_agent_loses_nothing(lasting_url: str, namespace: str, seen: int) -> None:
    """A writer killed at any moment has lost nothing that put returned for."""
    command = [sys.executable, "-c", WRITER, lasting_url, namespace]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as writer:
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline().strip() for _ in range(seen)]
        writer.send_signal(signal.SIGKILL)
        acknowledged += [line.strip() for line in writer.stdout if line.endswith("\n")]
    store = await open_store(lasting_url, SystemClock(), namespace)
    found = dict(await store.scan("facts"))
    await store.close()

    assert set() == set(acknowledged) - found.keys()


@pytest.fixture(params=["redis_server", "postgres_server"])
def server(request: Any) -> Server:
    """Give each server that may die by itself."""
    found: Server = request.getfixturevalue(request.param)
    return found


class Writers:
    """Put documents from four tasks and remember which were acknowledged."""

    def __init__(self, store: OwnedStore) -> None:
        self.acknowledged: set[str] = set()
        self._store = store
        self._changed = asyncio.Event()
        self._tasks = [asyncio.create_task(self._write(lane)) for lane in range(4)]

    async def wait_for(self, more: int) -> None:
        """Return when that many more writes are acknowledged."""
        enough = len(self.acknowledged) + more
        async with asyncio.timeout(30):
            while len(self.acknowledged) < enough:
                self._changed.clear()
                await self._changed.wait()
                for task in self._tasks:
                    if task.done():
                        task.result()

    async def stop(self) -> None:
        """End the tasks, whatever they do."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _write(self, lane: int) -> None:
        number = 0
        try:
            while True:
                key = f"{lane}/{number:06}"
                await self._store.put("facts", key, {"n": number})
                self.acknowledged.add(key)
                self._changed.set()
                number += 1
        finally:
            self._changed.set()


async def test_kill_of_the_server_loses_nothing(server: Server, namespace: str) -> None:
    """Writers go on after the server was killed and started, and nothing they know is gone."""
    store = await open_store(server.url, SystemClock(), namespace, seconds=20)
    writers = Writers(store)
    for _ in range(3):
        await writers.wait_for(50)
        await asyncio.to_thread(server.kill)
        at_the_kill = set(writers.acknowledged)
        await asyncio.to_thread(server.start)
        other = await open_store(server.url, SystemClock(), namespace)
        found = dict(await other.scan("facts"))
        await other.close()
        assert set() == at_the_kill - found.keys()
    await writers.wait_for(50)
    await writers.stop()
    found = dict(await store.scan("facts"))
    await store.close()

    assert set() == writers.acknowledged - found.keys()


async def test_leases_survive_the_server(server: Server, namespace: str) -> None:
    """A server that was killed still knows who holds what, and which tokens were given."""
    store = await open_store(server.url, SystemClock(), namespace, seconds=20)
    first = await store.acquire("leader", "one", 60)
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)

    assert await store.acquire("leader", "two", 60) is None
    assert await store.acquire("leader", "one", 60) == first
    await store.release("leader", "one")
    second = await store.acquire("leader", "two", 60)
    assert first is not None and second is not None and second > first
    await store.close()


async def test_dead_server_is_unavailable(server: Server, namespace: str) -> None:
    """While the server is away every operation ends in time, with an error of the closed set."""
    store = await open_store(server.url, SystemClock(), namespace, seconds=0.3)
    await store.put("facts", "a", {})
    await asyncio.to_thread(server.kill)
    for operation in operations(store):
        async with asyncio.timeout(5):
            with pytest.raises(StoreUnavailableError) as caught:
                await operation
        assert caught.value.code == ErrorCode.UNAVAILABLE
    await asyncio.to_thread(server.start)

    assert await store.get("facts", "a") == {}
    assert await store.delete("facts", "a") is True
    await store.close()


async def test_frozen_server_is_unavailable(server: Server, namespace: str) -> None:
    """A server that holds its connections and says nothing is not waited for, either."""
    store = await open_store(server.url, SystemClock(), namespace, seconds=0.3)
    await store.put("facts", "a", {})
    with server.frozen():
        for operation in operations(store):
            async with asyncio.timeout(5):
                with pytest.raises(StoreUnavailableError, match=r"within 0\.3 s"):
                    await operation

    assert await store.scan("moods") == ()
    await store.close()


def operations(store: OwnedStore) -> tuple[Any, ...]:
    """Return one of each operation, none of which has begun."""
    return (
        store.get("facts", "a"),
        store.put("moods", "b", {}, expires_at=0.0),
        store.delete("moods", "c"),
        store.scan("facts"),
        store.acquire("leader", "one", 0.001),
        store.release("leader", "two"),
    )


async def test_missing_server_is_no_state_url(tmp_path: Path, namespace: str) -> None:
    """An agent whose server does not answer says so, and what to type."""
    from common.state import StateUrlError

    urls = {
        "redis://user:secret@127.0.0.1:1/0": "hint: redis-cli -u redis://127.0.0.1:1/0 PING",
        f"postgresql://user:secret@/db?host={tmp_path}": "hint: psql postgresql:///db",
    }
    for url, hint in urls.items():
        with pytest.raises(StateUrlError, match=r"(?s)expected .*, found .*\n\nhint: ") as caught:
            await open_store(url, SystemClock(), namespace, seconds=0.2)
        assert hint in str(caught.value)
        assert "secret" not in str(caught.value)
