"""Connections: what becomes of what was asked when they are lost, left, refused or never stand."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
import zmq
from tests.common.played import Played
from tests.common.wired import (
    SECONDS,
    Answer,
    Asking,
    Served,
    Text,
    serving,
    until,
    wait_for_ever,
    when_free,
)

from common.messages import ActionError, Empty, ErrorCode, Reply
from common.testing.ports import free_port
from common.transport import channel
from common.transport.channel import PENDING, Channel, NotSentError
from common.transport.context import process_context
from common.transport.loop_socket import LoopSocket
from common.wire import Call, Frames, FromAgent, encode


@asynccontextmanager
async def played() -> AsyncIterator[tuple[Played, Asking]]:
    """Give an agent that the test plays, and a client."""
    peer = Played()
    async with Asking() as asking:
        yield peer, asking
    peer.close()


def ask(asking: Asking, endpoint: str, seconds: float = SECONDS) -> asyncio.Task[Text]:
    """Begin a call."""
    deadline = asking.clock.now() + seconds
    call = asking.client.call(endpoint, "peer.echo", Empty(), Text, deadline=deadline)
    return asyncio.create_task(call)


async def failure(call: asyncio.Task[Text]) -> ActionError:
    """Return the error that a call ends with."""
    with pytest.raises(ActionError) as caught:
        async with asyncio.timeout(SECONDS):
            await call
    return caught.value


async def test_a_lost_connection_fails_what_was_sent() -> None:
    """Whoever waits for a reply over a connection that is lost hears so; it may have been done."""
    async with played() as (peer, asking):
        call = ask(asking, peer.endpoint)
        await peer.heard(1)
        peer.close()
        error = await failure(call)

    assert error.code is ErrorCode.UNAVAILABLE
    assert not isinstance(error, NotSentError)
    assert error.message == f"lost the connection to {peer.endpoint}"


async def test_what_was_never_sent_is_told_so() -> None:
    """A request that no connection stood for may be sent elsewhere, and its error says so."""
    endpoint = f"tcp://127.0.0.1:{free_port()}"
    async with Asking() as asking:
        call = ask(asking, endpoint)
        await asyncio.sleep(0)
        asking.client.forget(endpoint, ActionError(ErrorCode.UNAVAILABLE, "gone", "peer"))
        error = await failure(call)

    assert isinstance(error, NotSentError)
    assert (error.code, error.message, error.field) == (ErrorCode.UNAVAILABLE, "gone", "peer")


class Congested:
    """A connection whose peer does not read until the test lets it, so that what is told waits."""

    def __init__(self) -> None:
        self.ended: dict[str, FromAgent | ActionError] = {}
        self.read: list[dict[str, Any]] = []
        self._socket = process_context().socket(zmq.ROUTER)
        self._socket.setsockopt(zmq.RCVHWM, 1)
        port = self._socket.bind_to_random_port("tcp://127.0.0.1")
        self.channel = Channel(f"tcp://127.0.0.1:{port}")

    async def fill(self) -> None:
        """Ask for "sent", which goes, then tell so much that "unsent" has to wait."""
        await until(lambda: self.channel.is_up)
        self.ask("sent")
        big = [json.dumps({"kind": "item", "id": "sent", "body": {"x": "x" * 100_000}}).encode()]
        for _ in range(200):
            self.channel.tell("sent", big)
        self.ask("unsent")

    def ask(self, id: str) -> None:
        """Ask under an id."""

        def end(found: FromAgent | ActionError, frames: Frames) -> None:
            self.ended[id] = found

        self.channel.ask(id, encode({"kind": "end", "id": id}), end)

    def begin_to_read(self) -> None:
        """Let the peer read."""
        LoopSocket(self._socket, lambda frames: self.read.append(json.loads(frames[1])))

    def close(self) -> None:
        """Hang up on the channel, then close it."""
        self._socket.close(linger=0)


async def test_what_waits_behind_others_was_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """When a connection is lost, it is told apart what the peer may have heard of."""
    monkeypatch.setattr(channel, "PENDING", 10)
    line = Congested()
    await line.fill()
    line.close()
    await until(lambda: len(line.ended) == 2)
    line.channel.close()

    assert not isinstance(line.ended["sent"], NotSentError)
    assert isinstance(line.ended["unsent"], NotSentError)


async def test_a_cancel_is_not_lost_in_a_crowd(monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer that reads late still learns what was given up; what it never got is not sent."""
    monkeypatch.setattr(channel, "PENDING", 10)
    line = Congested()
    await line.fill()
    line.channel.cancel("sent")
    line.channel.cancel("unsent")
    line.begin_to_read()
    await until(lambda: bool(line.read) and line.read[-1] == {"kind": "cancel", "id": "sent"})
    line.channel.close()
    line.close()

    assert "unsent" not in {frame["id"] for frame in line.read}
    assert line.ended == {}


