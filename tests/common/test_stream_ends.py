"""How streams end: by errors, by either side leaving, by deadlines, by silence."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from tests.common.radio import Chunk, Count, Counted, Number, Partial, Radio, Tuned, end_of, tuned
from tests.common.wired import SECONDS, Asking, Table, until, wired

from common.call_context import CallContext, enter_call
from common.messages import ActionError, Empty, ErrorCode, Request
from common.transport import client_stream, server_stream
from common.transport.admission import ServerLimits
from common.transport.flow import WINDOW


@pytest.mark.parametrize(
    ("name", "request_"), [("wait", Empty()), ("count", Count(to=1000)), ("sink", Empty())]
)
async def test_leaving_the_block_ends_the_agents_work(name: str, request_: Request) -> None:
    """An agent that still works on a stream, or waits for credit, is cancelled and cleans up."""
    async with tuned() as on:
        with on.open(name, Number, request_) as stream:
            await until(lambda: on.served.server.inflight == 1)
            if name != "sink":
                await anext(stream)
        async with asyncio.timeout(SECONDS):
            await on.radio.ended.wait()
        await until(lambda: on.served.server.inflight == 0)

        with pytest.raises(ActionError, match="the stream is closed"):
            await stream.send(Number(number=1))


async def test_a_stream_that_was_left_early_is_over() -> None:
    """Leaving before anything was sent asks for nothing, and nothing is left behind."""
    async with tuned() as on:
        with on.open("count", Number, Count(to=5)):
            pass
        assert (await on.asking.call(on.served, "add", Count(to=3), Counted)).number == 3
        await until(lambda: on.served.server.inflight == 0)


@pytest.mark.parametrize(
    ("name", "code", "message", "field"),
    [
        ("refuse", ErrorCode.CONFLICT, "taken", "number"),
        ("crash", ErrorCode.INTERNAL, "crash failed; its log says why", None),
    ],
)
async def test_an_error_ends_a_stream(
    name: str, code: ErrorCode, message: str, field: str | None
) -> None:
    """Items that came before an error are given first; a fault tells no details."""
    async with tuned() as on:
        with on.open(name, Number) as stream:
            found, error = await end_of(stream)

    assert found == [Number(number=0)]
    assert error is not None
    assert (error.code, error.message, error.field) == (code, message, field)


async def test_an_item_that_has_no_json_is_a_fault_of_the_agent() -> None:
    """Text that no UTF-8 can say ends the stream as an internal error."""
    async with tuned() as on:
        with on.open("half", Partial) as stream:
            _, error = await end_of(stream)

    assert error is not None
    assert error.code is ErrorCode.INTERNAL


async def test_a_wrong_item_of_the_caller_is_invalid() -> None:
    """An item that is not what the action takes ends the stream, naming the field."""
    async with tuned() as on:
        with on.open("transcribe", Partial) as stream:
            await stream.send(Chunk(audio=b"a"))
            await stream.send(Number(number=1))
            found, error = await end_of(stream)

    assert found == [Partial(text="a")]
    assert error is not None
    assert (error.code, error.field) == (ErrorCode.INVALID, "audio")


async def test_a_wrong_item_of_the_agent_is_malformed() -> None:
    """An item that is not what the caller expects is told with the field."""
    async with tuned() as on:
        with (
            on.open("count", Partial, Count(to=3)) as stream,
            pytest.raises(ActionError) as caught,
        ):
            await anext(stream)
        async with asyncio.timeout(SECONDS):
            await on.radio.ended.wait()

    assert caught.value.code is ErrorCode.MALFORMED
    assert caught.value.field == "text"
    assert "radio.count sent no Partial" in caught.value.message


async def test_an_item_that_cannot_be_sent_is_invalid() -> None:
    """What has no JSON is refused before it is sent; the stream goes on."""
    async with tuned() as on:
        with on.open("transcribe", Partial) as stream:
            with pytest.raises(ActionError) as caught:
                await stream.send(Partial(text="\ud800"))
            await stream.send(Chunk(audio=b"a"))
            assert (await anext(stream)).text == "a"

    assert caught.value.code is ErrorCode.INVALID


@pytest.mark.parametrize(
    ("name", "request_", "code", "field"),
    [
        ("count", Empty(), ErrorCode.INVALID, "to"),
        ("add", Count(to=1), ErrorCode.UNKNOWN_ACTION, "action"),
        ("sing", Empty(), ErrorCode.UNKNOWN_ACTION, "action"),
    ],
)
async def test_a_stream_that_cannot_be_opened_says_why(
    name: str, request_: Request, code: ErrorCode, field: str
) -> None:
    """A wrong request, an action that is no stream, and one that is not there are refused."""
    async with tuned() as on:
        with on.open(name, Number, request_) as stream:
            found, error = await end_of(stream)

    assert found == []
    assert error is not None
    assert (error.code, error.field) == (code, field)


async def test_a_stream_is_not_called() -> None:
    """Who asks a stream for one reply is told that it is a stream."""
    async with tuned() as on:
        with pytest.raises(ActionError, match="count is a stream") as caught:
            await on.asking.call(on.served, "count", Count(to=1), Counted)

    assert caught.value.code is ErrorCode.UNKNOWN_ACTION


async def test_who_sends_after_the_end_is_told() -> None:
    """Once the agent has ended a stream, sending raises instead of talking to nobody."""
    async with tuned() as on:
        with on.open("count", Number, Count(to=0)) as stream:
            assert await end_of(stream) == ([], None)
            with pytest.raises(ActionError, match="has ended the stream") as caught:
                await stream.send(Number(number=1))

    assert caught.value.code is ErrorCode.CONFLICT


async def test_a_caller_that_vanishes_ends_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that is cut ends the agent's work when it next sends, or by the silence."""
    monkeypatch.setattr(server_stream, "SILENT_SECONDS", 0.5)
    async with tuned() as on:
        stream = on.asking.client.stream(
            on.served.endpoint, "radio.count", Count(to=10_000), Number, None
        )
        for _ in range(WINDOW):
            await anext(stream)
        on.asking.client.close()
        async with asyncio.timeout(SECONDS):
            await on.radio.ended.wait()

        assert on.radio.made < 10_000


