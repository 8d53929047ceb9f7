"""Many clients of one agent in one process, each with a connection of its own.

    python benchmarks/load_client.py '{"place": {...}, "clients": 500}'   # overload.py does

What is measured is the agent, on the same machine, so these clients cost as little as they can:
one socket that is connected many times, requests made from a template, no retry and no circuit
breaker. A line `{"rate": 900, "seconds": 5, ...}` of the input has requests begun at that rate,
at random moments, whether or not others have had their reply; a rate of 0 has each client ask
again soon after it has its reply.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import time
from typing import Any

import zmq
from live_agents import OUTSIDE, Place, endpoint_of

from common.transport.context import process_context
from common.transport.curve import secure_client
from common.transport.loop_socket import LoopSocket

DEADLINE_SECONDS = 10.0
TICK_SECONDS = 0.001
# Without it the clients go in step, a thousand at once, which costs an agent less than it will.
THINK_SECONDS = 0.05
CONNECT_SECONDS = 30.0
REQUEST = (
    '{"kind":"call","id":"%%d","correlation_id":"%%d","source":"%s","action":"%s",'
    '"deadline":%%f,"body":%s}'
)
NUMBER = re.compile(rb'"id":"(\d+)"')
CODE = re.compile(rb'"code":"(\w+)"')
SUCCESS = "success"
NO_ANSWER = "no answer"


class Crowd:
    """So many connections to one agent."""

    def __init__(self, endpoint: str, place: Place, clients: int) -> None:
        self.load: Load | None = None
        self._clients = [b"client %d" % number for number in range(clients)]
        self._up = 0
        socket = process_context().socket(zmq.ROUTER)
        socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
        credentials = place.client().credentials
        if credentials is not None:
            secure_client(socket, credentials.own, credentials.servers["measured_agent"][0])
        monitor = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
        self._monitor = LoopSocket(monitor, self._count)
        for client in self._clients:
            socket.setsockopt(zmq.CONNECT_ROUTING_ID, client)
            socket.connect(endpoint)
        self._socket = LoopSocket(socket, self._receive)

    def __iter__(self) -> Any:
        """Return the names of the clients."""
        return iter(self._clients)

    async def connected(self) -> None:
        """Return when every connection stands."""
        async with asyncio.timeout(CONNECT_SECONDS):
            while self._up < len(self._clients):
                await asyncio.sleep(0.01)

    def any_client(self) -> bytes:
        """Return one of them."""
        return random.choice(self._clients)

    def send(self, client: bytes, data: bytes) -> None:
        """Send a client's request."""
        self._socket.send([client, data])

    def _count(self, frames: list[bytes]) -> None:
        self._up += 1

    def _receive(self, frames: list[bytes]) -> None:
        if self.load is not None:
            self.load.receive(*frames)


class Load:
    """Ask one thing many times, and keep what became of it."""

    def __init__(self, crowd: Crowd, work: dict[str, Any]) -> None:
        self._crowd = crowd
        self._template = (REQUEST % (OUTSIDE, "work", json.dumps(work))).encode()
        self._asked = 0
        self._until = 0.0
        self._began: dict[int, float] = {}
        self._is_quiet = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self.late = 0.0
        self.seconds: dict[str, list[float]] = {}

    async def closed(self, seconds: float) -> None:
        """Let each client ask again soon after it has its reply."""
        self._until = time.perf_counter() + seconds
        for client in self._crowd:
            self._ask(client)
        await asyncio.sleep(seconds)
        await self._quiet()

    async def open(self, rate: float, seconds: float) -> None:
        """Begin requests at a rate, come what may."""
        began = due = time.perf_counter()
        while (now := time.perf_counter()) - began < seconds:
            while due <= now:
                self.late = max(self.late, now - due)
                self._ask(self._crowd.any_client())
                due += random.expovariate(rate)
            await asyncio.sleep(TICK_SECONDS)
        await self._quiet()

    def receive(self, client: bytes, data: bytes) -> None:
        """Take in a reply."""
        now = time.perf_counter()
        number = NUMBER.search(data)
        began = self._began.pop(int(number[1]), None) if number else None
        if began is None:
            return  # of a request that was given up
        code = CODE.search(data, 0, 200)
        became = SUCCESS if code is None else code[1].decode()
        self.seconds.setdefault(became, []).append(now - began)
        if now < self._until:
            pause = random.expovariate(1 / THINK_SECONDS)
            self._loop.call_later(pause, self._ask_again, client)
        elif not self._began:
            self._is_quiet.set()

    def _ask_again(self, client: bytes) -> None:
        if time.perf_counter() < self._until:
            self._ask(client)

    def _ask(self, client: bytes) -> None:
        self._asked += 1
        number = self._asked
        self._began[number] = time.perf_counter()
        data = self._template % (number, number, time.time() + DEADLINE_SECONDS)
        self._crowd.send(client, data)

    async def _quiet(self) -> None:
        try:
            async with asyncio.timeout(DEADLINE_SECONDS + 2):
                while self._began:
                    self._is_quiet.clear()
                    await self._is_quiet.wait()
        except TimeoutError:
            self.seconds[NO_ANSWER] = [DEADLINE_SECONDS] * len(self._began)


async def serve(told: dict[str, Any]) -> None:
    """Load the agent as each line asks."""
    loop = asyncio.get_running_loop()
    place = Place(**told["place"])
    crowd = Crowd(await endpoint_of(place), place, told["clients"])
    await crowd.connected()
    print(json.dumps("ready"), flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        asked = json.loads(line)
        crowd.load = load = Load(crowd, asked["work"])
        began = time.perf_counter()
        if asked["rate"]:
            await load.open(asked["rate"], asked["seconds"])
        else:
            await load.closed(asked["seconds"])
        lasted = time.perf_counter() - began
        found = {"late": load.late, "lasted": lasted, "seconds": load.seconds}
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.argv[1])))
