"""Events as agents hear them: in order, counted when missed, wherever their publisher moves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from tests.common.town import Town
from tests.common.wired import SECONDS, until

from common import network_peers
from common.agent import Agent, action
from common.call_context import correlated, current_call
from common.facts import AgentFacts
from common.messages import ActionError, Done, ErrorCode, Event, Request, Topic
from common.peers import Delivery
from common.transport.subscription import WINDOW


class Rang(Event):
    """A bell rang."""

    number: int


class Knocked(Event):
    """Somebody knocked."""

    who: str


BELL = Topic("house", "bell", Rang)
ROOF = Topic("house", "roof", Rang)
# What somebody expects who has another contract.
OTHER_BELL = Topic("house", "bell", Knocked)


class Ring(Request):
    """Ask for so many events."""

    count: int = 1


class House(Agent):
    """Ring a bell."""

    topics = (BELL,)

    @action
    async def ring(self, request: Ring) -> Done:
        """Ring it so often."""
        for _ in range(request.count):
            self.events.publish(BELL, Rang(number=request.count))
        return Done()


class Ear:
    """Somebody who hears events, and what they have heard so far."""

    def __init__(self, town: Town, topic: Topic[Any] = BELL) -> None:
        self._town = town
        self._deliveries = town.peers.subscribe(topic)
        self._next: asyncio.Task[Delivery[Any]] | None = None

    def begin(self) -> asyncio.Task[Delivery[Any]]:
        """Begin to wait for the next event."""
        if self._next is None:
            self._next = asyncio.ensure_future(anext(self._deliveries))
        return self._next

    async def hear(self) -> tuple[int, int | None]:
        """Return the number of the next event, and how many were missed before it."""
        async with asyncio.timeout(SECONDS):
            found = await self.begin()
        self._next = None
        return found.sequence, found.missed

    async def close(self) -> None:
        """Stop hearing."""
        if self._next is not None:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)
        await self._deliveries.aclose()


def house(town: Town) -> Any:
    """Return the house as it is now."""
    return town.fleet.processes["house"].agent


def ring(town: Town, count: int = 1) -> None:
    """Let events happen."""
    for _ in range(count):
        house(town).events.publish(BELL, Rang(number=count))


@asynccontextmanager
async def listening(ears: int = 1) -> AsyncIterator[tuple[Town, list[Ear]]]:
    """Give a town with a house, and ears that hear its bell."""
    async with Town() as town:
        town.fleet.start(House)
        await town.fleet.ready()
        await town.known("house")
        heard = [Ear(town) for _ in range(ears)]
        try:
            for ear in heard:
                ear.begin()
            await until(lambda: house(town).events.subscriptions == {"bell": ears})
            yield town, heard
        finally:
            for ear in heard:
                await ear.close()


async def test_events_come_in_order_to_everybody() -> None:
    """Each of several subscribers hears each event once, with its number and none missed."""
    async with listening(3) as (town, ears):
        ring(town, 100)
        for ear in ears:
            assert [await ear.hear() for _ in range(100)] == [(n, 0) for n in range(1, 101)]
        assert town.missed == []


async def test_only_what_happens_from_now_on_is_heard() -> None:
    """What happened before somebody subscribed is not missed by them."""
    async with listening() as (town, [ear]):
        ring(town, 5)
        late = Ear(town)
        late.begin()
        await until(lambda: house(town).events.subscriptions == {"bell": 2})
        ring(town)

        assert await late.hear() == (6, 0)
        assert [await ear.hear() for _ in range(6)] == [(n, 0) for n in range(1, 7)]
        await late.close()


async def test_who_is_too_slow_knows_exactly_what_was_missed() -> None:
    """A subscriber that takes nothing misses what it has no room for, and is told how many."""
    async with listening() as (town, [ear]):
        ring(town, WINDOW + 50)
        assert [await ear.hear() for _ in range(WINDOW)] == [(n, 0) for n in range(1, WINDOW + 1)]
        sequence, missed = await heard_at_last(town, ear)

        assert missed is not None
        assert 50 <= missed == sequence - WINDOW - 1
        assert town.missed == [("bell", missed)]


async def heard_at_last(town: Town, ear: Ear) -> tuple[int, int | None]:
    """Ring until an event comes through, and return it."""
    while not ear.begin().done():
        ring(town)
        await asyncio.sleep(0.001)
    return await ear.hear()


async def test_a_lost_connection_is_made_again_and_its_gap_counted() -> None:
    """In the same life of the publisher, what happened meanwhile is counted."""
    async with listening() as (town, [ear]):
        ring(town)
        assert await ear.hear() == (1, 0)
        ear.begin()
        cut(town)
        ring(town, 3)
        sequence, missed = await heard_at_last(town, ear)

        assert missed is not None
        assert 3 <= missed == sequence - 2
        assert town.missed == [("bell", missed)]


def cut(town: Town) -> None:
    """Cut the connection of the ears, as if the network had."""
    endpoint = town.fleet.processes["house"].endpoint
    lost = ActionError(ErrorCode.UNAVAILABLE, "lost")
    town.client.forget(endpoint, lost)


async def test_another_life_of_the_publisher_leaves_the_gap_unknown() -> None:
    """After a restart nobody knows what was missed; from then on it is known again."""
    async with listening() as (town, [ear]):
        ring(town, 7)
        for number in range(1, 8):
            assert await ear.hear() == (number, 0)
        ear.begin()
        await restart(town)
        ring(town, 2)

        assert await ear.hear() == (1, None)
        assert await ear.hear() == (2, 0)
        assert town.missed == []


async def restart(town: Town) -> None:
    """End the house without a farewell, start it again, and wait for its subscriber."""
    await town.fleet.kill("house")
    town.fleet.start(House)
    await town.fleet.ready("house")
    async with asyncio.timeout(2 * SECONDS):
        while house(town).events.subscriptions != {"bell": 1}:
            await asyncio.sleep(0.001)


async def test_an_unknown_gap_stays_unknown_until_an_event_comes() -> None:
    """A connection that is lost once more after a restart does not make the gap known."""
    async with listening() as (town, [ear]):
        ring(town)
        assert await ear.hear() == (1, 0)
        ear.begin()
        await restart(town)
        cut(town)
        ring(town)

        assert (await heard_at_last(town, ear))[1] is None


async def test_a_publisher_may_be_away_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has subscribed hears again when the agent is back, however long that takes."""
    monkeypatch.setattr(network_peers, "UNKNOWN_SECONDS", 0.02)
    async with listening() as (town, [ear]):
        await town.fleet.stop("house")
        done, _ = await asyncio.wait([ear.begin()], timeout=0.3)
        assert not done
        town.fleet.start(House)
        await town.fleet.ready("house")
        await until(lambda: house(town).events.subscriptions == {"bell": 1})
        ring(town)

        assert await ear.hear() == (1, None)


