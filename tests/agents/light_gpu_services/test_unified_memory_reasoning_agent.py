"""Tests of UnifiedMemoryReasoningAgent: memories combined, errors known again, twins."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.light_gpu_services.error_patterns import likeness, normalised
from agents.light_gpu_services.memory_chains import Piece, combined
from agents.light_gpu_services.unified_memory_reasoning_agent import (
    KEPT_INTERACTIONS,
    UnifiedMemoryReasoningAgent,
)
from common.contracts.memory import Memory, MemoryHits, ScoredMemory
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness


async def test_memories_are_chained_by_what_they_share() -> None:
    """The answer needs one memory that the question names and one that only that one names."""
    async with AgentHarness(UnifiedMemoryReasoningAgent) as agent:
        for text in (
            "My sister is called Marta", "Marta works at the harbour", "The cat sleeps all day",
            "Bread costs two euros",
        ):  # fmt: skip
            await agent.call("add_interaction", text=text, user_id="anna")
        found = await agent.call("get_context", query="Where does my sister work?", user_id="anna")
        flat = await agent.call("get_context", query="Who is my sister?", hops=0)

        assert "harbour" in found.answer
        assert {piece.text for piece in found.pieces} == {
            "My sister is called Marta", "Marta works at the harbour",
        }  # fmt: skip
        assert len(flat.pieces) == 1


async def test_hops_say_by_what_they_were_reached() -> None:
    """A piece that the question does not touch names the entity that led to it."""
    async with AgentHarness(UnifiedMemoryReasoningAgent) as agent:
        for text in ("The boiler was built by Huber", "Huber moved to Graz", "Nothing else"):
            await agent.call("add_interaction", text=text)
        found = await agent.call("get_context", query="who made the boiler")
        reached = next(piece for piece in found.pieces if piece.hop == 1)

        assert (reached.text, reached.via) == ("Huber moved to Graz", ("huber",))


async def test_memories_of_the_service_are_used_and_missed() -> None:
    """The memory service is searched; when it is away the note says so and own ones remain."""
    async with AgentHarness(UnifiedMemoryReasoningAgent) as agent:
        await agent.call("add_interaction", text="The key is with Paul")
        away = await agent.call("get_context", query="where is the key")
        hit = ScoredMemory(memory=Memory(memory_id="m1", content="Paul lives in Linz"), score=1.0)
        agent.peers.answer(
            "memory_orchestrator_service", "search_memory", lambda _: MemoryHits(hits=(hit,))
        )
        found = await agent.call("get_context", query="where is the key")

        assert (len(away.pieces), away.note) == (1, "memory did not answer: unavailable")
        assert {piece.source for piece in found.pieces} == {"interaction", "memory"}


async def test_interactions_are_personal_and_bounded() -> None:
    """One user's are not found for another, and the oldest go."""
    async with AgentHarness(UnifiedMemoryReasoningAgent) as agent:
        await agent.call("add_interaction", text="my secret is blue", user_id="anna")
        other = await agent.call("get_context", query="secret", user_id="ben")
        for _ in range(KEPT_INTERACTIONS):
            await agent.call("add_interaction", text="x", user_id="ben")

        assert other.pieces == ()
        assert len(await agent.store.scan("interactions")) == KEPT_INTERACTIONS


def test_newer_memories_win_when_words_are_equal() -> None:
    """Of two that say the same, the newer comes first."""
    pieces = [
        Piece("old", "memory", "the code is red", 0.0),
        Piece("new", "memory", "the code is red", 1e8),
    ]
    found = combined("code", pieces, 1e8, 2, 0)

    assert [piece.key for piece in found] == ["new", "old"]


@given(st.lists(st.text(max_size=60), max_size=12), st.text(max_size=60), st.integers(0, 4))
def test_any_memories_are_survived(texts: list[str], query: str, hops: int) -> None:
    """Combining never fails, never repeats, and keeps the limit."""
    pieces = [Piece(str(at), "memory", text, float(at)) for at, text in enumerate(texts)]
    found = combined(query, pieces, 100.0, 5, hops)

    assert len({piece.key for piece in found}) == len(found) <= 5


async def test_known_errors_are_found_again() -> None:
    """Numbers, paths, ids and times do not matter; another error is not taken for it."""
    async with AgentHarness(UnifiedMemoryReasoningAgent) as agent:
        await agent.call(
            "add_error_pattern", solution="free the port",
            error="2024-05-04 10:00:00 cannot bind port 5570 in /srv/a/main.py: address in use",
        )  # fmt: skip
        same = await agent.call(
            "get_error_solution",
            error="2025-01-01 09:30:00 cannot bind port 80 in /home/x/y.py: address in use",
        )
        near = await agent.call("get_error_solution", error="cannot bind socket: address in use")
        other = await agent.call("get_error_solution", error="out of memory")

        assert (same.solution, same.likeness) == ("free the port", 1.0)
        assert near.found and 0.5 <= near.likeness < 1.0
        assert not other.found


async def test_solutions_that_failed_give_way() -> None:
    """The solution that worked more often is told, one that only failed is not."""
    async with AgentHarness(UnifiedMemoryReasoningAgent) as agent:
        for solution, worked in (("restart", False), ("restart", False), ("update", True)):
            await agent.call("add_error_pattern", error="E1 x", solution=solution, worked=worked)
        await agent.call("add_error_pattern", error="other thing", solution="pray", worked=False)
        best = await agent.call("get_error_solution", error="E2 x")
        none = await agent.call("get_error_solution", error="other thing")

        assert best.solution == "update"
        assert not none.found


@given(st.text(max_size=300), st.integers(0, 10**9), st.integers(0, 10**9))
def test_numbers_never_matter(text: str, a: int, b: int) -> None:
    """The same error with other numbers is the same pattern."""
    first, second = (normalised(f"error {number} at {text.strip()}") for number in (a, b))

    assert likeness(first, second) == 1.0


async def test_twins_change_key_by_key() -> None:
    """None takes a key out, no change makes no version, and a deleted twin is gone."""
    async with AgentHarness(UnifiedMemoryReasoningAgent) as agent:
        await agent.call("update_twin", user_id="anna", changes={"mood": "calm", "cups": 2})
        await agent.call("update_twin", user_id="anna", changes={"cups": None})
        twin = await agent.call("update_twin", user_id="anna", changes={"mood": "calm"})
        store = agent.store
    async with AgentHarness(UnifiedMemoryReasoningAgent, store=store) as agent:
        assert await agent.call("get_twin", user_id="anna") == twin
        assert (twin.document, twin.version) == ({"mood": "calm"}, 2)
        assert (await agent.call("delete_twin", user_id="anna")).deleted
        assert not (await agent.call("delete_twin", user_id="anna")).deleted
        with pytest.raises(ActionError) as caught:
            await agent.call("get_twin", user_id="anna")
        assert caught.value.code is ErrorCode.NOT_FOUND


async def test_twins_are_bounded() -> None:
    """A twin that is too large is refused and stays as it was."""
    async with AgentHarness(UnifiedMemoryReasoningAgent) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("update_twin", user_id="anna", changes={"x": "y" * 100_001})

        assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, "changes")