async def test_a_caller_that_is_silent_ends_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent that only waits for items gives up a caller of whom it has heard nothing."""
    monkeypatch.setattr(server_stream, "SILENT_SECONDS", 0.1)
    async with wired(Table(radio := Radio())) as (served, wire):
        wire.open("1", "sink")
        async with asyncio.timeout(SECONDS):
            await radio.ended.wait()

        await until(lambda: served.server.inflight == 0)
        assert [found.status for found in served.answered] == ["unavailable"]


async def test_a_quiet_caller_is_not_taken_for_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits long for an item says from time to time that it is there."""
    monkeypatch.setattr(server_stream, "SILENT_SECONDS", 0.2)
    monkeypatch.setattr(client_stream, "ALIVE_SECONDS", 0.02)
    async with tuned() as on:
        with on.open("wait", Number) as stream:
            await anext(stream)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.4):
                    await anext(stream)
            assert not on.radio.ended.is_set()
            on.radio.gate.set()
            assert await end_of(stream) == ([], None)


async def test_more_than_was_granted_is_malformed() -> None:
    """A caller that does not wait for credit is told so, and fills no queue."""
    async with wired(Table(radio := Radio())) as (_, wire):
        wire.open("1", "sink")
        assert (await wire.reply())["credit"] == WINDOW
        for number in range(WINDOW + 1):
            wire.tell("item", "1", body={"number": number})
        wire.ask("2", "add", to=1)
        await wire.of_kind("reply")
        radio.gate.set()
        found = await wire.of_kind("error")

    assert found["error"]["code"] == "malformed"
    assert found["error"]["message"] == f"more than the {WINDOW} items came that were granted"


async def test_the_deadline_of_the_callers_call_ends_a_stream() -> None:
    """A stream opened while answering a call lasts no longer than that call."""
    async with tuned() as on:
        enter_call(CallContext("c-1", "test", on.asking.clock.now() + 0.05))
        with on.open("wait", Number) as stream:
            found, error = await end_of(stream)
        async with asyncio.timeout(SECONDS):
            await on.radio.ended.wait()

    assert found == [Number(number=0)]
    assert error is not None
    assert error.code is ErrorCode.TIMEOUT


async def test_a_stream_belongs_to_its_callers_work() -> None:
    """What an agent does for a stream carries the correlation id of whoever opened it."""
    async with tuned() as on:
        enter_call(CallContext("c-1", "test", None))
        with on.open("whose", Partial) as stream:
            assert await end_of(stream) == ([Partial(text="c-1 test")], None)


async def test_one_caller_cannot_hold_every_stream() -> None:
    """A caller with too many streams is refused one more; calls and other callers are not."""
    limits = ServerLimits(streams=2)
    async with tuned(limits) as on, Asking("other") as other, AsyncExitStack() as stack:
        for _ in range(2):
            await anext(stack.enter_context(on.open("wait", Number)))
        _, error = await end_of(stack.enter_context(on.open("wait", Number)))
        assert error is not None
        assert error.code is ErrorCode.OVERLOADED

        assert (await on.asking.call(on.served, "add", Count(to=3), Counted)).number == 3
        stack.enter_context(Tuned(on.radio, on.served, other).open("wait", Number))
        await until(lambda: on.served.server.inflight == 3)


async def test_a_lost_connection_ends_streams() -> None:
    """When the agent is gone, who listens and who sends is told."""
    async with tuned() as on:
        with on.open("wait", Number) as stream:
            await anext(stream)
            await on.served.close()
            _, error = await end_of(stream)
            assert error is not None
            assert error.code is ErrorCode.UNAVAILABLE
            with pytest.raises(ActionError):
                await stream.send(Number(number=1))
