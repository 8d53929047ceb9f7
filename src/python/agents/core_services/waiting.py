"""Wait for something to happen, but not for ever. What happens may not enter."""

from __future__ import annotations

import asyncio

from common.clock import Clock


async def wait_at_most(clock: Clock, happened: asyncio.Event, seconds: float) -> None:
    """Return when it happened, or when so many seconds of the clock have passed."""
    waiters = [
        asyncio.ensure_future(happened.wait()),
        asyncio.ensure_future(clock.sleep(seconds)),
    ]
    try:
        await asyncio.wait(waiters, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for waiter in waiters:
            waiter.cancel()
