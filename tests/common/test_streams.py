"""Streams over real sockets: both ways at once, held back by credit, ended by either side."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from typing import TypeVar

import pytest

from common.actions import action
from common.attachments import Attachment
from common.call_context import CallContext, current_call, enter_call
from common.messages import ActionError, Empty, ErrorCode, Item, Reply, Request
from common.transport import client_stream, server_stream
from common.transport.admission import ServerLimits
from common.transport.client_stream import ClientStream
from common.transport.flow import WINDOW
from tests.common.wired import SECONDS, Asking, Served, Table, serving, until, wired


S = TypeVar("S", bound=Item)


class Count(Request):
    """Ask for numbers."""

    to: int


class Number(Item):
    """Carry a number."""

    number: int


class Chunk(Item):
    """Carry a piece of a recording."""

    audio: Attachment


class Partial(Item):
    """Carry what was understood so far."""

    text: str
    is_final: bool = False


class Counted(Reply):
    """Answer with a number."""

    number: int


class Radio:
    """Give streams, and note what becomes of them."""

    def __init__(self) -> None:
        self.made = 0
        self.heard = 0
        self.gate = asyncio.Event()
        self.ended = asyncio.Event()

    @action
    async def count(self, request: Count) -> AsyncIterator[Number]:
        """Count as fast as it goes."""
        try:
            for number in range(request.to):
                self.made += 1
                yield Number(number=number)
        finally:
            self.ended.set()

    @action
    async def transcribe(
        self, request: Empty, incoming: AsyncIterator[Chunk]
    ) -> AsyncIterator[Partial]:
        """Say after each chunk what was heard, and at the end all of it."""
        heard = ""
        async for chunk in incoming:
            heard += chunk.audio.decode()
            yield Partial(text=heard)
        yield Partial(text=heard.upper(), is_final=True)

    @action
    async def sink(self, request: Empty, incoming: AsyncIterator[Number]) -> AsyncIterator[Number]:
        """Take nothing until the test says so; then tell how many came."""
        try:
            await self.gate.wait()
            async for _ in incoming:
                self.heard += 1
            yield Number(number=self.heard)
        finally:
            self.ended.set()

    @action
    async def wait(self, request: Empty) -> AsyncIterator[Number]:
        """Give one number, then none for ever."""
        try:
            yield Number(number=0)
            await self.gate.wait()
        finally:
            self.ended.set()

    @action
    async def refuse(self, request: Empty) -> AsyncIterator[Number]:
        """Give one number, then an error."""
        yield Number(number=0)
        raise ActionError(ErrorCode.CONFLICT, "taken", "number")

    @action
    async def crash(self, request: Empty) -> AsyncIterator[Number]:
        """Have a fault after one number."""
        yield Number(number=0)
        raise RuntimeError("secret detail")

    @action
    async def half(self, request: Empty) -> AsyncIterator[Partial]:
        """Give text that has no UTF-8."""
        yield Partial(text="\ud800")

    @action
    async def whose(self, request: Empty) -> AsyncIterator[Partial]:
        """Tell the call that the stream belongs to."""
        call = current_call()
        yield Partial(text=f"{call.correlation_id} {call.source}" if call else "")

    @action
    async def add(self, request: Count) -> Counted:
        """Answer once."""
        return Counted(number=request.to)


class Tuned:
    """A radio that is served, and somebody who listens to it."""

    def __init__(self, radio: Radio, served: Served, asking: Asking) -> None:
        self.radio = radio
        self.served = served
        self.asking = asking

    def open(
        self, name: str, request: Request | None = None, item: type[S] = Number
    ) -> "closing[ClientStream[S]]":
        """Open a stream that is closed with the block."""
        endpoint, full = self.served.endpoint, f"radio.{name}"
        call = current_call()
        deadline = None if call is None else call.deadline
        return closing(
            self.asking.client.stream(endpoint, full, request or Empty(), item, deadline)
        )


@asynccontextmanager
async def tuned(limits: ServerLimits | None = None) -> AsyncIterator[Tuned]:
    """Give a radio and a listener."""
    radio = Radio()
    async with serving(Table(radio), limits=limits) as served, Asking() as asking:
        yield Tuned(radio, served, asking)


async def end_of(stream: ClientStream[S]) -> tuple[list[S], ActionError | None]:
    """Return all that comes, and the error that ends it, if one does."""
    found: list[S] = []
    try:
        async with asyncio.timeout(SECONDS):
            async for item in stream:
                found.append(item)
    except ActionError as error:
        return found, error
    return found, None


@pytest.mark.parametrize("count", [0, 1, WINDOW, 1000])
async def test_a_stream_arrives_whole_and_in_order(count: int) -> None:
    """Of however many items, each comes once, in order, and then the end."""
    async with tuned() as on:
        with on.open("count", Count(to=count)) as stream:
            assert await end_of(stream) == ([Number(number=n) for n in range(count)], None)
        await until(lambda: on.served.server.inflight == 0)
        assert [(found.action, found.status) for found in on.served.answered] == [
            ("count", "success")
        ]


async def test_upload_with_partial_results() -> None:
    """Chunks go up while what was understood of them comes down; after the end, all of it."""
    async with tuned() as on:
        with on.open("transcribe", item=Partial) as stream:
            texts = []
            for word in (b"turn ", b"the ", b"radio on"):
                await stream.send(Chunk(audio=word))
                texts.append((await anext(stream)).text)
            await stream.end()
            rest, error = await end_of(stream)

    assert texts == ["turn ", "turn the ", "turn the radio on"]
    assert (rest, error) == ([Partial(text="TURN THE RADIO ON", is_final=True)], None)


async def test_credit_holds_an_agent_back() -> None:
    """An agent never has more under way than its caller has room for, and goes on as that takes."""
    async with tuned() as on:
        with on.open("count", Count(to=500)) as stream:
            await until(lambda: on.radio.made > WINDOW)
            await asyncio.wait([asyncio.create_task(loop_turns(100))])
            assert on.radio.made == WINDOW + 1  # one waits for credit
            for taken in range(1, 501):
                await anext(stream)
                assert on.radio.made <= taken + WINDOW + 1
            assert await end_of(stream) == ([], None)


async def loop_turns(count: int) -> None:
    """Let everything run that can."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_credit_holds_a_caller_back() -> None:
    """A caller never has more under way than the agent has room for, and loses nothing of it."""
    sent = 0

    async def send_all(stream: ClientStream[Number]) -> None:
        nonlocal sent
        for number in range(300):
            await stream.send(Number(number=number))
            sent += 1
        await stream.end()

    async with tuned() as on:
        with on.open("sink") as stream:
            sending = asyncio.create_task(send_all(stream))
            await until(lambda: sent == WINDOW)
            await loop_turns(100)
            assert (sent, on.radio.heard, sending.done()) == (WINDOW, 0, False)
            on.radio.gate.set()

            assert await end_of(stream) == ([Number(number=300)], None)
            await sending