async def test_a_connection_comes_back_by_itself() -> None:
    """What is asked while the peer is away is answered once it is back at its endpoint."""
    async with played() as (peer, asking):
        lost = ask(asking, peer.endpoint)
        await peer.heard(1)
        peer.close()
        await failure(lost)
        call = ask(asking, peer.endpoint)
        again = await when_free(lambda: Played(int(peer.endpoint.rpartition(":")[2])))
        await again.heard(1)
        again.reply(0, "back")

        assert (await call).text == "back"
        assert len(again.asked) == 1  # what was lost is not sent again
        again.close()


async def test_no_more_than_a_bound_waits() -> None:
    """However many ask for a peer that is away, only so many wait; the others hear so at once."""
    async with Asking() as asking:
        endpoint = f"tcp://127.0.0.1:{free_port()}"
        calls = [ask(asking, endpoint) for _ in range(PENDING)]
        await asyncio.sleep(0)
        error = await failure(ask(asking, endpoint))
        assert error.code is ErrorCode.OVERLOADED
        calls[0].cancel()
        await asyncio.gather(calls[0], return_exceptions=True)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)


async def test_what_nobody_waits_for_is_not_kept() -> None:
    """Requests that were given up before the connection stood take no room, and are not sent."""
    peer = Played()
    line = Channel(peer.endpoint)
    frames = [b"{}"]
    for number in range(3 * PENDING):
        line.ask(f"{number}", frames, lambda found, rest: None)
        line.cancel(f"{number}")
    assert sys.getrefcount(frames) < 2 * PENDING + 5

    line.ask("last", encode({"kind": "end", "id": "last"}), lambda found, rest: None)
    await peer.heard(1)
    assert peer.asked[0][1]["id"] == "last"
    line.close()
    peer.close()


async def test_a_call_that_is_given_up_is_cancelled() -> None:
    """The peer hears that nobody waits for its reply any more."""
    async with played() as (peer, asking):
        call = ask(asking, peer.endpoint)
        await peer.heard(1)
        call.cancel()
        await peer.heard(2)

    assert peer.asked[1][1] == {"kind": "cancel", "id": peer.asked[0][1]["id"]}


async def test_a_peer_that_goes_away_is_left_behind() -> None:
    """After goaway the old connection answers what it was asked; what comes next has a new one."""
    async with played() as (peer, asking):
        first = ask(asking, peer.endpoint)
        await sent_away(peer, asking)
        second = ask(asking, peer.endpoint)
        await peer.heard(3)
        assert peer.asked[0][0] != peer.asked[2][0]
        for number in (0, 2):
            peer.reply(number, f"{number}")

        assert [(await call).text for call in (first, second)] == ["0", "2"]
        await until(lambda: is_gone(peer, 0))
        assert not is_gone(peer, 2)


async def sent_away(peer: Played, asking: Asking) -> None:
    """Say goaway, twice, to a client that has asked once; return when it has heard it."""
    call = ask(asking, peer.endpoint)
    await peer.heard(2)
    peer.say(0, '{"kind":"goaway","id":"-"}')
    peer.say(0, '{"kind":"goaway","id":"-"}')
    peer.reply(1)
    await call


