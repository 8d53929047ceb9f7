"""Lend recognisers, a few for all. What they hear is not known here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, TypeVar

from common.messages import ActionError, ErrorCode

if TYPE_CHECKING:
    from agents.speech_services.recogniser import Recogniser

T = TypeVar("T")

MAX_WAITING: Final = 16


class RecogniserPool:
    """Make at most `size` recognisers, when they are first needed, and lend them in turn."""

    def __init__(self, size: int) -> None:
        self._free = asyncio.Semaphore(size)
        self._idle: list[Recogniser] = []
        self.size = size
        self.waiting = 0
        self.made = 0

    @asynccontextmanager
    async def lend(self, *, wait: bool) -> AsyncIterator[Recogniser]:
        """Lend one; raise ActionError when there is none, or when too many wait already."""
        if self._free.locked() and (not wait or self.waiting >= MAX_WAITING):
            message = f"expected one of {self.size} recognisers to be free, found all busy"
            raise ActionError(ErrorCode.OVERLOADED, message)
        self.waiting += 1
        try:
            await self._free.acquire()
        finally:
            self.waiting -= 1
        try:
            recogniser = self._idle.pop() if self._idle else await self._make()
            try:
                yield recogniser
            finally:
                self._idle.append(recogniser)
        finally:
            self._free.release()

    async def _make(self) -> Recogniser:
        made = await finished_in_thread(_load)
        self.made += 1
        return made


async def finished_in_thread(function: Callable[[], T]) -> T:
    """Return what a function gives in a thread; who is cancelled waits for its end, too.

    A recogniser must not be lent on while a thread still uses it.
    """
    work = asyncio.ensure_future(asyncio.to_thread(function))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait((work,))
        raise


def _load() -> Recogniser:
    from agents.speech_services.recogniser import Recogniser

    return Recogniser()
