"""Servers, clients and raw connections for tests of the transport, all in one process."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import zmq

from common.actions import ActionTable
from common.clock import SystemClock
from common.messages import ActionError, ErrorCode, Event, Item, Reply, Request, Topic
from common.security.credentials import Credentials
from common.transport.admission import ServerLimits
from common.transport.client import Client
from common.transport.context import process_context
from common.transport.door import Door
from common.transport.flow import Inbox
from common.transport.loop_socket import LoopSocket
from common.transport.server import Answered, PortInUseError, Server
from common.transport.server_stream import Incoming
from common.wire import Body, Call, Frames, Open

LOG = logging.getLogger("test.server")
SECONDS = 5.0

R = TypeVar("R", bound=Reply)
T = TypeVar("T")


class Text(Reply):
    """Carry text."""

    text: str


class Answer:
    """Answer every call by one function."""

    def __init__(self, function: Callable[[Call], Awaitable[Reply]]) -> None:
        self._function = function

    async def answer(self, call: Call, attached: Frames) -> Reply:
        """Ask the function."""
        return await self._function(call)

    async def stream(
        self, request: Open, attached: Frames, inbox: Inbox[tuple[Body, Frames]]
    ) -> AsyncGenerator[Item, None]:
        """Have no streams."""
        raise ActionError(ErrorCode.UNKNOWN_ACTION, "no streams here")
        yield


class Table:
    """Answer by the actions of an object, as an agent's process does."""

    def __init__(self, provider: object) -> None:
        self._table = ActionTable(provider)

    async def answer(self, call: Call, attached: Frames) -> Reply:
        """Invoke an action."""
        return await self._table.invoke(call.action, call.body, attached)

    def stream(
        self, request: Open, attached: Frames, inbox: Inbox[tuple[Body, Frames]]
    ) -> AsyncGenerator[Item, None]:
        """Begin a stream."""
        return self._table.stream(
            request.action, request.body, attached, lambda load: Incoming(inbox, load)
        )


@dataclass
class Served:
    """A server that runs, where it listens, and what it has answered."""

    server: Server
    port: int
    answered: list[Answered] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        """Return where it listens."""
        return f"tcp://127.0.0.1:{self.port}"

    async def close(self) -> None:
        """Stop without waiting for anything."""
        await self.server.drain(0)
        self.server.close()


def serve(
    answers: Answer | Table,
    *,
    limits: ServerLimits | None = None,
    topics: tuple[Topic[Event], ...] = (),
    door: Door | None = None,
    port: int = 0,
) -> Served:
    """Start a server."""
    answered: list[Answered] = []
    server = Server(answers, answered.append, SystemClock(), LOG, limits, door)
    server.publisher.declare(topics)
    return Served(server, server.bind("127.0.0.1", port), answered)


@asynccontextmanager
async def serving(
    answers: Answer | Table,
    *,
    limits: ServerLimits | None = None,
    topics: tuple[Topic[Event], ...] = (),
    door: Door | None = None,
) -> AsyncIterator[Served]:
    """Give a server that is closed with the block."""
    served = serve(answers, limits=limits, topics=topics, door=door)
    try:
        yield served
    finally:
        await served.close()


class Asking:
    """A client, which asks where the test says."""

    def __init__(self, source: str = "test", credentials: Credentials | None = None) -> None:
        self.clock = SystemClock()
        self.client = Client(source, self.clock, credentials=credentials)

    async def __aenter__(self) -> "Asking":
        """Give the client."""
        return self

    async def __aexit__(self, *told: object) -> None:
        """Hang up."""
        self.client.close()

    async def call(
        self,
        served: Served,
        action: str,
        request: Request,
        reply: type[R],
        seconds: float = SECONDS,
    ) -> R:
        """Call an action of an agent that is called peer."""
        deadline = self.clock.now() + seconds
        name = f"peer.{action}"
        return await self.client.call(served.endpoint, name, request, reply, deadline=deadline)


async def wait_for_ever(call: Call) -> Reply:
    """Answer never."""
    await asyncio.Event().wait()
    raise AssertionError("unreachable")


async def when_free(listen: Callable[[], T]) -> T:
    """Listen at a port whose listener was closed just now, which takes a moment."""
    async with asyncio.timeout(SECONDS):
        while True:
            try:
                return listen()
            except (PortInUseError, zmq.ZMQError):
                await asyncio.sleep(0.001)


async def until(check: Callable[[], bool]) -> None:
    """Return when something holds that another part of this process brings about."""
    async with asyncio.timeout(SECONDS):
        while not check():
            await asyncio.sleep(0.001)


class Wire:
    """A raw connection to a server under test."""

    def __init__(self, port: int, kind: int = zmq.DEALER) -> None:
        socket = process_context().socket(kind)
        socket.connect(f"tcp://127.0.0.1:{port}")
        self._replies: asyncio.Queue[list[bytes]] = asyncio.Queue()
        self._socket = LoopSocket(socket, self._replies.put_nowait)

    def send(self, *frames: bytes) -> None:
        """Send frames as they are."""
        assert self._socket.send(list(frames))

    def tell(self, kind: str, id: str, **keys: Any) -> None:
        """Send a sound frame of any kind."""
        self.send(json.dumps({"kind": kind, "id": id, **keys}).encode())

    def ask(
        self,
        id: str,
        action: str = "echo",
        seconds: float = SECONDS,
        source: str = "test",
        **body: Any,
    ) -> None:
        """Send a sound call."""
        self.tell(
            "call",
            id,
            correlation_id="c",
            source=source,
            action=action,
            deadline=time.time() + seconds,
            body=body,
        )

    def open(self, id: str, action: str, credit: int = 64, **body: Any) -> None:
        """Open a stream."""
        asked = {"correlation_id": "c", "source": "test", "action": action, "deadline": None}
        self.tell("open", id, credit=credit, body=body, **asked)

    async def reply(self) -> Any:
        """Return the JSON of the next message."""
        async with asyncio.timeout(SECONDS):
            return json.loads((await self._replies.get())[-1])

    async def of_kind(self, kind: str) -> Any:
        """Return the JSON of the next message of a kind."""
        while (found := await self.reply())["kind"] != kind:
            continue
        return found

    async def error(self) -> tuple[str, str, str | None]:
        """Return id, code and field of the next message, which is an error."""
        found = await self.reply()
        assert found["kind"] == "error"
        return found["id"], found["error"]["code"], found["error"]["field"]

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


@asynccontextmanager
async def wired(
    answers: Answer | Table,
    *,
    limits: ServerLimits | None = None,
    topics: tuple[Topic[Event], ...] = (),
) -> AsyncIterator[tuple[Served, Wire]]:
    """Give a server and a raw connection to it."""
    async with serving(answers, limits=limits, topics=topics) as served:
        wire = Wire(served.port)
        try:
            yield served, wire
        finally:
            wire.close()