def is_gone(peer: Played, number: int) -> bool:
    """Tell whether the connection that a message came by is closed."""
    try:
        peer.say(number, "")
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ('{"kind":"reply","id":"ID","body":[]}', "body"),
        ('{"kind":"boast","id":"ID"}', "kind"),
        ('{"kind":"error","id":"ID","error":{"code":"tired","message":""}}', "error.code"),
        ('{"kind":"reply","id":"ID","body":{"words":1}}', "text"),
    ],
)
async def test_a_reply_that_is_none_is_malformed(told: str, field: str) -> None:
    """Who gets something that is no reply to it learns which field was wrong."""
    async with played() as (peer, asking):
        call = ask(asking, peer.endpoint)
        await peer.heard(1)
        peer.say(0, told.replace("ID", peer.asked[0][1]["id"]))
        error = await failure(call)

    assert (error.code, error.field) == (ErrorCode.MALFORMED, field)


async def test_noise_is_passed_over() -> None:
    """Messages that belong to nothing, or are none, do not keep a reply from its caller."""
    async with played() as (peer, asking):
        call = ask(asking, peer.endpoint)
        await peer.heard(1)
        for noise in ("", "{", '{"kind":"reply","id":"x","body":{}}', '{"kind":"end","id":"x"}'):
            peer.say(0, noise)
        peer.say(0, '{"kind":"credit","id":"ID","credit":1}'.replace("ID", peer.asked[0][1]["id"]))
        peer.reply(0, "heard")

        assert (await call).text == "heard"


async def test_a_late_reply_is_nobodys() -> None:
    """A call ends at its deadline; the reply that comes later disturbs no other call."""
    async with played() as (peer, asking):
        late = ask(asking, peer.endpoint, 0.02)
        await peer.heard(1)
        error = await failure(late)
        assert (error.code, error.message) == (
            ErrorCode.TIMEOUT,
            "peer.echo had no reply in 0.0 s",
        )
        peer.reply(0, "late")
        call = ask(asking, peer.endpoint)
        await peer.heard(2)
        peer.reply(1, "in time")

        assert (await call).text == "in time"


async def test_a_client_that_is_closed_asks_nothing() -> None:
    """Closing ends what waits, wherever it waits, and later calls at once."""
    async with played() as (peer, asking):
        leaving = ask(asking, peer.endpoint)
        await sent_away(peer, asking)
        waiting = ask(asking, peer.endpoint)
        await peer.heard(3)
        asking.client.close()
        for call in (leaving, waiting, ask(asking, peer.endpoint)):
            error = await failure(call)
            assert error.code is ErrorCode.UNAVAILABLE
        await until(lambda: is_gone(peer, 0) and is_gone(peer, 2))


async def test_an_endpoint_that_is_none_is_told() -> None:
    """An endpoint that cannot be connected to fails the call, not the caller."""
    async with Asking() as asking:
        error = await failure(ask(asking, "tcp://nowhere"))

    assert error.code is ErrorCode.UNAVAILABLE
    assert error.message.startswith("tcp://nowhere: ")


async def test_each_who_waited_has_an_error_of_their_own() -> None:
    """Errors that many raise at once are not one object, which would grow with each raise."""
    async with played() as (peer, asking):
        calls = [ask(asking, peer.endpoint) for _ in range(2)]
        await peer.heard(2)
        peer.close()
        first, second = [await failure(call) for call in calls]

    assert first is not second


async def test_an_agent_is_unharmed_by_who_vanishes() -> None:
    """An agent whose callers vanish in the middle of their calls answers the next ones."""

    async def answer(call: Call) -> Reply:
        return await wait_for_ever(call) if call.source == "test" else Text(text="well")

    def is_busy(served: Served, count: int) -> bool:
        return served.server.inflight == count

    async with serving(Answer(answer)) as served:
        for number in range(1, 4):
            async with Asking() as asking:
                call = ask(asking, served.endpoint)
                await until(partial(is_busy, served, number))
            await failure(call)
        async with Asking("other") as other:
            assert (await ask(other, served.endpoint)).text == "well"
