"""
Documents of each agent in the order of time: bounded in number and age.

What a document says, and what many add up to, may not enter.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from common.clock import Clock
from common.messages import ActionError, ErrorCode
from common.state.store import Document, Store

MOST_AGENTS: Final = 256
AGENTS: Final = "agents"


class AgentSeries:
    """Keep the newest documents of each agent under `agent/time`; the oldest go first."""

    def __init__(
        self, store: Store, clock: Clock, collection: str, *, most: int, keep_seconds: float
    ) -> None:
        self._store = store
        self._clock = clock
        self._collection = collection
        self._most = most
        self._keep_seconds = keep_seconds
        self._keys: dict[str, deque[str]] = {}
        self._last = 0
        self._writing = asyncio.Lock()

    def forget(self) -> None:
        """Forget what was read from the store."""
        self._keys.clear()

    async def append(self, agent: str, document: Document) -> int:
        """Keep a document of this moment and return its number, which is larger than all before."""
        async with self._writing:  # numbers become known in their order
            keys = await self._known(agent)
            now = self._clock.now()
            self._last = max(self._last + 1, int(now * 1_000_000))
            key = f"{agent}/{self._last:018d}"
            keys.append(key)
            await self._store.put(
                self._collection, key, document, expires_at=now + self._keep_seconds
            )
            while len(keys) > self._most:
                await self._store.delete(self._collection, keys.popleft())
            return self._last

    async def newest_first(
        self, agent: str, *, since: float = 0.0, until: float | None = None
    ) -> tuple[tuple[int, Document], ...]:
        """Return the documents of a span of time with their numbers."""
        prefix = f"{agent}/"
        start = "" if until is None else f"{prefix}{_time(until)}"
        rows = await self._store.scan(
            self._collection, prefix=prefix, start=start, limit=self._most, newest_first=True
        )
        oldest = f"{prefix}{_time(since)}"
        return tuple(
            (int(key.removeprefix(prefix)), document) for key, document in rows if key >= oldest
        )

    async def agents(self) -> tuple[str, ...]:
        """Return the agents that have documents."""
        rows = await self._store.scan(f"{self._collection}.{AGENTS}", limit=MOST_AGENTS)
        return tuple(agent for agent, _ in rows)

    async def _known(self, agent: str) -> deque[str]:
        if agent in self._keys:
            return self._keys[agent]
        index, prefix = f"{self._collection}.{AGENTS}", f"{agent}/"
        known = await self.agents()
        if agent not in known and len(known) >= MOST_AGENTS:
            message = f"expected at most {MOST_AGENTS} agents, found one more"
            raise ActionError(ErrorCode.OVERLOADED, message, "agent")
        expires_at = self._clock.now() + self._keep_seconds
        await self._store.put(index, agent, {"agent": agent}, expires_at=expires_at)
        rows = await self._store.scan(self._collection, prefix=prefix)
        return self._keys.setdefault(agent, deque(key for key, _ in rows))


def _time(at: float) -> str:
    return f"{int(at * 1_000_000):018d}"
