"""Tests of TieredResponder: how deep it goes, and where it falls to."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.task_processing.answer_tiers import (
    BUSY,
    CACHED_SECONDS,
    CROWDED,
    LIMITS,
    MOST_CACHED,
    AnswerCache,
    depth_of,
    under_load,
)
from agents.task_processing.tiered_messages import Tier
from agents.task_processing.tiered_responder import UNKNOWN, TieredResponder
from common.contracts.memory import Memory, MemoryHits, ScoredMemory
from common.contracts.models import Engine, Generation
from common.contracts.resources import ResourceStatus, Thresholds
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness, FakeClock

Harness = AgentHarness[TieredResponder]
MEMORY = "memory_orchestrator_service"
MODEL = "remote_connector_agent"


def remember(agent: Harness, content: str) -> None:
    """Let the memory service find one memory."""
    memory = Memory(memory_id="m", content=content)
    hits = MemoryHits(hits=(ScoredMemory(memory=memory, score=1.0),))
    agent.peers.answer(MEMORY, "search_memory", lambda request: hits)


def generate(agent: Harness, text: str, engine: Engine = Engine.SERVER) -> None:
    """Let the model say a text."""
    agent.peers.answer(MODEL, "generate", lambda request: Generation(text=text, engine=engine))


@pytest.mark.parametrize(
    ("text", "tier"),
    [
        ("Hello!", Tier.INSTANT),
        ("What time is it?", Tier.INSTANT),
        ("what is 3 * (4 + 5)?", Tier.INSTANT),
        ("When was the boiler serviced?", Tier.FAST),
        ("Where are my keys", Tier.FAST),
        ("Why is the sky blue?", Tier.DEEP),
        ("Explain how a boiler works", Tier.DEEP),
        ("word " * 30, Tier.DEEP),
    ],
)
def test_questions_have_a_depth(text: str, tier: Tier) -> None:
    """Greetings are instant, facts fast, reasons deep."""
    assert depth_of(text) is tier


@given(st.sampled_from(Tier), st.integers(0, 100), st.booleans())
def test_load_never_deepens(tier: Tier, in_flight: int, is_exhausted: bool) -> None:
    """The tier under load is the wanted one or a lower one; nothing is deep on a full host."""
    order = [Tier.INSTANT, Tier.FAST, Tier.DEEP]
    found = under_load(tier, in_flight, is_exhausted=is_exhausted)

    assert order.index(found) <= order.index(tier)
    assert not (found is Tier.DEEP and (is_exhausted or in_flight >= BUSY))
    assert in_flight < CROWDED or found is Tier.INSTANT


async def test_patterns_clock_and_arithmetic_answer_at_once() -> None:
    """No peer is asked for what can be said at once."""
    async with AgentHarness(TieredResponder) as agent:
        said = [
            (await agent.call("respond", text=text)).text
            for text in ("Thanks!", "What time is it?", "what day is it", "2 + 3 * 4 =")
        ]

        assert said[0] == "You are welcome."
        assert said[1:3] == ["It is 15:06 UTC.", "It is Sunday, 15 June 2025."]
        assert agent.peers.calls == []
        assert (await agent.call("respond", text="what is 2 + 3 * 4")).text == "2 + 3 * 4 = 14"


async def test_facts_are_answered_from_memory() -> None:
    """A memory that has the words of the question is the answer; then it is cached."""
    async with AgentHarness(TieredResponder) as agent:
        remember(agent, "The boiler was serviced on 4 May")
        first = await agent.call("respond", text="When was the boiler serviced?")
        again = await agent.call("respond", text="when was the boiler serviced")

        assert (first.tier, first.source) == (Tier.FAST, "memory")
        assert "4 May" in first.text
        assert (again.tier, again.source, again.text) == (Tier.INSTANT, "cache", first.text)
        assert len(agent.peers.calls_of(MEMORY, "search_memory")) == 1


async def test_a_memory_about_something_else_is_no_answer() -> None:
    """What merely shares a word is not passed off as knowledge."""
    async with AgentHarness(TieredResponder) as agent:
        remember(agent, "The boiler is red")
        found = await agent.call("respond", text="Which engineer serviced the boiler yesterday?")

        assert (found.answered, found.text, found.source) == (False, UNKNOWN, "nothing")
        assert [fall.tier for fall in found.falls] == [Tier.FAST, Tier.INSTANT]


async def test_deep_questions_are_answered_by_the_model() -> None:
    """The model is given five seconds."""
    async with AgentHarness(TieredResponder) as agent:
        generate(agent, " Because of Rayleigh scattering. ")
        found = await agent.call("respond", text="Why is the sky blue?")

        assert (found.tier, found.text) == (Tier.DEEP, "Because of Rayleigh scattering.")
        (asked,) = (call for call in agent.peers.calls if call.agent == MODEL)
        assert asked.timeout == LIMITS[Tier.DEEP] == 5.0


async def test_a_model_that_is_too_slow_lets_it_fall() -> None:
    """The memory answers instead, and the reply says what was tried."""
    async with AgentHarness(TieredResponder) as agent:
        agent.peers.fail(MODEL, "generate", ErrorCode.TIMEOUT)
        remember(agent, "The sky is blue since air scatters light")
        found = await agent.call("respond", text="Why is the sky blue?")

        assert (found.tier, found.wanted, found.source) == (Tier.FAST, Tier.DEEP, "memory")
        assert found.falls[0].reason.startswith("timeout")


async def test_rules_that_stand_in_for_a_model_are_not_deep() -> None:
    """The honest fallback of the connector is not told as a deep answer."""
    async with AgentHarness(TieredResponder) as agent:
        generate(agent, "I have no model", Engine.EMBEDDED)
        found = await agent.call("respond", text="Why is the sky blue?")

        assert not found.answered
        assert found.falls[0].tier is Tier.DEEP


async def test_a_full_host_is_spared_the_model() -> None:
    """When nothing is left to grant, deep questions are answered fast; the load is asked once."""
    async with AgentHarness(TieredResponder) as agent:
        limits = Thresholds(cpu_percent=90, memory_percent=90, gpu_percent=90)
        full = ResourceStatus(status="exhausted", thresholds=limits, has_gpu=False)
        agent.peers.answer("resource_manager", "get_status", lambda request: full)
        for _ in range(2):
            found = await agent.call("respond", text="Why is the sky blue?")

        assert found.falls[0].reason == "too much is going on"
        assert agent.peers.calls_of(MODEL, "generate") == ()
        assert len(agent.peers.calls_of("resource_manager", "get_status")) == 1


async def test_many_questions_at_once_are_answered_lower() -> None:
    """Beyond eight questions in flight nobody waits for the model."""
    async with AgentHarness(TieredResponder) as agent:
        answer = asyncio.Event()

        async def wait(request: object) -> Generation:
            await answer.wait()
            return Generation(text="done")

        agent.peers.answer(MODEL, "generate", wait)
        asked = [
            asyncio.create_task(agent.call("respond", text=f"Why {number}?"))
            for number in range(BUSY + 4)
        ]
        await agent.clock.settle()
        assert len(agent.peers.calls_of(MODEL, "generate")) == BUSY
        answer.set()
        found = await asyncio.gather(*asked)
        stats = await agent.call("get_stats")

        assert [reply.answered for reply in found].count(True) == BUSY
        assert (stats.deep, stats.unanswered, stats.in_flight) == (BUSY, 4, 0)


async def test_a_tier_can_be_asked_for() -> None:
    """Instant only: nothing deeper is tried."""
    async with AgentHarness(TieredResponder) as agent:
        found = await agent.call("respond", text="Why is the sky blue?", tier="instant")

        assert (found.tier, found.answered) == (Tier.INSTANT, False)
        assert agent.peers.calls == []


def test_the_cache_is_bounded_and_forgets() -> None:
    """No more than five hundred answers, none older than five minutes."""
    clock = FakeClock()
    cache = AnswerCache(clock)
    for number in range(MOST_CACHED + 10):
        cache.put(str(number), "x")
    assert len(cache) == MOST_CACHED
    assert (cache.get("0"), cache.get("509")) == (None, "x")
    clock.set(clock.now() + CACHED_SECONDS)
    assert cache.get("509") is None


@settings(deadline=None, max_examples=50)
@given(st.text(min_size=1, max_size=300))
async def test_whatever_is_asked_is_answered_or_refused(text: str) -> None:
    """No text makes it fail."""
    async with AgentHarness(TieredResponder) as agent:
        try:
            assert (await agent.call("respond", text=text)).text
        except ActionError as error:
            assert error.code is ErrorCode.INVALID
