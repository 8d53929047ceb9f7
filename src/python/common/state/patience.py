"""How long a store on a server is waited for. No engine may enter."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

from common.state.store import StoreUnavailableError

T = TypeVar("T")

# Less than the 5 s that a caller waits for its reply, so that it learns what went wrong.
OPERATION_SECONDS = 4.0
FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.5


class Patience:
    """Do again what a lost connection stopped, until it is done or the time is up."""

    def __init__(self, place: str, lost: tuple[type[Exception], ...], seconds: float) -> None:
        self._place = place
        self._lost = lost
        self._seconds = seconds

    async def carry_out(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Return what an attempt returns, or raise StoreUnavailableError."""
        reason: Exception | None = None
        try:
            async with asyncio.timeout(self._seconds):
                for pause in _pauses():
                    try:
                        return await attempt()
                    except self._lost as error:
                        reason = error
                    await asyncio.sleep(pause)
        except TimeoutError:
            reason = reason or TimeoutError("no answer")
        raise self.given_up(reason) from reason

    def given_up(self, reason: Exception | None) -> StoreUnavailableError:
        """Return the error of an operation that is not tried any more."""
        found = str(reason) or type(reason).__name__
        return StoreUnavailableError(
            f"{self._place}: expected an answer within {self._seconds:g} s, found {found}"
        )


def _pauses() -> Iterator[float]:
    pause = FIRST_PAUSE
    while True:
        yield pause * random.uniform(0.5, 1.0)  # many agents lose one server at one time
        pause = min(pause * 2, LONGEST_PAUSE)
