"""
Messages of the cache.

Only values live here: no expiry is decided and nothing is kept.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from pydantic import Field, JsonValue

from common.contracts import memory as m
from common.messages import Query, Reply, Request

DEFAULT_TTL: Final = 300.0
LONGEST_TTL: Final = 30 * 86_400.0

Key = Annotated[str, Field(min_length=1, max_length=500)]
Ttl = Annotated[float, Field(gt=0.0, le=LONGEST_TTL, allow_inf_nan=False)]


class PutRequest(Request):
    """Ask `put`: the value is any JSON."""

    is_idempotent: ClassVar[bool] = True

    key: Key
    value: JsonValue
    ttl_seconds: Ttl = DEFAULT_TTL


class Cached(Reply):
    """Answer `put` and `cache_memory`: until when it is kept."""

    key: str
    expires_at: float


class KeyRequest(Query):
    """Ask `get`."""

    key: Key


class CacheLookup(Reply):
    """Answer `get`; a miss is an answer, not an error."""

    key: str
    hit: bool
    value: JsonValue = None
    expires_at: float | None = None


class InvalidateRequest(Request):
    """Ask `invalidate`: one key, or all that begin with a prefix."""

    is_idempotent: ClassVar[bool] = True

    key: Key | None = None
    prefix: Key | None = None


class Dropped(Reply):
    """Answer the actions that empty the cache: how many entries went."""

    count: int


class CacheMemoryRequest(Request):
    """Ask `cache_memory`."""

    is_idempotent: ClassVar[bool] = True

    memory_id: m.MemoryId
    ttl_seconds: Ttl = DEFAULT_TTL


class CachedMemoryRequest(Query):
    """Ask `get_cached_memory`: a copy made on the way changes no answer."""

    memory_id: m.MemoryId
    ttl_seconds: Ttl = DEFAULT_TTL


class CachedMemory(Reply):
    """Answer `get_cached_memory`; hit says whether the memory service was spared."""

    memory: m.Memory
    hit: bool


class InvalidateMemoryRequest(Request):
    """Ask `invalidate_memory_cache`: one memory, or all of them."""

    is_idempotent: ClassVar[bool] = True

    memory_id: m.MemoryId | None = None


class CacheStatistics(Reply):
    """Answer `get_statistics`; hits and misses are since the start of this process."""

    hits: int
    misses: int
    hit_share: float
    entries: int
    memories: int
