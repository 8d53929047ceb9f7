"""Credit: whoever is faster is held back, nothing is lost, and nobody waits for ever."""

import asyncio
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.messages import ActionError, ErrorCode
from common.transport.flow import Allowance, Inbox

windows = st.integers(1, 9)
# What happens next: an item is sent, an item or a grant arrives, an item is taken.
steps = st.lists(st.sampled_from(["send", "arrive", "granted", "take"]), max_size=200)


class Line:
    """A sender and a receiver with a wire between them that keeps order and takes its time."""

    def __init__(self, window: int) -> None:
        self.window = window
        self.grants: deque[int] = deque([window])
        self.items: deque[int] = deque()
        self.allowance = Allowance()
        self.inbox: Inbox[int] = Inbox(window, self.grants.append)
        self.sent = 0
        self.taken: list[int] = []

    async def step(self, name: str) -> None:
        """Do one thing, if it can be done."""
        if name == "send" and self.allowance.take_now():
            self.items.append(self.sent)
            self.sent += 1
        elif name == "arrive" and self.items:
            self.inbox.put(self.items.popleft())
        elif name == "granted" and self.grants:
            self.allowance.add(self.grants.popleft())
        elif name == "take" and self.sent - len(self.items) > len(self.taken):
            self.taken.append(await self.inbox.take())

    @property
    def under_way(self) -> int:
        """Return how many items are sent and not taken."""
        return self.sent - len(self.taken)


async def held(window: int, names: list[str]) -> None:
    """Go through a schedule, and then on as long as a window lasts."""
    line = Line(window)
    for name in names:
        await line.step(name)
        assert line.under_way <= window
        assert not line.inbox.is_ended
    before = len(line.taken)
    for _ in range(window + 1):
        for name in ("granted", "send", "arrive", "take"):
            await line.step(name)
    assert line.taken == list(range(len(line.taken)))
    assert len(line.taken) > before


@given(windows, steps)
def test_never_more_than_the_window_is_under_way(window: int, names: list[str]) -> None:
    """However sending, arriving, granting and taking alternate, all comes in order and goes on."""
    asyncio.run(held(window, names))


@given(st.integers(1, 20), st.integers(0, 40))
def test_who_sends_more_than_was_granted_is_found_out(window: int, count: int) -> None:
    """The first items are given, then the stream ends as malformed; no queue grows."""

    async def run() -> None:
        inbox: Inbox[int] = Inbox(window, lambda credit: None)
        for number in range(count):
            inbox.put(number)
        for number in range(min(count, window)):
            assert await inbox.take() == number
        if count > window:
            with pytest.raises(ActionError, match="were granted") as caught:
                await inbox.take()
            assert caught.value.code is ErrorCode.MALFORMED

    asyncio.run(run())


@given(st.lists(st.integers(0, 5), max_size=10), st.integers(0, 60))
def test_an_allowance_gives_what_was_granted(grants: list[int], wanted: int) -> None:
    """As many are let through as were granted in all, no more, whoever waits or asks at once."""

    async def run() -> None:
        allowance = Allowance()
        waiting = [asyncio.ensure_future(allowance.take()) for _ in range(wanted)]
        for credit in grants:
            allowance.add(credit)
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        passed = sum(task.done() for task in waiting)
        assert passed == min(wanted, sum(grants))
        left = sum(allowance.take_now() for _ in range(sum(grants) + 1))
        assert left == sum(grants) - passed
        allowance.fail(ActionError(ErrorCode.UNAVAILABLE, "gone"))
        ended = await asyncio.gather(*waiting, return_exceptions=True)
        assert sum(isinstance(found, ActionError) for found in ended) == wanted - passed

    asyncio.run(run())


async def test_what_arrived_is_given_before_the_end() -> None:
    """An end, or an error, comes after the items before it, and again for whoever asks again."""
    inbox: Inbox[int] = Inbox(4, lambda credit: None)
    inbox.put(1)
    inbox.end(ActionError(ErrorCode.UNAVAILABLE, "lost"))
    inbox.end()
    inbox.put(2)

    assert await inbox.take() == 1
    for _ in range(2):
        with pytest.raises(ActionError, match="lost"):
            await inbox.take()


async def test_who_stops_waiting_takes_nothing() -> None:
    """A take that was cancelled leaves the item, and the credit, to the next."""
    inbox: Inbox[int] = Inbox(4, lambda credit: None)
    allowance = Allowance()
    waiting = [asyncio.create_task(inbox.take()), asyncio.create_task(allowance.take())]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    inbox.put(1)
    allowance.add(1)
    await asyncio.gather(*waiting, return_exceptions=True)

    assert await inbox.take() == 1
    assert allowance.take_now()
