"""A guarded agent and its callers: who is answered, and how keys change without a lost request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from tests.common.radio import Count, Number, Radio, end_of
from tests.common.wired import SECONDS, Answer, Asking, Served, Table, Text, serving, until

from common.call_context import current_call
from common.clock import SystemClock
from common.messages import ActionError, Empty, ErrorCode, Event, Reply, Request, Topic
from common.security.credentials import Credentials
from common.security.keys import KeyPair
from common.testing import FakeClock
from common.transport.client import REFUSED_SECONDS, Client
from common.transport.door import Door
from common.wire import Call

AGENT, FRIEND, OTHER, STRANGER, RENEWED = (KeyPair.generate() for _ in range(5))
TRUSTED = {FRIEND.public: "friend", OTHER.public: "other"}
RATE, RATED_SECONDS = 200, 1.5


class Push(Request):
    """Change something: nobody may ask this twice."""


class Rang(Event):
    """A bell rang."""

    number: int


BELL = Topic("peer", "bell", Rang)


def door(*, own: KeyPair = AGENT) -> Door:
    """Return the door of an agent that lets in its friends."""
    return Door("peer", Credentials(own, {}, TRUSTED), lambda reason, key, address: None)


def caller(own: KeyPair = FRIEND, *servers: KeyPair) -> Credentials:
    """Return what a caller knows; the newest key of the agent comes first."""
    keys = tuple(pair.public for pair in servers or (AGENT,))
    return Credentials(own, {"peer": keys}, {})


async def whom(call: Call) -> Reply:
    """Tell who asks, in the eyes of the agent."""
    found = current_call()
    return Text(text=found.source if found else "")


@asynccontextmanager
async def guarded(answer: Answer | Table | None = None) -> AsyncIterator[tuple[Served, Door]]:
    """Give a guarded server and its door."""
    gate = door()
    async with serving(answer or Answer(whom), topics=(BELL,), door=gate) as served:
        yield served, gate


async def refusal(asking: Asking, served: Served) -> ActionError:
    """Return the error that a call fails with."""
    with pytest.raises(ActionError) as caught:
        await asking.call(served, "whom", Push(), Text)
    return caught.value


async def test_each_is_who_their_key_says() -> None:
    """Two callers with keys of their own are answered, each by its name."""
    async with (
        guarded() as (served, _),
        Asking("friend", caller()) as friend,
        Asking("other", caller(OTHER)) as other,
    ):
        for asking, name in ((friend, "friend"), (other, "other"), (friend, "friend")):
            assert (await asking.call(served, "whom", Push(), Text)).text == name


async def test_nobody_speaks_for_another() -> None:
    """A caller that says it is somebody else than its key's owner is denied, and may go on."""
    async with guarded() as (served, _):
        async with Asking("other", caller(FRIEND)) as liar:
            error = await refusal(liar, served)
        async with Asking("friend", caller(FRIEND)) as friend:
            assert (await friend.call(served, "whom", Push(), Text)).text == "friend"

    assert (error.code, error.field) == (ErrorCode.DENIED, "source")
    assert error.message == "expected friend, whose key it is; found 'other'"


async def test_an_edge_that_is_taken_away_counts_at_once() -> None:
    """A caller that is no longer trusted is denied, over the connection that it has."""
    async with guarded() as (served, gate), Asking("friend", caller()) as friend:
        await friend.call(served, "whom", Push(), Text)
        gate.credentials = replace(gate.credentials, clients={OTHER.public: "other"})
        error = await refusal(friend, served)

    assert (error.code, error.message) == (ErrorCode.DENIED, "friend may not call peer any more")


@pytest.mark.parametrize(
    ("credentials", "message"),
    [
        (caller(STRANGER), "does not know our key or may not be called by us"),
        (None, "is not secured as we are: see TRANSPORT_SECURITY"),
    ],
    ids=["stranger", "plain"],
)
async def test_who_is_not_let_in_is_told(credentials: Credentials | None, message: str) -> None:
    """A stranger and a caller without keys hear at once why nobody answers them."""
    async with guarded() as (served, _), Asking("friend", credentials) as asking:
        error = await refusal(asking, served)

    assert (error.code, error.message) == (ErrorCode.DENIED, f"{served.endpoint} {message}")


