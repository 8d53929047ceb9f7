"""The server over a real socket: every request gets exactly one reply, whatever it is."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import zmq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.call_context import CallContext, current_call
from common.clock import SystemClock
from common.messages import ActionError, ErrorCode, Reply
from common.transport.context import process_context
from common.transport.loop_socket import LoopSocket
from common.transport.server import PortInUseError, Server, ServerLimits
from common.wire import RequestFrame

LOG = logging.getLogger("test.server")


class Text(Reply):
    """Carry text."""

    text: str


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

    def ask(self, id: str, action: str = "echo", seconds: float = 5.0, **body: Any) -> None:
        """Send a sound request."""
        envelope: dict[str, Any] = {
            "id": id,
            "correlation_id": "c",
            "source": "test",
            "action": action,
        }
        envelope |= {"deadline": time.time() + seconds, "body": body}
        self.send(json.dumps(envelope).encode())

    async def reply(self) -> Any:
        """Return the next reply."""
        async with asyncio.timeout(5):
            return json.loads((await self._replies.get())[-1])

    async def error(self) -> tuple[str, str, str | None]:
        """Return id, code and field of the next reply, which is an error."""
        found = await self.reply()
        assert found["status"] == "error"
        return found["id"], found["error"]["code"], found["error"]["field"]

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


@asynccontextmanager
async def serving(
    answer: Callable[[RequestFrame], Awaitable[Reply]], limits: ServerLimits | None = None
) -> AsyncIterator[tuple[Server, Wire]]:
    """Give a server with this answer and a connection to it."""
    server = Server(answer, lambda action, status, seconds: None, SystemClock(), LOG, limits)
    wire = Wire(server.bind("127.0.0.1", 0))
    try:
        yield server, wire
    finally:
        wire.close()
        await server.drain(0)
        server.close()


async def echo(request: RequestFrame) -> Reply:
    """Send the text back."""
    return Text(text=str(request.body.get("text")))


async def never(request: RequestFrame) -> Reply:
    """Wait for what does not come."""
    await asyncio.Event().wait()
    raise AssertionError("unreachable")


async def test_answers() -> None:
    """A sound request is answered under its id."""
    async with serving(echo) as (_, wire):
        wire.ask("7", text="hello")

        expected = {"id": "7", "status": "success", "body": {"text": "hello"}, "error": None}
        assert expected == await wire.reply()


async def test_req_sockets_are_understood() -> None:
    """The empty frame of a REQ socket is given back to it."""
    async with serving(echo) as (server, _):
        wire = Wire(server.bind("127.0.0.1", 0), zmq.REQ)
        wire.ask("7", text="hello")

        assert (await wire.reply())["id"] == "7"
        wire.close()


frames = st.lists(
    st.binary(max_size=40)
    | st.fixed_dictionaries(
        {"id": st.just("x") | st.integers()},
        optional={"action": st.text(), "deadline": st.floats(), "body": st.none()},
    ).map(lambda value: json.dumps(value).encode()),
    min_size=1,
    max_size=3,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(frames, min_size=1, max_size=20))
def test_arbitrary_frames_are_refused_and_survived(messages: list[list[bytes]]) -> None:
    """Any frames get one MALFORMED reply each, and the next sound request is answered."""

    async def run() -> None:
        async with serving(echo) as (_, wire):
            for message in messages:
                wire.send(*message)
            for message in messages:
                id, code, _ = await wire.error()
                assert code == ErrorCode.MALFORMED
                assert id == readable_id(message)
            wire.ask("after", text="x")
            assert (await wire.reply())["id"] == "after"

    asyncio.run(run())


def readable_id(message: list[bytes]) -> str:
    """Return the id that a refusal of these frames must carry."""
    is_single = len(message) == 1 or (len(message) == 2 and not message[0])
    try:
        found = json.loads(message[-1])
    except ValueError:
        return ""
    id = found.get("id") if is_single and isinstance(found, dict) else None
    return id if isinstance(id, str) else ""


async def test_no_more_than_the_limit_is_inflight() -> None:
    """One request too many is refused at once, the others go on."""
    gate = asyncio.Event()

    async def wait(request: RequestFrame) -> Reply:
        await gate.wait()
        return Text(text=request.id)

    async with serving(wait, ServerLimits(inflight=2)) as (_, wire):
        for id in "123":
            wire.ask(id)
        assert await wire.error() == ("3", "overloaded", None)
        gate.set()

        assert {"1", "2"} == {(await wire.reply())["id"], (await wire.reply())["id"]}


async def test_late_request_is_not_begun() -> None:
    """A request whose deadline is over is answered without running its action."""
    begun: list[str] = []

    async def note(request: RequestFrame) -> Reply:
        begun.append(request.id)
        return Text(text="")

    async with serving(note) as (_, wire):
        wire.ask("1", seconds=-1)
        assert await wire.error() == ("1", "timeout", None)

    assert begun == []


async def test_action_ends_at_its_deadline() -> None:
    """An action that runs at its deadline is cancelled and its caller told."""
    async with serving(never) as (server, wire):
        wire.ask("1", seconds=0.05)
        assert await wire.error() == ("1", "timeout", None)
        assert server.inflight == 0


async def test_fault_of_an_action_is_internal_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An unexpected exception tells the caller nothing but INTERNAL; the log has the trace."""

    async def crash(request: RequestFrame) -> Reply:
        raise TimeoutError("secret detail")

    async with serving(crash) as (_, wire):
        wire.ask("1", action="boil")
        reply = await wire.reply()

    assert reply["error"]["code"] == "internal"
    assert "secret" not in json.dumps(reply)
    assert "secret detail" in caplog.text


async def test_action_error_reaches_the_caller() -> None:
    """Code, message and field of an ActionError arrive as raised."""

    async def refuse(request: RequestFrame) -> Reply:
        raise ActionError(ErrorCode.CONFLICT, "taken", "name")

    async with serving(refuse) as (_, wire):
        wire.ask("1")

        expected = {"code": "conflict", "message": "taken", "field": "name"}
        assert expected == (await wire.reply())["error"]


async def test_drain_waits_then_drops() -> None:
    """What is not done when the drain ends is dropped, and its caller told."""
    async with serving(never) as (server, wire):
        wire.ask("1", seconds=60)
        wire.ask("2", seconds=-1)
        await wire.error()

        assert await server.drain(0.01) == 1
        assert await wire.error() == ("1", "unavailable", None)


async def test_action_knows_its_call() -> None:
    """An action can ask which call it answers; outside of one there is none."""
    seen: list[CallContext | None] = []

    async def look(request: RequestFrame) -> Reply:
        seen.append(current_call())
        return Text(text="")

    async with serving(look) as (_, wire):
        wire.ask("1")
        await wire.reply()

    assert current_call() is None
    assert seen[0] is not None
    assert (seen[0].correlation_id, seen[0].source) == ("c", "test")


async def test_port_in_use_is_told() -> None:
    """Two servers on one port: the second says which variable to change."""
    async with serving(echo) as (server, _):
        port = server.bind("127.0.0.1", 0)
        other = Server(echo, lambda action, status, seconds: None, SystemClock(), LOG)
        with pytest.raises(PortInUseError, match=f"AGENT_PORT: expected 127.0.0.1:{port} to be"):
            other.bind("127.0.0.1", port)
