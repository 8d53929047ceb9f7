"""One side's client as a process of its own: it measures what each line of its input asks for.

    python benchmarks/message_client.py '{"side": "ours", ...}'   # benchmarks/messages.py does

A line such as `{"what": "calls", "size": 100, "concurrent": 64, "seconds": 0.5}` is answered by
one of JSON: how many a second, and the seconds that half and 99 of 100 took at most.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import zmq.asyncio
from payloads import PACE_SECONDS, burst
from raw_peer import RawClient, secure

Reading = dict[str, float]
SETTLE_SECONDS = 0.3


class Side(Protocol):
    """How a side asks and listens."""

    async def ask(self, size: int) -> None:
        """Ask with a payload and get it back."""
        ...

    async def order(self, count: int, size: int, pause: float) -> None:
        """Let the server publish."""
        ...

    async def next_event(self, size: int) -> float:
        """Return when the next event was published."""
        ...


class RawSide:
    """pyzmq's asyncio sockets."""

    def __init__(self, client: RawClient) -> None:
        self._client = client

    async def ask(self, size: int) -> None:
        """Ask with a payload and get it back."""
        reply = await self._client.ask(bytes(size))
        assert len(reply) == size

    async def order(self, count: int, size: int, pause: float) -> None:
        """Let the server publish."""
        await self._client.order(count, size, pause)

    async def next_event(self, size: int) -> float:
        """Return when the next event was published."""
        _, at = await self._client.next_event()
        return at


@asynccontextmanager
async def raw_side(told: dict[str, Any]) -> AsyncIterator[Side]:
    """Connect to the raw server."""
    context = zmq.asyncio.Context()
    client = RawClient(context)
    for socket, port in zip(client.sockets, told["ports"], strict=True):
        if told["keys"]:
            secure(socket, Path(told["keys"]), told["server_key"])
        socket.connect(f"tcp://127.0.0.1:{port}")
    receiving = asyncio.create_task(client.receive())
    await asyncio.sleep(SETTLE_SECONDS)  # nothing tells when a SUB has joined
    try:
        yield RawSide(client)
    finally:
        receiving.cancel()
        context.destroy(linger=0)


@asynccontextmanager
async def our_side(told: dict[str, Any]) -> AsyncIterator[Side]:
    """Connect as a program outside of the fleet does."""
    from live_agents import Place, peers_of  # the raw side's process is to have none of ours
    from our_peer import OurSide

    async with peers_of(Place(**told["place"])) as peers:
        side = OurSide(peers)
        await side.open()
        yield side


SIDES: dict[str, Callable[[dict[str, Any]], Any]] = {"raw": raw_side, "ours": our_side}


async def calls(side: Side, size: int, concurrent: int, seconds: float) -> Reading:
    """Let so many ask at once, each as soon as it has its reply."""
    taken: list[float] = []
    began = time.perf_counter()

    async def go_on_asking() -> None:
        before = began
        while before - began < seconds:
            await side.ask(size)
            now = time.perf_counter()
            taken.append(now - before)
            before = now

    await asyncio.gather(*(go_on_asking() for _ in range(concurrent)))
    return reading(taken, time.perf_counter() - began)


async def events(side: Side, size: int, seconds: float) -> Reading:
    """Have bursts of events published and take them all."""
    taken: list[float] = []
    began = now = time.perf_counter()
    while now - began < seconds:
        ordered = asyncio.create_task(side.order(burst(size), size, 0.0))
        for _ in range(burst(size)):
            await side.next_event(size)
        await ordered
        taken.append(time.perf_counter() - now)
        now = time.perf_counter()
    each = reading(taken, now - began)
    return each | {"rate": each["rate"] * burst(size)}


async def paced_events(side: Side, size: int, seconds: float) -> Reading:
    """Have events published one by one; how long each takes to arrive."""
    count = int(seconds / PACE_SECONDS)
    taken = []
    ordered = asyncio.create_task(side.order(count, size, PACE_SECONDS))
    began = time.perf_counter()
    for _ in range(count):
        at = await side.next_event(size)
        taken.append(time.monotonic() - at)
    await ordered
    return reading(taken, time.perf_counter() - began)


def reading(taken: list[float], seconds: float) -> Reading:
    """Sum up how long things took."""
    taken.sort()
    last = len(taken) - 1
    return {
        "rate": len(taken) / seconds,
        "p50": taken[last // 2],
        "p99": taken[round(last * 0.99)],
    }


MEASURES: dict[str, Callable[..., Awaitable[Reading]]] = {
    "calls": calls,
    "events": events,
    "paced_events": paced_events,
}


async def serve(told: dict[str, Any]) -> None:
    """Measure what each line asks for."""
    loop = asyncio.get_running_loop()
    async with SIDES[told["side"]](told) as side:
        print(json.dumps("ready"), flush=True)
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            asked = json.loads(line)
            found = await MEASURES[asked.pop("what")](side, **asked)
            print(json.dumps(found), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.argv[1])))