async def test_a_caller_with_keys_does_not_talk_to_an_agent_without() -> None:
    """An agent that cannot prove who it is hears nothing."""
    async with serving(Answer(whom)) as served, Asking("friend", caller()) as friend:
        error = await refusal(friend, served)
        assert served.answered == []

    assert error.code is ErrorCode.DENIED


async def test_an_agent_whose_key_nobody_gave_us_is_not_called() -> None:
    """Who has no key of an agent does not connect to it."""
    async with Asking("friend", Credentials(FRIEND, {}, {})) as friend, guarded() as (served, _):
        error = await refusal(friend, served)

    assert (error.code, error.message) == (ErrorCode.DENIED, "no key of peer is trusted here")


async def test_who_was_refused_may_come_again() -> None:
    """A refusal counts for a while; after that the agent is asked again and may say yes."""
    async with guarded() as (served, gate):
        clock = FakeClock(SystemClock().now())
        client = Client("stranger", clock, credentials=caller(STRANGER))

        async def code() -> ErrorCode | None:
            try:
                deadline = clock.now() + SECONDS
                await client.call(served.endpoint, "peer.whom", Push(), Text, deadline=deadline)
            except ActionError as error:
                return error.code
            return None

        assert await code() is ErrorCode.DENIED
        gate.credentials = replace(gate.credentials, clients={STRANGER.public: "stranger"})
        assert await code() is ErrorCode.DENIED
        clock.set(clock.now() + REFUSED_SECONDS)
        assert await code() is None
        client.close()


@pytest.mark.parametrize("keys", [(RENEWED, AGENT), (AGENT, RENEWED), (STRANGER, RENEWED, AGENT)])
async def test_any_of_the_keys_that_we_trust_will_do(keys: tuple[KeyPair, ...]) -> None:
    """While keys change, an agent has one of several; the caller finds out which."""
    async with guarded() as (served, _), Asking("friend", caller(FRIEND, *keys)) as friend:
        assert (await friend.call(served, "whom", Push(), Text)).text == "friend"


async def test_a_key_that_comes_later_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller that waits for an agent whose key it does not have yet, calls it when it has."""
    async with guarded() as (served, _), Asking("friend", caller(FRIEND, STRANGER)) as friend:
        waiting = asyncio.create_task(friend.call(served, "whom", Push(), Text))
        await asyncio.sleep(0)
        friend.client.credentials = caller()
        with pytest.raises(ActionError) as caught:
            await waiting
        assert caught.value.code is ErrorCode.UNAVAILABLE

        assert (await friend.call(served, "whom", Push(), Text)).text == "friend"


async def test_other_keys_of_our_own_do_not_end_what_is_asked() -> None:
    """When a caller's keys change, what it waits for is still answered; the next is asked anew."""
    gate = asyncio.Event()

    async def wait(call: Call) -> Reply:
        await gate.wait()
        return Text(text=call.source)

    async with guarded(Answer(wait)) as (served, _), Asking("friend", caller()) as friend:
        first = asyncio.create_task(friend.call(served, "whom", Push(), Text))
        await until(lambda: served.server.inflight == 1)
        friend.client.credentials = replace(caller(), own=OTHER)
        second = asyncio.create_task(friend.call(served, "whom", Push(), Text))
        with pytest.raises(ActionError, match="expected other, whose key it is"):
            await second
        gate.set()

        assert (await first).text == "friend"


