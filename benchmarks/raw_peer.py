"""What our messages are measured against: pyzmq's own asyncio sockets, and nothing more.

Requests are [id, payload] from a DEALER to a ROUTER, answered as they come, without a task, a
deadline, a type or JSON. Events are [topic, number and time, payload] from a PUB to a SUB. With
CURVE the server knows its client's key through pyzmq's own ZAP handler.

    python benchmarks/raw_peer.py '{"ports": [5001, 5002, 5003], "keys": "", "client_key": ""}'
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
import time
from itertools import count
from pathlib import Path
from typing import Any

import zmq
import zmq.asyncio
from payloads import EVENTS_AT_ONCE
from zmq.auth.asyncio import AsyncioAuthenticator

from common.security.credentials import read_credentials

TOPIC = b"told"
STAMP = struct.Struct("!Qd")
ORDER = struct.Struct("!IId")
QUEUE = 2000


class RawServer:
    """Echo, and publish when ordered."""

    def __init__(self, context: zmq.asyncio.Context) -> None:
        self.echo = context.socket(zmq.ROUTER)
        self.orders = context.socket(zmq.REP)
        self.events = context.socket(zmq.PUB)
        self._numbers = count(1)
        for socket in self.sockets:
            socket.setsockopt(zmq.SNDHWM, QUEUE)
            socket.setsockopt(zmq.RCVHWM, QUEUE)

    @property
    def sockets(self) -> tuple[zmq.asyncio.Socket, ...]:
        """Return the sockets in the order of their ports."""
        return self.echo, self.orders, self.events

    async def answer(self) -> None:
        """Give every payload back."""
        while True:
            await self.echo.send_multipart(await self.echo.recv_multipart())

    async def publish(self) -> None:
        """Publish as ordered."""
        while True:
            number, size, pause = ORDER.unpack(await self.orders.recv())
            payload = bytes(size)
            for sent in range(number):
                stamp = STAMP.pack(next(self._numbers), time.monotonic())
                await self.events.send_multipart([TOPIC, stamp, payload])
                if pause or sent % EVENTS_AT_ONCE == 0:
                    await asyncio.sleep(pause)
            await self.orders.send(b"")


class RawClient:
    """Ask and listen; many may ask at once."""

    def __init__(self, context: zmq.asyncio.Context) -> None:
        self.requests = context.socket(zmq.DEALER)
        self.orders = context.socket(zmq.REQ)
        self.events = context.socket(zmq.SUB)
        self.events.subscribe(TOPIC)
        self._waiting: dict[bytes, asyncio.Future[bytes]] = {}
        self._numbers = count(1)
        for socket in self.sockets:
            socket.setsockopt(zmq.SNDHWM, QUEUE)
            socket.setsockopt(zmq.RCVHWM, QUEUE)

    @property
    def sockets(self) -> tuple[zmq.asyncio.Socket, ...]:
        """Return the sockets in the order of their ports."""
        return self.requests, self.orders, self.events

    async def ask(self, payload: bytes) -> bytes:
        """Return the reply."""
        id = b"%d" % next(self._numbers)
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[id] = future
        await self.requests.send_multipart([id, payload])
        return await future

    async def receive(self) -> None:
        """Hand every reply to who waits for it."""
        while True:
            id, payload = await self.requests.recv_multipart()
            self._waiting.pop(id).set_result(payload)

    async def order(self, number: int, size: int, pause: float) -> None:
        """Let the server publish; return when it has."""
        await self.orders.send(ORDER.pack(number, size, pause))
        await self.orders.recv()

    async def next_event(self) -> tuple[int, float]:
        """Return the number and the time of the next event."""
        _, stamp, _ = await self.events.recv_multipart()
        number, at = STAMP.unpack(stamp)
        return number, at


def secure(socket: zmq.asyncio.Socket, keys: Path, server_key: str = "") -> None:
    """Give a socket its keys; a client knows its server's."""
    credentials = read_credentials(keys)
    socket.curve_publickey = credentials.own.public.encode()
    socket.curve_secretkey = credentials.own.secret.encode()
    if server_key:
        socket.curve_serverkey = server_key.encode()
    else:
        socket.curve_server = True
        socket.zap_domain = b"raw"


async def serve(ports: list[int], keys: str, client_key: str) -> None:
    """Serve for ever, without keys when none are given."""
    context = zmq.asyncio.Context()
    server = RawServer(context)
    if keys:
        guard = AsyncioAuthenticator(context)
        guard.start()
        guard.configure_curve_callback("raw", Allowed(client_key))
        for socket in server.sockets:
            secure(socket, Path(keys))
    for socket, port in zip(server.sockets, ports, strict=True):
        socket.bind(f"tcp://127.0.0.1:{port}")
    await asyncio.gather(server.answer(), server.publish())


class Allowed:
    """Let one client in."""

    def __init__(self, key: str) -> None:
        self._key = key

    def callback(self, domain: str, key: bytes) -> bool:
        """Tell whether a key may come in."""
        return key.decode() == self._key


def main() -> None:
    """Serve as told."""
    told: dict[str, Any] = json.loads(sys.argv[1])
    asyncio.run(serve(told["ports"], told["keys"], told["client_key"]))


if __name__ == "__main__":
    main()