async def test_an_unknown_topic_is_not_found() -> None:
    """Who subscribes to what is not told hears which topics are."""
    async with listening() as (town, _):
        with pytest.raises(ActionError, match="expected bell; found 'roof'") as caught:
            await Ear(town, ROOF).hear()

    assert (caught.value.code, caught.value.field) == (ErrorCode.NOT_FOUND, "topic")


async def test_an_agent_that_nobody_knows_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that is no agent is told that there is nobody to subscribe to."""
    monkeypatch.setattr(network_peers, "UNKNOWN_SECONDS", 0.02)
    async with Town() as town:
        with pytest.raises(ActionError, match="no agent 'house' is registered") as caught:
            await Ear(town).hear()

    assert caught.value.code is ErrorCode.NOT_FOUND


async def test_an_agent_waits_for_the_publisher_it_has_an_edge_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Agents start in any order: a subscriber that is early is subscribed later."""
    monkeypatch.setattr(network_peers, "UNKNOWN_SECONDS", 0.02)
    facts = AgentFacts(name="Caller", slug="caller", module="caller", calls=("house",))
    async with Town(facts) as town:
        ear = Ear(town)
        await asyncio.wait([ear.begin()], timeout=0.1)
        town.fleet.start(House)
        await town.fleet.ready()
        await until(lambda: house(town).events.subscriptions == {"bell": 1})
        ring(town)

        assert await ear.hear() == (1, 0)
        await ear.close()


async def test_who_has_no_edge_does_not_hear() -> None:
    """A subscription along no edge is refused before anybody is asked."""
    facts = AgentFacts(name="Caller", slug="caller", module="caller")
    async with Town(facts) as town:
        with pytest.raises(ActionError, match="caller has no edge to house") as caught:
            await Ear(town).hear()

    assert caught.value.code is ErrorCode.DENIED


async def test_leaving_the_loop_ends_the_subscription() -> None:
    """Who stops hearing is dropped by the publisher; the others go on."""
    async with listening() as (town, [ear]):
        async with aclosing(town.peers.subscribe(BELL)) as deliveries:
            first = asyncio.ensure_future(anext(deliveries))
            await until(lambda: house(town).events.subscriptions == {"bell": 2})
            ring(town)
            assert (await first).event == Rang(number=1)
        await until(lambda: house(town).events.subscriptions == {"bell": 1})
        ring(town)

        assert [await ear.hear() for _ in range(2)] == [(1, 0), (2, 0)]


async def test_an_event_of_another_shape_is_malformed() -> None:
    """Who expects another event than is told hears which field was wrong."""
    async with listening() as (town, _):
        ear = Ear(town, OTHER_BELL)
        ear.begin()
        await until(lambda: house(town).events.subscriptions == {"bell": 2})
        ring(town)
        with pytest.raises(ActionError, match="house.bell answered no Knocked") as caught:
            await ear.hear()
        await until(lambda: house(town).events.subscriptions == {"bell": 1})

    assert (caught.value.code, caught.value.field) == (ErrorCode.MALFORMED, "who")


async def test_hearing_is_part_of_the_work_that_told() -> None:
    """What a subscriber does for an event carries the correlation id of what made it."""
    async with listening() as (town, _):
        seen: list[str] = []

        async def hear() -> None:
            async for _ in town.peers.subscribe(BELL):
                call = current_call()
                seen.append(call.correlation_id if call else "")

        hearing = asyncio.create_task(hear())
        await until(lambda: house(town).events.subscriptions == {"bell": 2})
        with correlated("c-1"):
            await town.fleet.peers.call("house", "ring", Ring(count=2), Done)
        await until(lambda: seen == ["c-1", "c-1"])
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)
        await until(lambda: house(town).events.subscriptions == {"bell": 1})
