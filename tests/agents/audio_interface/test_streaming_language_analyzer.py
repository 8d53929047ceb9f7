"""Tests of StreamingLanguageAnalyzer: what is heard gets language, mood and translation."""

from __future__ import annotations

import asyncio

import pytest

from agents.audio_interface.streaming_language_analyzer import StreamingLanguageAnalyzer
from agents.language_processing.translation_service import TranslationService
from common.contracts.speech import (
    LANGUAGE_ANALYSES,
    TRANSCRIPTS,
    LanguageAnalyzed,
    TranscriptHeard,
)
from common.contracts.translation import DetectedLanguage, Translation
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness, MemoryFleet

Harness = AgentHarness[StreamingLanguageAnalyzer]


def answer_for_spanish(agent: Harness, confidence: float = 0.9) -> None:
    """Have the translation service hear Spanish."""
    agent.peers.answer(
        "translation_service", "detect_language",
        lambda request: DetectedLanguage(language="es", confidence=confidence),
    )  # fmt: skip
    agent.peers.answer(
        "translation_service", "translate",
        lambda request: Translation(
            text="I am very happy!", source_language="es", target_language="en",
            engine="embedded_rules", confidence=0.8,
        ),
    )  # fmt: skip


async def test_final_transcripts_are_analysed() -> None:
    """A final transcript is told with language, mood and translation; a partial one is not."""
    async with AgentHarness(StreamingLanguageAnalyzer) as agent:
        answer_for_spanish(agent)
        await agent.clock.settle()
        agent.peers.happen(TRANSCRIPTS, TranscriptHeard(text="¡Estoy", final=False))
        agent.peers.happen(
            TRANSCRIPTS, TranscriptHeard(text="¡Estoy muy feliz!", final=True, session_id="s")
        )
        told = await analysed(agent, 1)

        assert [(e.session_id, e.language, e.translation) for e in told] == [
            ("s", "es", "I am very happy!")
        ]
        assert told[0].sentiment > 0.3


async def analysed(agent: Harness, count: int) -> list[LanguageAnalyzed]:
    """Wait until so many analyses were told."""
    async with asyncio.timeout(10.0):
        while len(agent.published(LANGUAGE_ANALYSES)) < count:
            await agent.clock.settle()
            await asyncio.to_thread(int)
    return list(agent.published(LANGUAGE_ANALYSES))


async def test_without_the_service_the_mood_is_read_still() -> None:
    """The note says what could not be done."""
    async with AgentHarness(StreamingLanguageAnalyzer) as agent:
        found = await agent.call("analyze", text="This is terrible.")

        assert (found.language, found.translation) == ("und", "")
        assert found.sentiment < 0
        assert "not detected" in found.note


async def test_with_the_real_service_a_sad_german_is_understood() -> None:
    """Detection, translation and mood work together."""
    async with MemoryFleet(StreamingLanguageAnalyzer, TranslationService) as fleet:
        found = await fleet.call(
            "streaming_language_analyzer", "analyze", text="Ich bin heute sehr traurig."
        )

        assert (found.language, found.translation) == ("de", "I am very sad today.")
        assert found.sentiment < -0.2
        assert found.emotion == "sadness"


async def test_a_doubtful_word_is_in_the_language_of_the_session() -> None:
    """What says little is taken to be in the language that was spoken before."""
    async with AgentHarness(StreamingLanguageAnalyzer) as agent:
        answer_for_spanish(agent)
        await agent.clock.settle()
        agent.peers.happen(TRANSCRIPTS, TranscriptHeard(text="¡Estoy feliz!", final=True))
        await analysed(agent, 1)
        agent.peers.answer(
            "translation_service", "detect_language",
            lambda request: DetectedLanguage(language="it", confidence=0.1),
        )  # fmt: skip
        found = await agent.call("analyze", text="no")
        stats = await agent.call("get_stats")

        assert found.language == "es"
        assert (stats.analyzed, stats.translated, stats.languages) == (1, 1, {"es": 1})


async def test_a_too_long_text_is_invalid() -> None:
    """Text past the limit is refused with the field."""
    async with AgentHarness(StreamingLanguageAnalyzer) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("analyze", text="x" * 10_001)

        assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, "text")
