"""Tests of FixedStreamingTranslation: sentences come out as soon as they are whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.utility_services.fixed_streaming_translation import (
    LOGGER,
    MODELS,
    FixedStreamingTranslation,
)
from agents.utility_services.sentence_stream import MOST_CHARACTERS, SentenceStream
from common.contracts.models import Engine, Generation
from common.contracts.performance import LogMetricRequest, MetricLogged
from common.contracts.registry import AgentRecord
from common.contracts.translation import TranslationPiece
from common.lifecycle import Phase
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

Harness = AgentHarness[FixedStreamingTranslation]


def serving(slug: str) -> AgentRecord:
    """Return the record of an agent that serves."""
    return AgentRecord(
        slug=slug, instance="one", endpoint="inproc://x", health_endpoint="", phase=Phase.READY,
        machine="mainpc", group="", since=0.0,
    )  # fmt: skip


async def translated(agent: Harness, *texts: str, **fields: str) -> list[TranslationPiece]:
    """Return what a stream of pieces comes back as."""
    pieces = [TranslationPiece(text=text) for text in texts]
    return [piece async for piece in agent.stream("translate_stream", *pieces, **fields)]


async def test_sentences_are_translated_as_they_end() -> None:
    """Pieces are joined to sentences, and each comes back by itself."""
    async with AgentHarness(FixedStreamingTranslation) as agent:
        found = await translated(agent, "¿Dónde están ", "mis llaves? La ventana", " está abierta.")

        assert [piece.text.strip() for piece in found] == [
            "Where are my keys?", "The window is open.",
        ]  # fmt: skip
        assert {(piece.source_language, piece.engine) for piece in found} == {
            ("es", "embedded_rules")
        }


async def test_the_same_sentence_comes_from_the_cache() -> None:
    """A sentence is translated once; a cleared cache knows nothing."""
    async with AgentHarness(FixedStreamingTranslation) as agent:
        for _ in range(2):
            await translated(agent, "Mi casa es grande.", source_language="es")
        figures = await agent.call("get_translation_stats")
        cleared = await agent.call("clear_cache")

        assert (figures.sentences, figures.cache_hits, figures.streams) == (2, 1, 2)
        assert cleared.removed == 1


async def test_a_model_comes_first_and_a_failing_one_is_left_alone() -> None:
    """After three failures in a row the circuit opens; the next in the chain answers."""
    async with AgentHarness(FixedStreamingTranslation) as agent:
        first, second = MODELS
        agent.peers.know(serving(first), serving(second), serving(LOGGER))
        agent.peers.fail(first, "generate", ErrorCode.TIMEOUT)
        agent.peers.answer(second, "generate", lambda request: Generation(text="My house."))
        agent.peers.answer(
            LOGGER, "log_metric",
            lambda request: MetricLogged(agent=request.agent, metric=request.metric, at=0.0),
        )  # fmt: skip
        for number in range(5):
            found = await translated(agent, f"Mi casa {number}x.", source_language="es")
            assert [piece.engine for piece in found] == [second]
        await agent.clock.settle()
        figures = {one.engine: one for one in (await agent.call("get_translation_stats")).engines}

        assert len(agent.peers.calls_of(first, "generate")) == 3
        assert figures[first].circuit == "open"
        assert figures[second].sentences == 5
        logged = agent.peers.calls_of(LOGGER, "log_metric")
        assert logged
        assert all(isinstance(one, LogMetricRequest) for one in logged)


async def test_an_embedded_model_elsewhere_is_no_model() -> None:
    """Whoever has no server is passed over for the rules."""
    async with AgentHarness(FixedStreamingTranslation) as agent:
        agent.peers.know(serving(MODELS[0]))
        agent.peers.answer(
            MODELS[0], "generate", lambda request: Generation(text="?", engine=Engine.EMBEDDED)
        )
        found = await translated(agent, "Mi casa.", source_language="es")

        assert [(piece.text, piece.engine) for piece in found] == [("My house.", "embedded_rules")]


async def test_a_pair_that_nobody_knows_ends_the_stream() -> None:
    """Without a model Japanese is unavailable."""
    async with AgentHarness(FixedStreamingTranslation) as agent:
        with pytest.raises(ActionError) as caught:
            await translated(agent, "鍵はどこですか。", source_language="ja")

        assert caught.value.code is ErrorCode.UNAVAILABLE


@given(pieces=st.lists(st.text(alphabet="ab .!?\n1", max_size=30), max_size=20))
def test_nothing_is_lost_in_the_stream(pieces: list[str]) -> None:
    """Sentences and the rest are what was fed, however it was cut."""
    stream = SentenceStream()
    found = [sentence for piece in pieces for sentence in stream.feed(piece)]

    assert "".join([*found, stream.rest()]) == "".join(pieces)


def test_a_sentence_without_end_is_handed_on() -> None:
    """A text without marks does not wait for ever; a decimal point ends nothing."""
    stream = SentenceStream()

    assert all(len(part) <= MOST_CHARACTERS for part in stream.feed("word " * 1_000))
    assert SentenceStream().feed("It is 3.5 metres on 4. May") == []