async def test_streams_of_one_connection_do_not_hold_back_each_other() -> None:
    """While one stream waits for credit, another and calls go on."""
    async with tuned() as on, AsyncExitStack() as stack:
        stack.enter_context(on.open("count", Count(to=1000)))
        await until(lambda: on.radio.made > WINDOW)
        other = stack.enter_context(on.open("count", Count(to=200)))

        assert len((await end_of(other))[0]) == 200
        assert (await on.asking.call(on.served, "add", Count(to=3), Counted)).number == 3


@pytest.mark.parametrize(
    ("name", "request_"), [("wait", Empty()), ("count", Count(to=1000)), ("sink", Empty())]
)
async def test_leaving_the_block_ends_the_agents_work(name: str, request_: Request) -> None:
    """An agent that still works on a stream, or waits for credit, is cancelled and cleans up."""
    async with tuned() as on:
        with on.open(name, request_) as stream:
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
        with on.open("count", Count(to=5)):
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
        with on.open(name) as stream:
            found, error = await end_of(stream)

    assert found == [Number(number=0)]
    assert error is not None
    assert (error.code, error.message, error.field) == (code, message, field)


async def test_an_item_that_has_no_json_is_a_fault_of_the_agent() -> None:
    """Text that no UTF-8 can say ends the stream as an internal error."""
    async with tuned() as on:
        with on.open("half", item=Partial) as stream:
            _, error = await end_of(stream)

    assert error is not None
    assert error.code is ErrorCode.INTERNAL


async def test_a_wrong_item_of_the_caller_is_invalid() -> None:
    """An item that is not what the action takes ends the stream, naming the field."""
    async with tuned() as on:
        with on.open("transcribe", item=Partial) as stream:
            await stream.send(Chunk(audio=b"a"))
            await stream.send(Number(number=1))
            found, error = await end_of(stream)

    assert found == [Partial(text="a")]
    assert error is not None
    assert (error.code, error.field) == (ErrorCode.INVALID, "audio")


async def test_a_wrong_item_of_the_agent_is_malformed() -> None:
    """An item that is not what the caller expects is told with the field."""
    async with tuned() as on:
        with on.open("count", Count(to=3), item=Partial) as stream:
            with pytest.raises(ActionError) as caught:
                await anext(stream)
        async with asyncio.timeout(SECONDS):
            await on.radio.ended.wait()

    assert caught.value.code is ErrorCode.MALFORMED
    assert caught.value.field == "text"
    assert "radio.count sent no Partial" in caught.value.message


async def test_an_item_that_cannot_be_sent_is_invalid() -> None:
    """What has no JSON is refused before it is sent; the stream goes on."""
    async with tuned() as on:
        with on.open("transcribe", item=Partial) as stream:
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
        with on.open(name, request_) as stream:
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
        with on.open("count", Count(to=0)) as stream:
            assert await end_of(stream) == ([], None)
            with pytest.raises(ActionError, match="has ended the stream") as caught:
                await stream.send(Number(number=1))

    assert caught.value.code is ErrorCode.CONFLICT


async def test_a_caller_that_vanishes_ends_the_stream() -> None:
    """A connection that is cut ends the agent's work when it next has something to send."""
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
        with on.open("wait") as stream:
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
        with on.open("wait") as stream:
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
        with on.open("whose", item=Partial) as stream:
            assert await end_of(stream) == ([Partial(text="c-1 test")], None)


async def test_one_caller_cannot_hold_every_stream() -> None:
    """A caller with too many streams is refused one more; calls and other callers are not."""
    limits = ServerLimits(streams=2)
    async with tuned(limits) as on, Asking("other") as other, AsyncExitStack() as stack:
        for _ in range(2):
            await anext(stack.enter_context(on.open("wait")))
        _, error = await end_of(stack.enter_context(on.open("wait")))
        assert error is not None
        assert error.code is ErrorCode.OVERLOADED

        assert (await on.asking.call(on.served, "add", Count(to=3), Counted)).number == 3
        stack.enter_context(Tuned(on.radio, on.served, other).open("wait"))
        await until(lambda: on.served.server.inflight == 3)


async def test_a_lost_connection_ends_streams() -> None:
    """When the agent is gone, who listens and who sends is told."""
    async with tuned() as on:
        with on.open("wait") as stream:
            await anext(stream)
            await on.served.close()
            _, error = await end_of(stream)
            assert error is not None
            assert error.code is ErrorCode.UNAVAILABLE
            with pytest.raises(ActionError):
                await stream.send(Number(number=1))
