"""The server over a real socket: every request gets exactly one reply, whatever it is."""

import asyncio
import json

import pytest
import zmq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.common.wired import (
    LOG,
    Answer,
    Asking,
    Table,
    Text,
    Wire,
    serving,
    until,
    wait_for_ever,
    wired,
)

from common.actions import action
from common.attachments import Attachment
from common.call_context import CallContext, correlated, current_call
from common.clock import SystemClock
from common.messages import ActionError, Empty, ErrorCode, Reply, Request
from common.transport.admission import MOST_AT_ONCE, ServerLimits
from common.transport.server import PortInUseError, Server
from common.wire import Call


async def echo(call: Call) -> Reply:
    """Send the text back."""
    return Text(text=str(call.body.get("text")))


async def test_answers() -> None:
    """A sound request is answered under its id."""
    async with wired(Answer(echo)) as (_, wire):
        wire.ask("7", text="hello")

        assert await wire.reply() == {"kind": "reply", "id": "7", "body": {"text": "hello"}}


async def test_req_sockets_are_understood() -> None:
    """The empty frame of a REQ socket is given back to it."""
    async with serving(Answer(echo)) as served:
        wire = Wire(served.port, zmq.REQ)
        wire.ask("7", text="hello")

        assert (await wire.reply())["id"] == "7"
        wire.close()


frames = st.lists(
    st.binary(max_size=40)
    | st.fixed_dictionaries(
        {"id": st.just("x") | st.integers()},
        optional={
            "kind": st.sampled_from(["call", "open", "subscribe", "reply", "event", "x"]),
            "action": st.text(),
            "deadline": st.floats(),
            "body": st.none(),
        },
    ).map(lambda value: json.dumps(value).encode()),
    min_size=1,
    max_size=3,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(frames, min_size=1, max_size=20))
def test_arbitrary_frames_are_refused_and_survived(messages: list[list[bytes]]) -> None:
    """Any frames get one MALFORMED reply each, and the next sound request is answered."""

    async def run() -> None:
        async with wired(Answer(echo)) as (_, wire):
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
    is_of_req_socket = len(message) > 1 and not message[0]
    try:
        found = json.loads(message[1 if is_of_req_socket else 0])
    except ValueError:
        return ""
    id = found.get("id") if isinstance(found, dict) else None
    return id if isinstance(id, str) else ""


async def test_no_more_than_the_limit_is_inflight() -> None:
    """One request too many is refused at once, the others go on."""
    gate = asyncio.Event()

    async def wait(call: Call) -> Reply:
        await gate.wait()
        return Text(text=call.id)

    async with wired(Answer(wait), limits=ServerLimits(inflight=2)) as (_, wire):
        for id in "123":
            wire.ask(id)
        assert await wire.error() == ("3", "overloaded", None)
        gate.set()

        assert {"1", "2"} == {(await wire.reply())["id"], (await wire.reply())["id"]}


async def test_late_request_is_not_begun() -> None:
    """A request whose deadline is over is answered without running its action."""
    begun: list[str] = []

    async def note(call: Call) -> Reply:
        begun.append(call.id)
        return Text(text="")

    async with wired(Answer(note)) as (_, wire):
        wire.ask("1", seconds=-1)
        assert await wire.error() == ("1", "timeout", None)

    assert begun == []


async def test_action_ends_at_its_deadline() -> None:
    """An action that runs at its deadline is cancelled and its caller told."""
    async with wired(Answer(wait_for_ever)) as (served, wire):
        wire.ask("1", seconds=0.05)
        assert await wire.error() == ("1", "timeout", None)
        assert served.server.inflight == 0
        assert [(found.action, found.status) for found in served.answered] == [("echo", "timeout")]


