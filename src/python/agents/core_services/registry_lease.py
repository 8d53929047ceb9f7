"""The lease by which one replica of the registry leads. What a leader does may not enter."""

import asyncio
import logging
import random

from common.clock import Clock
from common.state.store import Leases, StoreUnavailableError

LEASE = "registry"
LEADER_SECONDS = 3.0
RENEW_SECONDS = 1.0
# A leader stops this long before the store would give its lease to another: time for an answer
# that is being made, and for clocks that do not run alike.
MARGIN_SECONDS = 0.5
# Those that follow ask often, so that little time is lost when the lease ends; all a bit apart.
FOLLOW_SECONDS = 0.25
JITTER = (0.75, 1.25)


class LeaderLease:
    """Hold the lease of the store, or ask for it again and again.

    The lease counts from before it was asked for: whatever time the store's answer takes, the
    leader believes in its lease no longer than the store. It counts on the monotonic clock, and
    on the clock that may be set as well, because a file's leases are by that one.
    """

    def __init__(self, leases: Leases, holder: str, clock: Clock, log: logging.Logger) -> None:
        self._leases = leases
        self._holder = holder
        self._clock = clock
        self._log = log
        self._ends = (0.0, 0.0)

    @property
    def is_held(self) -> bool:
        """Tell whether this replica may answer as the leader now."""
        return self._clock.monotonic() < self._ends[0] and self._clock.now() < self._ends[1]

    async def ask(self) -> int | None:
        """Take or renew the lease; return the number of the term, None when it is not ours.

        A store that does not answer leaves things as they are: a lease ends by itself.
        """
        held = LEADER_SECONDS - MARGIN_SECONDS
        ends = self._clock.monotonic() + held, self._clock.now() + held
        try:
            async with asyncio.timeout(LEADER_SECONDS):
                term = await self._leases.acquire(LEASE, self._holder, LEADER_SECONDS)
        except (TimeoutError, StoreUnavailableError) as error:
            self._log.warning("the store does not answer", extra={"error": str(error)})
            return None
        self._ends = (0.0, 0.0) if term is None else ends
        return term

    async def give_up(self) -> None:
        """Let another lead at once."""
        self._ends = (0.0, 0.0)
        await self._leases.release(LEASE, self._holder)

    async def pause(self) -> None:
        """Wait until it is time to ask again."""
        seconds = RENEW_SECONDS if self.is_held else FOLLOW_SECONDS * random.uniform(*JITTER)
        await self._clock.sleep(seconds)
