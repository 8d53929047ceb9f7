"""Tests of CacheManager: expiry, counts and the copies of memories."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.task_processing.cache_manager import CacheManager
from common.contracts.memory import GetMemoryRequest, Memory, MemoryFound
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

Harness = AgentHarness[CacheManager]

SERVICE = "memory_orchestrator_service"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1_000, 1_000) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def serve_memory(agent: Harness, content: str) -> None:
    """Let the memory service have one memory under any id."""
    agent.peers.answer(
        SERVICE,
        "get_memory",
        lambda request: MemoryFound(memory=Memory(memory_id=request.memory_id, content=content)),
    )


async def assert_fails(
    agent: Harness, code: ErrorCode, field: str | None, action: str, /, **fields: Any
) -> None:
    """Check code and field of the error that an action answers."""
    with pytest.raises(ActionError) as caught:
        await agent.call(action, **fields)
    assert (caught.value.code, caught.value.field) == (code, field)


@settings(max_examples=30, deadline=None)
@given(JSON)
async def test_any_json_comes_back_as_it_was(value: Any) -> None:
    """A value is returned unchanged, also null, which is not a miss."""
    async with AgentHarness(CacheManager) as agent:
        await agent.call("put", key="k", value=value)
        found = await agent.call("get", key="k")
        assert (found.hit, found.value) == (True, value)


@settings(max_examples=30, deadline=None)
@given(st.floats(min_value=0.1, max_value=1_000), st.floats(min_value=0.0, max_value=2_000))
async def test_what_expired_is_never_returned(ttl: float, waited: float) -> None:
    """A value is there before its time is over, and not from then on."""
    async with AgentHarness(CacheManager) as agent:
        kept = await agent.call("put", key="k", value=1, ttl_seconds=ttl)
        agent.clock.set(agent.clock.now() + waited)
        found = await agent.call("get", key="k")
        assert found.hit == (agent.clock.now() < kept.expires_at)


async def test_put_replaces_value_and_time() -> None:
    """The later value counts, with its own expiry."""
    async with AgentHarness(CacheManager) as agent:
        await agent.call("put", key="k", value="old", ttl_seconds=1)
        await agent.call("put", key="k", value="new", ttl_seconds=100)
        await agent.clock.advance(50)
        assert (await agent.call("get", key="k")).value == "new"


async def test_invalidate_drops_a_key_or_a_prefix() -> None:
    """One key goes by name, many by what they begin with; others stay."""
    async with AgentHarness(CacheManager) as agent:
        for key in ("user:1", "user:2", "site"):
            await agent.call("put", key=key, value=key)
        assert (await agent.call("invalidate", key="user:1")).count == 1
        assert (await agent.call("invalidate", key="user:1")).count == 0
        assert (await agent.call("invalidate", prefix="user:")).count == 1
        assert (await agent.call("get", key="site")).hit


async def test_flush_drops_everything() -> None:
    """Values and copies of memories are gone, and counted."""
    async with AgentHarness(CacheManager) as agent:
        serve_memory(agent, "x")
        await agent.call("put", key="k", value=1)
        await agent.call("cache_memory", memory_id="m")
        assert (await agent.call("flush")).count == 2
        assert (await agent.call("get_statistics")).entries == 0


async def test_a_memory_is_read_through_once() -> None:
    """The first read asks the service, the second spares it until the copy expires."""
    async with AgentHarness(CacheManager) as agent:
        serve_memory(agent, "the lamp is red")
        first = await agent.call("get_cached_memory", memory_id="m", ttl_seconds=60)
        second = await agent.call("get_cached_memory", memory_id="m")
        assert (first.hit, second.hit) == (False, True)
        assert second.memory.content == "the lamp is red"
        assert agent.peers.calls_of(SERVICE, "get_memory") == (GetMemoryRequest(memory_id="m"),)

        await agent.clock.advance(60)
        assert not (await agent.call("get_cached_memory", memory_id="m")).hit


async def test_cache_memory_fetches_anew() -> None:
    """Caching a memory again replaces the copy by what the service has now."""
    async with AgentHarness(CacheManager) as agent:
        serve_memory(agent, "old")
        await agent.call("cache_memory", memory_id="m")
        serve_memory(agent, "new")
        await agent.call("cache_memory", memory_id="m")
        assert (await agent.call("get_cached_memory", memory_id="m")).memory.content == "new"


async def test_invalidated_memories_are_asked_for_again() -> None:
    """One copy goes by id, all go without one."""
    async with AgentHarness(CacheManager) as agent:
        serve_memory(agent, "x")
        for key in ("a", "b", "c"):
            await agent.call("cache_memory", memory_id=key)
        assert (await agent.call("invalidate_memory_cache", memory_id="a")).count == 1
        assert not (await agent.call("get_cached_memory", memory_id="a")).hit
        assert (await agent.call("invalidate_memory_cache")).count == 3


async def test_a_fetch_that_an_invalidation_overtakes_is_not_kept() -> None:
    """A copy that may be older than the invalidation is handed out but not stored."""
    async with AgentHarness(CacheManager) as agent:

        async def slow(request: GetMemoryRequest) -> MemoryFound:
            await agent.call("invalidate_memory_cache", memory_id="m")
            return MemoryFound(memory=Memory(memory_id="m", content="maybe stale"))

        agent.peers.answer(SERVICE, "get_memory", slow)
        await agent.call("get_cached_memory", memory_id="m")
        assert (await agent.call("get_statistics")).memories == 0


async def test_a_memory_that_is_gone_leaves_no_copy() -> None:
    """NOT_FOUND of the service reaches the caller and drops the copy."""
    async with AgentHarness(CacheManager) as agent:
        serve_memory(agent, "x")
        await agent.call("cache_memory", memory_id="m")
        agent.peers.fail(SERVICE, "get_memory", ErrorCode.NOT_FOUND)
        await assert_fails(agent, ErrorCode.NOT_FOUND, None, "cache_memory", memory_id="m")
        assert (await agent.call("get_statistics")).memories == 0


async def test_copies_serve_while_the_service_is_away() -> None:
    """A copy answers without the service; what was never fetched is UNAVAILABLE."""
    async with AgentHarness(CacheManager) as agent:
        serve_memory(agent, "x")
        await agent.call("cache_memory", memory_id="m")
        agent.peers.forget(SERVICE, "get_memory")
        assert (await agent.call("get_cached_memory", memory_id="m")).hit
        await assert_fails(agent, ErrorCode.UNAVAILABLE, None, "get_cached_memory", memory_id="n")


async def test_statistics_count_hits_and_misses() -> None:
    """Every lookup counts once, as a hit or as a miss."""
    async with AgentHarness(CacheManager) as agent:
        await agent.call("put", key="k", value=1)
        for key in ("k", "k", "k", "no"):
            await agent.call("get", key=key)
        found = await agent.call("get_statistics")
        assert (found.hits, found.misses, found.hit_share, found.entries) == (3, 1, 0.75, 1)


@pytest.mark.parametrize(
    ("action", "fields", "field"),
    [
        ("put", {"key": "", "value": 1}, "key"),
        ("put", {"key": "k"}, "value"),
        ("put", {"key": "k", "value": 1, "ttl_seconds": 0}, "ttl_seconds"),
        ("get", {}, "key"),
        ("invalidate", {}, "key"),
        ("invalidate", {"key": "a", "prefix": "b"}, "key"),
        ("cache_memory", {"memory_id": "not an id"}, "memory_id"),
        ("get_cached_memory", {"memory_id": "m", "ttl_seconds": -1}, "ttl_seconds"),
        ("invalidate_memory_cache", {"memory": "m"}, "memory"),
        ("flush", {"all": True}, "all"),
        ("get_statistics", {"of": "k"}, "of"),
    ],
)
async def test_a_malformed_request_names_its_field(
    action: str, fields: dict[str, Any], field: str
) -> None:
    """Every action refuses nonsense with the name of the field."""
    async with AgentHarness(CacheManager) as agent:
        await assert_fails(agent, ErrorCode.INVALID, field, action, **fields)
