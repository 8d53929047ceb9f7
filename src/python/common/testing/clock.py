"""A clock that a test moves. Nothing that waits for real time may enter."""

import asyncio
import heapq
from itertools import count

# Enough turns of the loop for a chain of awaits to settle between two sleepers.
_TURNS = 20


class FakeClock:
    """Stand still until a test moves it on."""

    def __init__(self, now: float = 1_750_000_000.0) -> None:
        self._now = now
        self._started = now
        self._order = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> float:
        """Return unix seconds."""
        return self._now

    def monotonic(self) -> float:
        """Return seconds since the clock was made."""
        return self._now - self._started

    async def sleep(self, seconds: float) -> None:
        """Return when a test has moved the clock on by `seconds`."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._order), future))
        await future

    async def advance(self, seconds: float) -> None:
        """Move on, waking each sleeper at its own time and letting it run."""
        await self.settle()
        until = self._now + seconds
        while self._sleepers and self._sleepers[0][0] <= until:
            at, _, future = heapq.heappop(self._sleepers)
            self._now = max(self._now, at)
            if not future.done():
                future.set_result(None)
                await self.settle()
        self._now = until
        await self.settle()

    def set(self, now: float) -> None:
        """Jump to a time without waking anybody."""
        self._now = now

    async def settle(self) -> None:
        """Let everything that can run without time passing run."""
        for _ in range(_TURNS):
            await asyncio.sleep(0)
