"""Tests of TranslationService: detection, the choice of an engine, the cache."""

from __future__ import annotations

import pytest

from agents.language_processing.translation_choice import NLLB, REMOTE
from agents.language_processing.translation_service import CACHE, MOST_CACHED, TranslationService
from common.contracts.models import Engine, Generation
from common.contracts.registry import AgentRecord
from common.contracts.translation import Translation
from common.lifecycle import Phase
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

QUESTION = "¿Cuándo fue la revisión de la caldera?"
STRANGE = "Mi hermana tiene un xilófono y una zampoña."


def serving(slug: str) -> AgentRecord:
    """Return the record of an agent that serves."""
    return AgentRecord(
        slug=slug, instance="one", endpoint="inproc://x", health_endpoint="", phase=Phase.READY,
        machine="mainpc", group="", since=0.0,
    )  # fmt: skip


def neural(engine: str = "server/nllb") -> Translation:
    """Return what a model translates to."""
    return Translation(
        text="My sister has a xylophone and a panpipe.", source_language="es",
        target_language="en", engine=engine, confidence=0.9,
    )  # fmt: skip


async def test_a_foreign_question_is_detected_and_translated() -> None:
    """Without a source language the text says it itself, and the rules translate it."""
    async with AgentHarness(TranslationService) as agent:
        found = await agent.call("translate", text=QUESTION)

        assert found.text == "When was the service of the boiler?"
        assert (found.source_language, found.engine) == ("es", "embedded_rules")
        assert not found.cached


async def test_a_translation_is_remembered_across_a_restart() -> None:
    """The second time, and in the next process, the cache answers."""
    async with AgentHarness(TranslationService) as agent:
        first = await agent.call("translate", text=QUESTION)
        store = agent.store
    async with AgentHarness(TranslationService, store=store) as agent:
        second = await agent.call("translate", text=QUESTION)
        cleared = await agent.call("clear_cache")
        third = await agent.call("translate", text=QUESTION)

        assert (second.text, second.cached) == (first.text, True)
        assert cleared.removed == 1
        assert not third.cached


async def test_what_is_in_the_language_already_stays() -> None:
    """Nothing is done to a text in the target language, nor to one in none."""
    async with AgentHarness(TranslationService) as agent:
        english = await agent.call("translate", text="Where are my keys?")
        numbers = await agent.call("translate", text="12 + 30")

        assert (english.text, english.engine) == ("Where are my keys?", "none")
        assert (numbers.text, numbers.source_language) == ("12 + 30", "und")


async def test_a_model_is_asked_for_what_the_rules_do_not_know() -> None:
    """The adapter's model is better than rules that miss words."""
    async with AgentHarness(TranslationService) as agent:
        agent.peers.know(serving(NLLB))
        agent.peers.answer(NLLB, "translate", lambda request: neural())
        known = await agent.call("translate", text=QUESTION, source_language="es")
        strange = await agent.call("translate", text=STRANGE, source_language="es")

        assert known.engine == "embedded_rules"
        assert strange.engine == "server/nllb"


async def test_embedded_answers_of_others_are_not_taken_for_a_model() -> None:
    """The chain goes on when a peer only has the rules that are here, too."""
    async with AgentHarness(TranslationService) as agent:
        for slug in (NLLB, REMOTE):
            agent.peers.know(serving(slug))
        agent.peers.answer(NLLB, "translate", lambda request: neural("embedded_rules"))
        agent.peers.answer(
            REMOTE, "generate",
            lambda request: Generation(text="nonsense", engine=Engine.EMBEDDED),
        )  # fmt: skip
        found = await agent.call("translate", text=STRANGE, source_language="es")

        assert found.text.startswith("My sister has")
        assert set(found.unknown_words) == {"xilófono", "zampoña"}
        assert found.note


async def test_a_pair_that_nobody_knows_is_unavailable() -> None:
    """Without a model Japanese cannot be translated, and the reply says so."""
    async with AgentHarness(TranslationService) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("translate", text="鍵はどこですか。", source_language="ja")

        assert caught.value.code is ErrorCode.UNAVAILABLE


async def test_a_session_keeps_its_language_over_words_that_say_little() -> None:
    """A doubtful word is taken to be in the language that the session spoke."""
    async with AgentHarness(TranslationService) as agent:
        await agent.call("translate", text=QUESTION, session_id="s")
        doubtful = await agent.call("translate", text="no", session_id="s")

        assert doubtful.source_language == "es"


async def test_languages_are_listed() -> None:
    """The embedded pairs are named with their engine."""
    async with AgentHarness(TranslationService) as agent:
        found = await agent.call("supported_languages")

        assert found.translated == ("de", "en", "es", "fr")
        assert len(found.pairs) >= 12
        assert not found.has_model
        assert {"ja", "ru"} <= set(found.detected)


async def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest translation goes when there are too many."""
    assert MOST_CACHED <= 10_000
    monkeypatch.setattr("agents.language_processing.translation_service.MOST_CACHED", 2)
    async with AgentHarness(TranslationService) as agent:
        for text in ("Mi casa.", "Mi perro.", "Mi gato."):
            await agent.call("translate", text=text, source_language="es")

        assert len(await agent.store.scan(CACHE)) == 2


async def test_bad_requests_are_invalid() -> None:
    """Wrong languages and too long texts are refused with the field."""
    async with AgentHarness(TranslationService) as agent:
        for fields, field in (
            ({"text": "x" * 10_001}, "text"),
            ({"text": "x", "target_language": "english"}, "target_language"),
        ):
            with pytest.raises(ActionError) as caught:
                await agent.call("translate", **fields)

            assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, field)
