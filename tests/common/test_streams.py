"""Streams over real sockets: both ways at once, held back by credit, belonging to a call."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from tests.common.radio import Chunk, Count, Counted, Number, Partial, end_of, tuned
from tests.common.wired import until

from common.transport.client_stream import ClientStream
from common.transport.flow import WINDOW


@pytest.mark.parametrize("count", [0, 1, WINDOW, 1000])
async def test_a_stream_arrives_whole_and_in_order(count: int) -> None:
    """Of however many items, each comes once, in order, and then the end."""
    async with tuned() as on:
        with on.open("count", Number, Count(to=count)) as stream:
            assert await end_of(stream) == ([Number(number=n) for n in range(count)], None)
        await until(lambda: on.served.server.inflight == 0)
        assert [(found.action, found.status) for found in on.served.answered] == [
            ("count", "success")
        ]


async def test_upload_with_partial_results() -> None:
    """Chunks go up while what was understood of them comes down; after the end, all of it."""
    async with tuned() as on:
        with on.open("transcribe", Partial) as stream:
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
        with on.open("count", Number, Count(to=500)) as stream:
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
        with on.open("sink", Number) as stream:
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
        stack.enter_context(on.open("count", Number, Count(to=1000)))
        await until(lambda: on.radio.made > WINDOW)
        other = stack.enter_context(on.open("count", Number, Count(to=200)))

        assert len((await end_of(other))[0]) == 200
        assert (await on.asking.call(on.served, "add", Count(to=3), Counted)).number == 3
