"""What a server takes on, and when it begins. No frame may enter.

Requests wait in a short queue of their own, not in the socket: who comes when it is full hears
so at once. Between two looks at the socket only as many are begun as take some milliseconds;
the looks themselves do not count, or an agent that refuses many would do nothing else.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

SLICE_SECONDS = 0.002
MOST_AT_ONCE = 32
LEAST_SECONDS = SLICE_SECONDS / MOST_AT_ONCE
WEIGHT_OF_LATEST = 0.1


@dataclass(frozen=True)
class ServerLimits:
    """How much a server takes on at once."""

    inflight: int = 1000
    """Requests that wait or are being answered."""
    queued: int = 2000
    """Messages that wait to be sent to one peer."""
    unread: int = 256
    """Messages of one peer that wait to be read."""
    subscriptions: int = 10_000
    streams: int = 64
    """Streams that one peer may have open."""


class Admission:
    """Begin what was admitted, a few at a time."""

    def __init__(self, limit: int, seconds_read: Callable[[], float]) -> None:
        self._limit = limit
        self._seconds_read = seconds_read
        self._waiting: deque[Callable[[], None]] = deque()
        self._loop = asyncio.get_running_loop()
        self._at_once = self._left = MOST_AT_ONCE
        self._began = 0.0
        self._begun = 0
        self._each = LEAST_SECONDS
        self._is_scheduled = False
        self.running = 0

    @property
    def inflight(self) -> int:
        """Return how many wait or run."""
        return len(self._waiting) + self.running

    @property
    def is_full(self) -> bool:
        """Tell whether no more are taken on."""
        return len(self._waiting) + self.running >= self._limit

    def add(self, begin: Callable[[], None]) -> None:
        """Let something begin when it is its turn, which may be now."""
        if not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self._go_on)
        if self._left:
            self._left -= 1
            begin()
        else:
            self._waiting.append(begin)

    def _go_on(self) -> None:
        now = self._seconds_worked()
        if self._begun:
            self._learn((now - self._began) / self._begun)
        self._began, self._begun, self._left = now, 0, self._at_once
        while self._waiting and self._left:
            self._left -= 1
            self._begun += 1
            self._waiting.popleft()()
        # Behind what has just begun, to see how long that took; nobody waits when there is time.
        self._is_scheduled = self._begun > 0
        if self._is_scheduled:
            self._loop.call_soon(self._go_on)

    def _learn(self, seconds: float) -> None:
        # An average: in a single slice the machine may have done something else.
        self._each += (max(seconds, LEAST_SECONDS) - self._each) * WEIGHT_OF_LATEST
        self._at_once = max(1, int(SLICE_SECONDS / self._each))

    def _seconds_worked(self) -> float:
        return time.perf_counter() - self._seconds_read()
