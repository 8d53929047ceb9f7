"""Events of one agent to many: numbered, sent to who has room, nobody is waited for."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.common.wired import SECONDS, Answer, Asking, Served, serving, until, wait_for_ever, wired

from common.call_context import CallContext, correlated
from common.messages import ActionError, ErrorCode, Event, Topic
from common.transport.admission import ServerLimits
from common.transport.loop_socket import Sent
from common.transport.publisher import Peer, Publisher
from common.transport.subscription import WINDOW, Subscription
from common.wire import Frames, Happened, Subscribe, decode_from_agent


class Rang(Event):
    """A bell rang."""

    number: int


BELL = Topic("house", "bell", Rang)
DOOR = Topic("house", "door", Rang)


class Listener:
    """One subscriber on the far side of a publisher's `send`."""

    def __init__(self, publisher: Publisher, id: str, credit: int) -> None:
        self.id = id
        self.heard: list[tuple[int, int]] = []
        self.publisher = publisher
        self.outcome = Sent.QUEUED
        self.told = publisher.subscribe((b"peer",), subscribe(id, credit))

    def hear(self, frames: Frames) -> Sent:
        """Take in an event, if the connection does."""
        if self.outcome:
            found = decode_from_agent(frames)
            assert isinstance(found, Happened)
            self.heard.append((found.sequence, found.body["number"]))
        return self.outcome


def subscribe(id: str, credit: int, topic: str = "bell") -> Subscribe:
    """Return a sound subscription."""
    return Subscribe(
        kind="subscribe",
        id=id,
        correlation_id="c",
        source="test",
        action=topic,
        deadline=1.0,
        body={},
        credit=credit,
    )


class House:
    """A publisher, and whoever listens to it."""

    def __init__(self, limit: int = 100) -> None:
        self.listeners: dict[str, Listener] = {}
        self.missed = 0
        self.publisher = Publisher(self._send, limit)
        self.publisher.on_missed = self._miss
        self.publisher.declare((BELL, DOOR))

    def listen(self, id: str, credit: int = 100) -> Listener:
        """Add a listener."""
        self.listeners[id] = Listener(self.publisher, id, credit)
        return self.listeners[id]

    def ring(self) -> int:
        """Let an event happen."""
        return self.publisher.publish(BELL, Rang(number=7))

    def _send(self, peer: Peer, frames: Frames) -> Sent:
        found = decode_from_agent(frames)
        return self.listeners[found.id].hear(frames)

    def _miss(self, topic: str) -> None:
        self.missed += 1


rings = st.lists(st.integers(0, 3) | st.none(), max_size=40)


@given(rings, st.integers(0, 5))
def test_nobody_is_told_more_than_was_granted(steps: list[int | None], credit: int) -> None:
    """Events and grants in any order: told are at most as many as granted, and gaps tell the rest.

    A step of None is an event, a number is credit.
    """
    house = House()
    listener = house.listen("1", credit)
    granted, happened = credit, 0
    for step in steps:
        if step is None:
            happened += 1
            assert house.ring() == happened
        else:
            granted += step
            assert house.publisher.grant((b"peer",), "1", step)
        assert len(listener.heard) <= min(granted, happened)
        assert len(listener.heard) + house.missed == happened
    numbers = [sequence for sequence, _ in listener.heard]
    assert numbers == sorted(set(numbers))


def test_numbers_count_whether_somebody_listens_or_not() -> None:
    """A topic's numbers begin with its life; each subscriber is told where it joins."""
    house = House()
    assert [house.ring(), house.ring()] == [1, 2]
    late = house.listen("late")
    house.ring()

    assert late.told.sequence == 2
    assert late.heard == [(3, 7)]
    assert house.publisher.publish(DOOR, Rang(number=1)) == 1
    assert house.publisher.subscriptions == {"bell": 1, "door": 0}


def test_lives_are_told_apart() -> None:
    """A publisher that was started anew counts from 1 again, and says that it is another."""
    assert House().listen("1").told.epoch != House().listen("1").told.epoch


def test_a_full_connection_misses_and_stays() -> None:
    """Who reads too slowly for its connection misses events like one without credit."""
    house = House()
    slow, other = house.listen("slow", credit=3), house.listen("other")
    slow.outcome = Sent.FULL
    for _ in range(5):
        house.ring()
    slow.outcome = Sent.QUEUED
    for _ in range(5):
        house.ring()

    assert [sequence for sequence, _ in slow.heard] == [6, 7, 8]
    assert len(other.heard) == 10
    assert house.missed == 7


def test_who_is_gone_is_dropped() -> None:
    """A subscriber whose connection is gone is forgotten at the next event."""
    house = House()
    house.listen("gone").outcome = Sent.GONE
    house.listen("here")
    house.ring()

    assert house.publisher.subscriptions["bell"] == 1
    assert not house.publisher.grant((b"peer",), "gone", 1)


def test_who_cancels_is_dropped() -> None:
    """A cancelled subscription hears nothing more, and a second cancel finds nothing."""
    house = House()
    listener = house.listen("1")
    assert house.publisher.cancel((b"peer",), "1")
    house.ring()

    assert listener.heard == []
    assert not house.publisher.cancel((b"peer",), "1")


def test_subscriptions_have_a_bound() -> None:
    """One more than the limit is refused, until one is given up."""
    house = House(limit=1)
    house.listen("1")
    with pytest.raises(ActionError, match="1 subscriptions are held already") as caught:
        house.listen("2")
    house.publisher.cancel((b"peer",), "1")
    house.listen("3")

    assert caught.value.code is ErrorCode.OVERLOADED


