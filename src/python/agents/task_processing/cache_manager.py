"""
Hot data with expiry, on PC2 in front of the memory service.

The store drops what expired, so nothing stale can be read. Any other source than the memory
service may not enter.
"""

from __future__ import annotations

from typing import Final

from pydantic import JsonValue

from agents.task_processing import cache_messages as c
from common.agent import Agent, AgentContext, action
from common.contracts import memory as m
from common.messages import ActionError, Empty, ErrorCode, Query

SERVICE: Final = "memory_orchestrator_service"
ENTRIES: Final = "entries"
MEMORIES: Final = "memories"


class CacheManager(Agent):
    """Keep values until they expire, and memories as copies of what the service has."""

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._hits = self._misses = 0
        self._invalidations = 0

    @action
    async def put(self, request: c.PutRequest) -> c.Cached:
        """Keep a value under a key; what was there before is replaced."""
        return await self._keep(ENTRIES, request.key, request.value, request.ttl_seconds)

    @action
    async def get(self, request: c.KeyRequest) -> c.CacheLookup:
        """Return the value of a key, or say that there is none."""
        document = await self._look_up(ENTRIES, request.key)
        if document is None:
            return c.CacheLookup(key=request.key, hit=False)
        return c.CacheLookup.model_validate({"key": request.key, "hit": True, **document})

    @action
    async def invalidate(self, request: c.InvalidateRequest) -> c.Dropped:
        """Drop one key, or every key with a prefix."""
        if (request.key is None) == (request.prefix is None):
            raise ActionError(ErrorCode.INVALID, "give either key or prefix", "key")
        if request.key is not None:
            return c.Dropped(count=int(await self.store.delete(ENTRIES, request.key)))
        return await self._drop_all(ENTRIES, request.prefix or "")

    @action
    async def flush(self, request: Empty) -> c.Dropped:
        """Drop everything, cached memories too."""
        self._invalidations += 1
        entries = await self._drop_all(ENTRIES)
        memories = await self._drop_all(MEMORIES)
        return c.Dropped(count=entries.count + memories.count)

    @action
    async def cache_memory(self, request: c.CacheMemoryRequest) -> c.Cached:
        """Fetch a memory from the service now, and keep a copy."""
        _, cached = await self._fetch(request.memory_id, request.ttl_seconds)
        return cached

    @action
    async def get_cached_memory(self, request: c.CachedMemoryRequest) -> c.CachedMemory:
        """Return the copy of a memory, fetching it when there is none."""
        document = await self._look_up(MEMORIES, request.memory_id)
        if document is not None:
            return c.CachedMemory(memory=m.Memory.model_validate(document["value"]), hit=True)
        memory, _ = await self._fetch(request.memory_id, request.ttl_seconds)
        return c.CachedMemory(memory=memory, hit=False)

    @action
    async def invalidate_memory_cache(self, request: c.InvalidateMemoryRequest) -> c.Dropped:
        """Drop the copy of one memory, or of all."""
        self._invalidations += 1
        if request.memory_id is None:
            return await self._drop_all(MEMORIES)
        return c.Dropped(count=int(await self.store.delete(MEMORIES, request.memory_id)))

    @action
    async def get_statistics(self, request: Query) -> c.CacheStatistics:
        """Say how much the cache holds and how often it helped."""
        looked = self._hits + self._misses
        return c.CacheStatistics(
            hits=self._hits,
            misses=self._misses,
            hit_share=self._hits / looked if looked else 0.0,
            entries=len(await self.store.scan(ENTRIES)),
            memories=len(await self.store.scan(MEMORIES)),
        )

    async def _fetch(self, memory_id: str, ttl: float) -> tuple[m.Memory, c.Cached]:
        invalidations = self._invalidations
        wanted = m.GetMemoryRequest(memory_id=memory_id)
        try:
            found = await self.peers.call(SERVICE, "get_memory", wanted, m.MemoryFound)
        except ActionError as error:
            if error.code is ErrorCode.NOT_FOUND:  # a copy of what is gone must not outlive it
                await self.store.delete(MEMORIES, memory_id)
            raise
        value = found.memory.model_dump(mode="json")
        cached = await self._keep(MEMORIES, memory_id, value, ttl)
        if invalidations != self._invalidations:  # it may be older than what was declared stale
            await self.store.delete(MEMORIES, memory_id)
        return found.memory, cached

    async def _keep(self, collection: str, key: str, value: JsonValue, ttl: float) -> c.Cached:
        expires_at = self.clock.now() + ttl
        document = {"value": value, "expires_at": expires_at}
        await self.store.put(collection, key, document, expires_at=expires_at)
        return c.Cached(key=key, expires_at=expires_at)

    async def _look_up(self, collection: str, key: str) -> dict[str, JsonValue] | None:
        document = await self.store.get(collection, key)
        if document is None:
            self._misses += 1
        else:
            self._hits += 1
        return document

    async def _drop_all(self, collection: str, prefix: str = "") -> c.Dropped:
        keys = [key for key, _ in await self.store.scan(collection, prefix=prefix)]
        gone = [await self.store.delete(collection, key) for key in keys]
        return c.Dropped(count=sum(gone))
