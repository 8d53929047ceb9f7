"""Tests of the agent that notices the user speaking over the assistant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.audio_interface.barge_in import echo_share
from agents.audio_interface.streaming_interrupt_handler import StreamingInterruptHandler
from common.contracts.speech import (
    INTERRUPTS,
    SPEAKING,
    SPEECH_MARKS,
    TRANSCRIPTS,
    SpeakingChanged,
    SpeechMark,
    SpeechMarked,
    TranscriptHeard,
)
from common.testing import AgentHarness

TEXT = "The boiler was serviced on the fourth of May by a man from the town."

Agent = AgentHarness[StreamingInterruptHandler]


async def speak(agent: Agent, text: str = TEXT, speaking: bool = True) -> None:
    """Let the assistant begin or end to speak."""
    await agent.clock.settle()
    agent.peers.happen(SPEAKING, SpeakingChanged(speaking=speaking, text=text))
    await agent.clock.settle()


async def hear(agent: Agent, text: str) -> int:
    """Let words be heard, and return how often the assistant has been interrupted."""
    agent.peers.happen(TRANSCRIPTS, TranscriptHeard(text=text, final=False))
    await agent.clock.settle()
    return len(agent.published(INTERRUPTS))


async def mark(agent: Agent, kind: SpeechMark, at: float) -> int:
    """Let a mark be heard, and return how often the assistant has been interrupted."""
    agent.peers.happen(SPEECH_MARKS, SpeechMarked(mark=kind, at=at))
    await agent.clock.settle()
    return len(agent.published(INTERRUPTS))


@pytest.mark.parametrize(
    "words", ["stop", "please stop", "wait", "be quiet", "hold on", "what about the garden gate"]
)
async def test_the_user_interrupts(words: str) -> None:
    """Commands and other words of the user stop the assistant, once."""
    async with AgentHarness(StreamingInterruptHandler) as agent:
        await speak(agent)

        assert await hear(agent, words) == 1
        assert await hear(agent, words) == 1


@pytest.mark.parametrize(
    "words",
    [
        "the boiler was serviced",
        "the boiling was service on the fourth",
        "by a man from the down",
        "the",
        "hm",
    ],
)
async def test_its_own_echo_does_not(words: str) -> None:
    """What it says itself, even misheard, and a single odd word go by."""
    async with AgentHarness(StreamingInterruptHandler) as agent:
        await speak(agent)

        assert await hear(agent, words) == 0


async def test_it_may_say_stop_itself() -> None:
    """A command that is in what the assistant says is its echo."""
    async with AgentHarness(StreamingInterruptHandler) as agent:
        await speak(agent, "The next bus stop is the town hall, wait there.")

        assert await hear(agent, "bus stop") == 0
        assert await hear(agent, "be quiet") == 1


async def test_in_silence_nobody_is_interrupted() -> None:
    """While the assistant says nothing, the user just speaks."""
    async with AgentHarness(StreamingInterruptHandler) as agent:
        assert await hear(agent, "stop") == 0
        await speak(agent)
        await speak(agent, speaking=False)

        assert await hear(agent, "stop") == 0
        assert await mark(agent, SpeechMark.START, 1.0) == 0
        assert await mark(agent, SpeechMark.ONGOING, 9.0) == 0


async def test_speech_that_goes_on_interrupts() -> None:
    """Nobody waits for words when somebody speaks for long; a cough does not count."""
    async with AgentHarness(StreamingInterruptHandler) as agent:
        await speak(agent)

        assert await mark(agent, SpeechMark.START, 1.0) == 0
        assert await mark(agent, SpeechMark.END, 1.4) == 0
        assert await mark(agent, SpeechMark.START, 3.0) == 0
        assert await mark(agent, SpeechMark.ONGOING, 4.0) == 0
        assert await mark(agent, SpeechMark.ONGOING, 6.1) == 1


async def test_an_echo_that_goes_on_does_not() -> None:
    """Speech that was known for an echo by its words may last."""
    async with AgentHarness(StreamingInterruptHandler) as agent:
        await speak(agent)
        await mark(agent, SpeechMark.START, 1.0)
        await hear(agent, "the boiler was serviced")

        assert await mark(agent, SpeechMark.ONGOING, 9.0) == 0
        assert (await agent.call("get_interrupts")).echoes_ignored == 1


async def test_interrupting_by_hand_and_looking_back() -> None:
    """The action interrupts whatever is heard, and the history has it."""
    async with AgentHarness(StreamingInterruptHandler) as agent:
        await speak(agent)
        before = await agent.call("get_interrupts")
        done = await agent.call("interrupt", reason="doorbell")
        idle = await agent.call("interrupt", session_id="nobody")
        after = await agent.call("get_interrupts", limit=2)

    assert before.speaking == ("default",)
    assert (done.was_speaking, idle.was_speaking) == (True, False)
    assert [each.reason for each in after.interrupts] == ["asked", "doorbell"]
    assert after.speaking == ()


@given(st.lists(st.sampled_from(["boiler", "may", "garden", "x", "serviced"]), max_size=9))
def test_the_share_of_an_echo_is_a_share(words: list[str]) -> None:
    """All of what is said is an echo of itself, and no share is more than all."""
    heard = tuple(words)

    assert 0.0 <= echo_share(heard, ("boiler", "serviced")) <= 1.0
    assert echo_share(heard, heard) == (1.0 if heard else 0.0)