async def asked_steadily(asking: Asking, served: Served, calls: int) -> list[Text | BaseException]:
    """Ask at a steady rate what may not be asked twice; return all replies and errors."""
    loop = asyncio.get_running_loop()
    began, tasks = loop.time(), []
    for number in range(calls):
        await asyncio.sleep(began + number / RATE - loop.time())
        tasks.append(asyncio.create_task(asking.call(served, "whom", Push(), Text)))
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_change_of_keys_loses_no_request() -> None:
    """Under load an agent takes another key, and nobody sees an error; each is asked once."""

    async def at_work(call: Call) -> Reply:
        await asyncio.sleep(0.005)
        return Text(text=call.source)

    calls = int(RATE * RATED_SECONDS)
    async with (
        guarded(Answer(at_work)) as (served, gate),
        Asking("friend", caller(FRIEND, RENEWED, AGENT)) as friend,
        Asking("other", caller(OTHER, AGENT, RENEWED)) as other,
    ):
        asking = [
            asyncio.create_task(asked_steadily(friend, served, calls // 2)),
            asyncio.create_task(asked_steadily(other, served, calls // 2)),
        ]
        await until(lambda: len(served.answered) > calls // 5)
        gate.credentials = replace(gate.credentials, own=RENEWED)
        await served.server.rekey(RENEWED)
        found = [reply for replies in await asyncio.gather(*asking) for reply in replies]

        assert [reply for reply in found if not isinstance(reply, Text)] == []
        assert len(found) == len(served.answered) == 2 * (calls // 2)
        async with Asking("friend", caller(FRIEND, RENEWED)) as late:
            await late.call(served, "whom", Push(), Text)


async def test_an_idle_caller_finds_the_new_key() -> None:
    """Who asks nothing while keys change is answered afterwards as before."""
    async with (
        guarded() as (served, _),
        Asking("friend", caller(FRIEND, RENEWED, AGENT)) as friend,
    ):
        await friend.call(served, "whom", Push(), Text)
        await served.server.rekey(RENEWED)

        assert (await friend.call(served, "whom", Push(), Text)).text == "friend"


async def test_a_change_of_keys_waits_for_streams_but_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A stream that ends soon ends well; one that does not is cut off, and its caller told."""
    monkeypatch.setattr("common.transport.server.REKEY_SECONDS", 0.2)
    radio = Radio()
    credentials = caller(FRIEND, RENEWED, AGENT)
    async with guarded(Table(radio)) as (served, _), Asking("friend", credentials) as friend:
        counted = friend.client.stream(served.endpoint, "peer.count", Count(to=500), Number, None)
        waiting = friend.client.stream(served.endpoint, "peer.wait", Empty(), Number, None)
        await anext(counted)
        await anext(waiting)
        rekeying = asyncio.create_task(served.server.rekey(RENEWED))
        assert len((await end_of(counted))[0]) == 499
        await rekeying
        _, error = await end_of(waiting)

        assert error is not None
        assert error.code is ErrorCode.UNAVAILABLE
        counted.close()
        waiting.close()


async def test_a_subscription_ends_with_the_connection_that_it_came_by() -> None:
    """Whoever hears events when keys change is told, and may subscribe again at once."""
    credentials = caller(FRIEND, RENEWED, AGENT)
    async with guarded() as (served, _), Asking("friend", credentials) as friend:
        deadline = friend.clock.now() + SECONDS
        ear = await friend.client.subscribe(served.endpoint, "peer.bell", deadline=deadline)
        served.server.publisher.publish(BELL, Rang(number=1))
        assert (await ear.next())[0].sequence == 1
        await served.server.rekey(RENEWED)
        with pytest.raises(ActionError, match="lost the connection"):
            await ear.next()
        again = await friend.client.subscribe(served.endpoint, "peer.bell", deadline=deadline)
        served.server.publisher.publish(BELL, Rang(number=2))

        assert (await again.next())[0].sequence == 2


async def test_several_changes_of_keys_in_a_row() -> None:
    """Keys can change again and again under the same endpoint."""
    pairs = [KeyPair.generate() for _ in range(4)]
    async with (
        guarded() as (served, _),
        Asking("friend", caller(FRIEND, AGENT, *pairs)) as friend,
    ):
        for pair in pairs:
            await served.server.rekey(pair)
            assert (await friend.call(served, "whom", Push(), Text)).text == "friend"