def test_only_declared_topics_are_published() -> None:
    """An agent that publishes what it did not declare has a fault."""
    for topic in (Topic("house", "roof", Rang), Topic("other", "bell", Rang)):
        with pytest.raises(ValueError, match="expected a topic of `topics`"):
            House().publisher.publish(topic, Rang(number=1))


async def subscribed(asking: Asking, served: Served, topic: str = "bell") -> Subscription:
    """Subscribe to a topic of a server."""
    deadline = asking.clock.now() + SECONDS
    return await asking.client.subscribe(served.endpoint, f"house.{topic}", deadline=deadline)


async def numbers_of(subscription: Subscription, count: int) -> list[int]:
    """Return the numbers of the next events."""
    async with asyncio.timeout(SECONDS):
        return [(await subscription.next())[0].sequence for _ in range(count)]


async def test_every_subscriber_hears_every_event_in_order() -> None:
    """Several subscribers, on one connection and on others, hear the same."""
    async with (
        serving(Answer(wait_for_ever), topics=(BELL, DOOR)) as served,
        Asking() as asking,
        Asking("other") as other,
    ):
        ears = [await subscribed(found, served) for found in (asking, asking, other)]
        for number in range(200):
            served.server.publisher.publish(BELL, Rang(number=number))
            served.server.publisher.publish(DOOR, Rang(number=number))

        assert [await numbers_of(ear, 200) for ear in ears] == [list(range(1, 201))] * 3


async def test_a_slow_subscriber_misses_what_it_has_no_room_for() -> None:
    """Who takes nothing has room for one window; the rest is not sent, then it goes on."""
    async with (
        serving(Answer(wait_for_ever), topics=(BELL,)) as served,
        Asking() as asking,
    ):
        ear = await subscribed(asking, served)
        for number in range(WINDOW + 50):
            served.server.publisher.publish(BELL, Rang(number=number))
        assert await numbers_of(ear, WINDOW) == list(range(1, WINDOW + 1))

        async def goes_on() -> int:
            while True:
                served.server.publisher.publish(BELL, Rang(number=0))
                try:
                    async with asyncio.timeout(0.01):
                        return (await ear.next())[0].sequence
                except TimeoutError:
                    continue

        assert await goes_on() > WINDOW + 50


async def test_an_event_belongs_to_the_work_that_made_it() -> None:
    """Correlation id and span of who publishes travel with the event."""
    async with serving(Answer(wait_for_ever), topics=(BELL,)) as served, Asking() as asking:
        ear = await subscribed(asking, served)
        with correlated("c-1", span="s-1"):
            served.server.publisher.publish(BELL, Rang(number=1))
        served.server.publisher.publish(BELL, Rang(number=2))
        first, second = [(await ear.next())[0] for _ in range(2)]

    assert (first.correlation_id, first.span) == ("c-1", "s-1")
    assert second.correlation_id not in ("", "c-1")


async def test_an_unknown_topic_is_not_found() -> None:
    """Who subscribes to nothing is told which topics there are, and nothing is left behind."""
    async with serving(Answer(wait_for_ever), topics=(BELL, DOOR)) as served, Asking() as asking:
        with pytest.raises(ActionError, match="expected bell, door; found 'roof'") as caught:
            await subscribed(asking, served, "roof")

    assert (caught.value.code, caught.value.field) == (ErrorCode.NOT_FOUND, "topic")
    told = [(found.action, found.status, type(found.call)) for found in served.answered]
    assert told == [("roof", "not_found", CallContext)]


async def test_closing_a_subscription_ends_it_on_both_sides() -> None:
    """A subscription that is closed is dropped by the publisher, and raises for who still waits."""
    async with serving(Answer(wait_for_ever), topics=(BELL,)) as served, Asking() as asking:
        ear = await subscribed(asking, served)
        waiting = asyncio.create_task(ear.next())
        await asyncio.sleep(0)
        ear.close()

        with pytest.raises(ActionError, match="the subscription is closed"):
            await waiting
        await until(lambda: served.server.publisher.subscriptions == {"bell": 0})


async def test_refused_subscriptions_take_no_room() -> None:
    """However often one is refused for now, the connection keeps nothing of it."""
    limits = ServerLimits(subscriptions=0)
    async with (
        serving(Answer(wait_for_ever), topics=(BELL,), limits=limits) as served,
        Asking() as asking,
    ):
        for _ in range(1100):
            with pytest.raises(ActionError, match="0 subscriptions are held already"):
                await subscribed(asking, served)


async def test_a_subscriber_without_credit_is_told_nothing() -> None:
    """A raw subscription gets the events that it asks for, one by one."""
    async with wired(Answer(wait_for_ever), topics=(BELL,)) as (served, wire):
        asked = {"correlation_id": "c", "source": "test", "action": "bell", "body": {}}
        wire.tell("subscribe", "1", deadline=9e9, credit=0, **asked)
        assert (await wire.reply())["body"]["sequence"] == 0
        served.server.publisher.publish(BELL, Rang(number=1))
        wire.tell("credit", "1", credit=1)
        wire.ask("probe", seconds=0)
        await wire.of_kind("error")
        served.server.publisher.publish(BELL, Rang(number=2))
        served.server.publisher.publish(BELL, Rang(number=3))

        assert (await wire.reply())["sequence"] == 2