async def test_fault_of_an_action_is_internal_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An unexpected exception tells the caller nothing but INTERNAL; the log has the trace."""

    async def crash(call: Call) -> Reply:
        raise TimeoutError("secret detail")

    async with wired(Answer(crash)) as (_, wire):
        wire.ask("1", action="boil")
        reply = await wire.reply()

    assert reply["error"]["code"] == "internal"
    assert "secret" not in json.dumps(reply)
    assert "secret detail" in caplog.text


async def test_action_error_reaches_the_caller() -> None:
    """Code, message and field of an ActionError arrive as raised."""

    async def refuse(call: Call) -> Reply:
        raise ActionError(ErrorCode.CONFLICT, "taken", "name")

    async with wired(Answer(refuse)) as (_, wire):
        wire.ask("1")

        expected = {"code": "conflict", "message": "taken", "field": "name"}
        assert expected == (await wire.reply())["error"]


async def test_drain_waits_then_drops() -> None:
    """What is not done when the drain ends is dropped, and its caller told."""
    async with wired(Answer(wait_for_ever)) as (served, wire):
        wire.ask("1", seconds=60)
        wire.ask("2", seconds=-1)
        await wire.error()

        assert await served.server.drain(0.01) == 1
        assert await wire.error() == ("1", "unavailable", None)


async def test_drain_tells_even_those_that_have_not_begun() -> None:
    """Of many requests that came at once, each has its one reply when a drain ends them."""
    async with wired(Answer(wait_for_ever)) as (served, wire):
        for number in range(100):
            wire.ask(str(number))
        await until(lambda: served.server.inflight == 100)

        assert await served.server.drain(0) == 100
        refused = [await wire.error() for _ in range(100)]
        assert sorted(refused) == sorted((str(n), "unavailable", None) for n in range(100))


async def test_a_cancelled_call_is_ended() -> None:
    """Who no longer wants a reply ends the action, whether it runs or still waits for its turn."""
    begun: list[str] = []

    async def note(call: Call) -> Reply:
        begun.append(call.id)
        return await wait_for_ever(call)

    async with wired(Answer(note)) as (served, wire):
        wire.ask("runs")
        await until(lambda: begun == ["runs"])
        wire.tell("cancel", "runs")
        assert await wire.error() == ("runs", "unavailable", None)
        for number in range(MOST_AT_ONCE + 1):
            wire.ask(f"{number}")
        for number in range(MOST_AT_ONCE + 1):
            wire.tell("cancel", f"{number}")
        wire.tell("cancel", "nobody")

        refused = {await wire.error() for _ in range(MOST_AT_ONCE + 1)}
        assert refused == {(f"{n}", "unavailable", None) for n in range(MOST_AT_ONCE + 1)}
        assert served.server.inflight == 0
        assert {found.status for found in served.answered} == {"unavailable"}


async def test_an_id_is_used_once_at_a_time() -> None:
    """A second request under an id that is in use is refused, the first goes on."""
    gate = asyncio.Event()

    async def wait(call: Call) -> Reply:
        await gate.wait()
        return Text(text="waited")

    async with wired(Answer(wait)) as (_, wire):
        wire.ask("1")
        wire.ask("1")
        assert await wire.error() == ("1", "malformed", "id")
        gate.set()
        assert (await wire.reply())["body"] == {"text": "waited"}
        wire.ask("1")
        assert (await wire.reply())["kind"] == "reply"


async def test_frames_of_nobody_are_passed_over() -> None:
    """Items, credit, ends and cancels of what is over, or never was, disturb nobody."""
    async with wired(Answer(echo)) as (_, wire):
        wire.tell("item", "1", body={})
        wire.tell("credit", "1", credit=5)
        wire.tell("end", "1")
        wire.tell("cancel", "1")
        wire.ask("2", text="still here")

        assert (await wire.reply())["body"] == {"text": "still here"}


class Recording(Request):
    """Ask with bytes."""

    audio: Attachment


class Echoed(Reply):
    """Answer with bytes."""

    audio: Attachment


class Recorder:
    """Send bytes back."""

    @action
    async def turn(self, request: Recording) -> Echoed:
        """Send them back in reverse."""
        return Echoed(audio=request.audio[::-1])


async def test_a_megabyte_goes_both_ways() -> None:
    """Bytes reach the action and come back as they are, beside the JSON."""
    audio = bytes(range(256)) * 4096
    async with serving(Table(Recorder())) as served, Asking() as asking:
        replies = await asyncio.gather(
            *(asking.call(served, "turn", Recording(audio=audio), Echoed) for _ in range(4))
        )

    assert replies == [Echoed(audio=audio[::-1])] * 4


async def test_a_reply_that_has_no_json_is_a_fault_of_the_action(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Text that no UTF-8 can say is the agent's fault: INTERNAL, and the log says why."""

    async def half(call: Call) -> Reply:
        return Text(text="\ud800")

    async with wired(Answer(half)) as (_, wire):
        wire.ask("1")

        assert await wire.error() == ("1", "internal", None)
    assert "has no JSON" in caplog.text


async def test_action_knows_its_call() -> None:
    """An action can ask which call it answers; outside of one there is none."""
    seen: list[CallContext | None] = []

    async def look(call: Call) -> Reply:
        seen.append(current_call())
        return Text(text="")

    async with wired(Answer(look)) as (_, wire):
        wire.ask("1")
        await wire.reply()

    assert current_call() is None
    assert seen[0] is not None
    assert (seen[0].correlation_id, seen[0].source) == ("c", "test")


async def test_spans_make_a_tree() -> None:
    """Each call has a span of its own below its caller's, and is observed with it."""
    seen: list[CallContext | None] = []

    async def look(call: Call) -> Reply:
        seen.append(current_call())
        return Text(text="")

    async with serving(Answer(look)) as served, Asking() as asking:
        with correlated("c-1", span="outer"):
            for _ in range(2):
                await asking.call(served, "look", Empty(), Text)

    first, second = (found.call for found in served.answered)
    assert seen == [first, second]
    assert (first.parent, second.parent) == ("outer", "outer")
    assert len({first.span, second.span, "outer", ""}) == 4


async def test_port_in_use_is_told() -> None:
    """Two servers on one port: the second says which variable to change."""
    async with serving(Answer(echo)) as served:
        other = Server(Answer(echo), lambda answered: None, SystemClock(), LOG)
        expected = f"AGENT_PORT: expected 127.0.0.1:{served.port} to be"
        with pytest.raises(PortInUseError, match=expected):
            other.bind("127.0.0.1", served.port)
