"""The client: circuits of endpoints, deadlines of callers, what travels with a call."""

import asyncio
from functools import partial

import pytest
from tests.common.wired import (
    Answer,
    Asking,
    Served,
    Text,
    Wire,
    serve,
    serving,
    until,
    wait_for_ever,
    when_free,
)

from common.call_context import CallContext, correlated, enter_call
from common.messages import ActionError, Empty, ErrorCode, Reply
from common.testing.ports import free_port
from common.transport.client import FAILURES
from common.wire import MAX_JSON_BYTES, Call


async def echo(call: Call) -> Reply:
    """Tell who asked, and as part of what."""
    return Text(text=f"{call.source} {call.correlation_id} {call.span}")


async def refused(asking: Asking, served: Served, seconds: float = 5.0) -> ErrorCode:
    """Return the code with which a call fails."""
    with pytest.raises(ActionError) as caught:
        await asking.call(served, "echo", Empty(), Text, seconds)
    return caught.value.code


async def test_a_circuit_opens_and_closes_with_the_connection() -> None:
    """After failures in a row calls fail at once, until a connection stands again."""
    opened: list[str] = []
    served = serve(Answer(echo))
    async with Asking() as asking, serving(Answer(echo)) as other:
        asking.client.on_open_circuit = opened.append
        await asking.call(served, "echo", Empty(), Text)
        await served.close()
        for _ in range(FAILURES):
            assert not asking.client.is_open(served.endpoint)
            assert await refused(asking, served, 0.02) is not ErrorCode.DENIED
        assert asking.client.is_open(served.endpoint)
        assert opened == [served.endpoint]
        assert await refused(asking, served) is ErrorCode.UNAVAILABLE
        await asking.call(other, "echo", Empty(), Text)

        again = await when_free(partial(serve, Answer(echo), port=served.port))
        await until(lambda: not asking.client.is_open(served.endpoint))
        await asking.call(again, "echo", Empty(), Text)
        await again.close()


async def test_refusals_open_no_circuit() -> None:
    """A peer that judges requests is well, however often it says no."""

    async def refuse(call: Call) -> Reply:
        raise ActionError(ErrorCode.CONFLICT, "taken")

    async with serving(Answer(refuse)) as served, Asking() as asking:
        for _ in range(2 * FAILURES):
            assert await refused(asking, served) is ErrorCode.CONFLICT
        assert not asking.client.is_open(served.endpoint)


async def test_callers_without_time_open_no_circuit() -> None:
    """That a caller is late says nothing of the peer: it is not asked, and not judged."""
    async with serving(Answer(echo)) as served, Asking() as asking:
        for _ in range(2 * FAILURES):
            assert await refused(asking, served, 0) is ErrorCode.TIMEOUT

        assert not asking.client.is_open(served.endpoint)
        assert served.answered == []


async def test_a_call_lasts_no_longer_than_its_callers() -> None:
    """The deadline of the call that is being answered is that of the calls made for it."""
    async with serving(Answer(echo)) as served, Asking() as asking:
        until_when = asking.clock.now() + 60
        enter_call(CallContext("c", "test", until_when))

        assert asking.client.deadline(100) == until_when
        assert asking.client.deadline(1) < until_when
        await asking.call(served, "echo", Empty(), Text)


async def test_the_peer_learns_for_what_it_works() -> None:
    """Source, correlation id and span travel with a call; without any, an id is made."""
    async with serving(Answer(echo)) as served, Asking("me") as asking:
        with correlated("c-1", span="s-1"):
            assert (await asking.call(served, "echo", Empty(), Text)).text == "me c-1 s-1"
        ids = {(await asking.call(served, "echo", Empty(), Text)).text.split()[1] for _ in range(2)}

    assert len(ids) == 2


async def test_a_request_that_is_too_long_is_invalid() -> None:
    """What cannot be sent is the caller's own mistake; the peer never hears of it."""

    class Long(Empty):
        text: str

    async with serving(Answer(echo)) as served, Asking() as asking:
        for text in ("x" * MAX_JSON_BYTES, "\ud800"):
            with pytest.raises(ActionError) as caught:
                await asking.call(served, "echo", Long(text=text), Text)
            assert caught.value.code is ErrorCode.INVALID
            assert caught.value.message.startswith("peer.echo: Long ")
        assert served.answered == []


async def test_a_thousand_calls_at_once_are_told_apart() -> None:
    """Replies find their calls, in whatever order they come."""

    async def jumbled(call: Call) -> Reply:
        number = int(call.body["text"])
        for _ in range(number % 7):
            await asyncio.sleep(0)
        return Text(text=f"{number}")

    class Numbered(Empty):
        text: str

    async with serving(Answer(jumbled)) as served, Asking() as asking:
        calls = (
            asking.call(served, "echo", Numbered(text=f"{number}"), Text) for number in range(900)
        )
        replies = await asyncio.gather(*calls)

    assert [reply.text for reply in replies] == [f"{number}" for number in range(900)]


async def test_overload_of_one_caller_is_told_to_it() -> None:
    """A plain connection that floods an agent is answered in full: served or OVERLOADED."""
    async with serving(Answer(wait_for_ever)) as served:
        wire = Wire(served.port)
        for number in range(1200):
            wire.ask(f"{number}", seconds=60)
        refusals = [await wire.error() for _ in range(200)]
        wire.close()

    assert {code for _, code, _ in refusals} == {"overloaded"}


async def test_an_endpoint_nobody_listens_at_times_out() -> None:
    """A peer that is not there is waited for until the deadline, as it may be starting."""
    endpoint = f"tcp://127.0.0.1:{free_port()}"
    async with Asking() as asking:
        deadline = asking.client.deadline(0.05)
        with pytest.raises(ActionError) as caught:
            await asking.client.call(endpoint, "peer.echo", Empty(), Text, deadline=deadline)

    assert caught.value.code is ErrorCode.TIMEOUT
