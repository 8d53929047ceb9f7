"""Deadlines of many things under one timer. What a deadline means may not enter.

A timer for each request costs more than the request; nearly all are answered long before.
"""

import asyncio
import math
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")


class Deadlines(Generic[K]):
    """Call a function with each key whose time has come; times are the loop's."""

    def __init__(self, on_late: Callable[[K], None]) -> None:
        self._on_late = on_late
        self._loop = asyncio.get_running_loop()
        self._times: dict[K, float] = {}
        self._next = math.inf
        self._timer: asyncio.TimerHandle | None = None

    def add(self, key: K, seconds: float) -> None:
        """Expect a key to be discarded within `seconds`."""
        at = self._loop.time() + seconds
        self._times[key] = at
        if at < self._next:
            self._wake_at(at)

    def discard(self, key: K) -> None:
        """Forget a key; the timer is left to find out by itself."""
        self._times.pop(key, None)

    def close(self) -> None:
        """Forget every key."""
        self._times.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _wake_at(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._next = at
        self._timer = self._loop.call_at(at, self._wake)

    def _wake(self) -> None:
        # The loop may wake a timer early by the resolution of its clock.
        due = max(self._loop.time(), self._next)
        self._timer, self._next = None, math.inf
        for key in [key for key, at in self._times.items() if at <= due]:
            del self._times[key]
            self._on_late(key)
        if self._times:
            self._wake_at(min(self._times.values()))
