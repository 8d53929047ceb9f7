"""Admission: in order, a few at a time, fewer when they take long, and no more than the limit."""

import asyncio
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.common.wired import Answer, Text, until, wait_for_ever, wired

from common.messages import Reply
from common.transport.admission import MOST_AT_ONCE, SLICE_SECONDS, Admission, ServerLimits
from common.wire import Call


class Desk:
    """An admission whose work takes as long as the test says."""

    def __init__(self, limit: int = 10_000) -> None:
        self.begun: list[int] = []
        self.each = 0.0
        self._spent = 0.0
        self.admission = Admission(limit, lambda: -self._spent)

    def take(self, number: int) -> None:
        """Admit one more."""
        self.admission.add(self._beginner(number))

    async def turn(self) -> int:
        """Let the loop go round once; return how many began in it."""
        before = len(self.begun)
        await asyncio.sleep(0)
        return len(self.begun) - before

    def _beginner(self, number: int) -> Callable[[], None]:
        def begin() -> None:
            self.begun.append(number)
            self._spent += self.each

        return begin


@settings(deadline=None)
@given(st.lists(st.integers(0, 80), max_size=8))
def test_all_begin_in_order_and_a_few_at_a_time(batches: list[int]) -> None:
    """However many come at once, they begin as they came, so many in a turn and no more."""

    async def run() -> None:
        desk, came = Desk(), 0
        for count in batches:
            before = len(desk.begun)
            for _ in range(count):
                desk.take(came)
                came += 1
            assert len(desk.begun) - before <= MOST_AT_ONCE
            assert desk.admission.inflight == came - len(desk.begun)
            assert await desk.turn() <= MOST_AT_ONCE
        while await desk.turn():
            continue
        assert desk.begun == list(range(came))

    asyncio.run(run())


async def test_what_comes_alone_begins_at_once() -> None:
    """Who finds nobody waiting does not wait for the next turn."""
    desk = Desk()
    desk.take(1)

    assert desk.begun == [1]


async def test_the_slower_the_fewer() -> None:
    """Work that takes long is begun one by one; when it is quick again, more at a time."""
    desk = Desk()
    desk.each = 4 * SLICE_SECONDS
    for number in range(2000):
        desk.take(number)
    for _ in range(50):
        await desk.turn()
    assert await desk.turn() == 1

    desk.each = 0.0
    assert max([await desk.turn() for _ in range(100)]) > 10


async def test_a_clock_that_seems_to_go_back_changes_nothing() -> None:
    """Reading is not counted as work, even when it took all of the time, or more."""
    desk = Desk()
    desk.each = -1.0
    for number in range(20 * MOST_AT_ONCE):
        desk.take(number)
    for _ in range(5):
        assert await desk.turn() == MOST_AT_ONCE


@pytest.mark.parametrize("limit", [1, 3])
async def test_the_limit_counts_who_waits_and_who_runs(limit: int) -> None:
    """It is full when as many wait or run as the limit says."""
    desk = Desk(limit)
    desk.admission.running = limit - 1
    assert not desk.admission.is_full
    desk.admission.running = limit
    assert desk.admission.is_full
    assert desk.admission.inflight == limit


async def test_overload_is_told_at_once_and_the_others_are_answered() -> None:
    """Of many more requests than the limit each has one reply: its own, or OVERLOADED."""
    gate = asyncio.Event()
    begun: list[int] = []

    async def wait(call: Call) -> Reply:
        begun.append(int(call.id))
        await gate.wait()
        return Text(text=call.id)

    async with wired(Answer(wait), limits=ServerLimits(inflight=50)) as (served, wire):
        for number in range(300):
            wire.ask(str(number))
        refused = {int((await wire.error())[0]) for _ in range(250)}
        assert served.server.inflight == 50
        gate.set()
        answered = {int((await wire.reply())["id"]) for _ in range(50)}

    assert answered == set(range(50))
    assert refused == set(range(50, 300))
    assert begun == sorted(begun)
    statuses = Counter(found.status for found in served.answered)
    assert statuses == {"success": 50, "overloaded": 250}


async def test_who_gives_up_makes_room() -> None:
    """A request that is cancelled takes no more room, so the next is taken on."""
    async with wired(Answer(wait_for_ever), limits=ServerLimits(inflight=1)) as (served, wire):
        wire.ask("1")
        wire.ask("2")
        assert await wire.error() == ("2", "overloaded", None)
        wire.tell("cancel", "1")
        assert await wire.error() == ("1", "unavailable", None)
        await until(lambda: served.server.inflight == 0)
        wire.ask("3")
        await until(lambda: served.server.inflight == 1)
