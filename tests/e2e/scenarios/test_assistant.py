"""The assistant as one: reminders, feelings, commands and languages through the front door."""

from __future__ import annotations

import asyncio
from pathlib import Path

from common.contracts.proactive import DUE_TASKS
from fleet.testing.household import household


async def test_a_reminder_is_told_when_it_falls_due(tmp_path: Path) -> None:
    """What is asked for in 3 seconds comes as an event, not before."""
    async with household(tmp_path, "request_coordinator", "nlu_agent", "proactive_agent") as home:
        due = home.peers.subscribe(DUE_TASKS)
        first = asyncio.ensure_future(anext(due))
        result = await home.ask("remind me in 3 seconds to turn off the stove")
        async with asyncio.timeout(15):
            delivery = await first
        await due.aclose()

    assert result.answer == "I will remind you in 3 seconds: turn off the stove."
    assert delivery.event.task.text == "turn off the stove"
    assert delivery.event.at >= result.submitted_at + 3.0


async def test_a_risky_command_is_refused_and_an_allowed_one_runs(tmp_path: Path) -> None:
    """The policy refuses one; the other is run by the executor, and what it says is told."""
    agents = ("request_coordinator", "nlu_agent", "intention_validator_agent")
    runners = ("advanced_command_handler", "executor")
    async with household(tmp_path, *agents, *runners) as home:
        risky = await home.ask("sudo rm -rf /")
        allowed = await home.ask("run echo all is well")
        unknown = await home.ask("run the program reboot")

    assert (risky.metadata["decision"], allowed.metadata["decision"]) == ("deny", "allow")
    assert str(risky.answer).startswith("I may not do that: ")
    assert allowed.answer == "echo all is well says: all is well"
    assert unknown.metadata["decision"] == "deny"


async def test_a_sad_conversation_changes_the_wording(tmp_path: Path) -> None:
    """The same answer is worded otherwise for a user who is sad."""
    agents = ("request_coordinator", "nlu_agent", "chitchat_agent", "responder")
    others = ("emotion_engine", "empathy_agent")
    async with household(tmp_path, *agents, *others) as home:
        plain = await home.ask("what can you do?", user_id="tom")
        for said in ("I am so sad", "I feel terrible and lonely", "everything is hopeless"):
            sad = await home.ask(said, user_id="anna")
        worded = await home.ask("what can you do?", user_id="anna", session_id="other")

    assert sad.metadata["emotion"] == "sadness"
    assert "emotion" not in plain.metadata
    assert worded.answer != plain.answer


async def test_a_foreign_question_is_answered_in_its_language(tmp_path: Path) -> None:
    """A German question about what was told in English is answered in German."""
    agents = ("request_coordinator", "nlu_agent", "translation_service", "knowledge_base")
    memory = ("memory_client", "memory_orchestrator_service")
    async with household(tmp_path, *agents, *memory) as home:
        await home.ask("remember that the key is in the kitchen")
        result = await home.ask("Wo ist der Schlüssel?")

    assert result.metadata["language"] == "de"
    assert "key" in str(result.metadata["in_english"])
    assert "Küche" in str(result.answer)
