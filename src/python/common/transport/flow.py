"""Credit: how many items may be under way, so that no queue grows. No frame may enter.

Who receives grants; who sends waits for a grant. Source: the credit-based flow control of
AMQP 1.0 (OASIS, 2012), section 2.6.7, with items as the unit.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from common.messages import ActionError, ErrorCode

T = TypeVar("T")

WINDOW = 64


class Inbox(Generic[T]):
    """Hold what has arrived until it is taken, and grant as much again."""

    def __init__(self, window: int, grant: Callable[[int], None]) -> None:
        self.window = window
        self._grant = grant
        self._items: deque[T] = deque()
        self._taken = 0
        self._end: ActionError | StopAsyncIteration | None = None
        self._waiter: asyncio.Future[None] | None = None

    def put(self, item: T) -> None:
        """Take in what arrived; more than was granted ends it."""
        if len(self._items) >= self.window:
            message = f"more than the {self.window} items came that were granted"
            self.end(ActionError(ErrorCode.MALFORMED, message))
        elif self._end is None:
            self._items.append(item)
            self._wake()

    def end(self, error: ActionError | None = None) -> None:
        """Say that nothing follows, because of an error or because that was all."""
        if self._end is None:
            self._end = error or StopAsyncIteration()
            self._wake()

    @property
    def is_ended(self) -> bool:
        """Tell whether nothing follows."""
        return self._end is not None

    async def take(self) -> T:
        """Return the next item; raise StopAsyncIteration or the error after the last one."""
        while not self._items:
            if self._end is not None:
                raise self._end
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        self._taken += 1
        if self._taken * 2 >= self.window and self._end is None:
            self._grant(self._taken)
            self._taken = 0
        return self._items.popleft()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Allowance:
    """Hold what a peer has granted; who wants to send waits for it."""

    def __init__(self, credit: int = 0) -> None:
        self._credit = credit
        self._error: ActionError | None = None
        self._waiters: deque[asyncio.Future[None]] = deque()

    def add(self, credit: int) -> None:
        """Take in a grant."""
        self._credit += credit
        self._wake()

    def fail(self, error: ActionError) -> None:
        """Let nobody wait any more."""
        self._error = error
        self._wake()

    async def take(self) -> None:
        """Return when one more may be sent; raise the error when that will never be."""
        while self._credit <= 0 and self._error is None:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            await waiter
        if self._error is not None:
            raise self._error
        self._credit -= 1

    def take_now(self) -> bool:
        """Take one if there is one, and tell whether there was."""
        if self._credit <= 0:
            return False
        self._credit -= 1
        return True

    def _wake(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
