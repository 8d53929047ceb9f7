"""Tests of the agent that listens for the wake word."""

from __future__ import annotations

from typing import Any

import pytest

from agents.audio_interface.wake_word_detector import WakeWordDetector
from common.contracts.speech import CLEAN_AUDIO, WAKE_WORDS, AudioChunk
from common.messages import ActionError, ErrorCode
from common.sound import to_pcm, write_wav
from common.testing import AgentHarness

CALLED = (
    "Computer!",
    "Computer, what time is it?",
    "Okay computer, good morning.",
    "Computer, turn on the lights.",
)
NOT_CALLED = (
    "What time is it?",
    "Please turn on the lights in the kitchen.",
    "I will commute to the city tomorrow.",
    "Come here and compare the two pictures.",
    "Who is the president of France?",
)


async def test_the_wake_word_is_heard_and_nothing_else(room: Any) -> None:
    """Every sentence with the word is heard once, none of the others."""
    async with AgentHarness(WakeWordDetector) as agent:
        for text in CALLED:
            found = await agent.call("detect", audio=write_wav(room.heard(text, 30.0)))
            assert [hit.word for hit in found.hits] == ["computer"], text
        for text in NOT_CALLED:
            assert (await agent.call("detect", audio=write_wav(room.heard(text, 30.0)))).hits == ()


async def test_it_is_published_while_the_stream_goes_on(room: Any) -> None:
    """The event says when in the stream the word ended."""
    pcm = to_pcm(room.heard("Computer, what time is it?", 40.0))
    async with AgentHarness(WakeWordDetector) as agent:
        await agent.clock.settle()
        for at in range(0, len(pcm), 3_200):
            agent.peers.happen(
                CLEAN_AUDIO, AudioChunk(session_id="k", start=at / 32_000, pcm=pcm[at : at + 3_200])
            )
        while not agent.published(WAKE_WORDS):
            await agent.clock.settle()
        (heard,) = agent.published(WAKE_WORDS)
        status = await agent.call("get_status")

    assert (heard.session_id, heard.word, status.heard) == ("k", "computer", 1)
    assert 0.8 < heard.at < 2.0


async def test_another_word_can_be_chosen(room: Any) -> None:
    """After `set_wake_word` the new phrase is heard, the old one not."""
    async with AgentHarness(WakeWordDetector) as agent:
        status = await agent.call("set_wake_word", word="Okay  Computer", threshold=1e-15)
        new = await agent.call("detect", audio=write_wav(room.said("Okay computer, good morning.")))
        old = await agent.call("detect", audio=write_wav(room.said("Computer, good morning.")))

    assert (status.word, status.threshold) == ("okay computer", 1e-15)
    assert (len(new.hits), old.hits) == (1, ())


@pytest.mark.parametrize("word", ["xqzzy", "''", "   "])
async def test_a_word_that_nobody_can_pronounce_is_refused(word: str) -> None:
    """The dictionary must know how it sounds."""
    async with AgentHarness(WakeWordDetector) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("set_wake_word", word=word)

    assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, "word")


async def test_a_broken_recording_is_refused() -> None:
    """What is no WAV file is INVALID."""
    async with AgentHarness(WakeWordDetector) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("detect", audio=b"")

    assert caught.value.field == "audio"
