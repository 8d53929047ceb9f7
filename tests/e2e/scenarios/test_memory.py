"""A text question goes through intent and memory to its answer, and is known after a restart."""

from __future__ import annotations

from pathlib import Path

from fleet.testing.household import household

AGENTS = (
    "request_coordinator",
    "nlu_agent",
    "knowledge_base",
    "memory_client",
    "memory_orchestrator_service",
    "session_memory_agent",
)


async def test_what_was_told_is_known_after_a_restart(tmp_path: Path) -> None:
    """A fact is remembered by its intent, and answered after its keepers were killed."""
    async with household(tmp_path, *AGENTS) as home:
        told = await home.ask("remember that the boiler was serviced on 4 May")
        for slug in ("memory_orchestrator_service", "knowledge_base", "session_memory_agent"):
            await home.restart(slug)
        answered = await home.ask("when was the boiler serviced?")

    assert told.metadata["intent"] == "remember"
    assert told.answer == "I will remember that: the boiler was serviced on 4 May."
    assert answered.metadata["intent"] == "recall"
    assert answered.answer == "The boiler was serviced on 4 May."
