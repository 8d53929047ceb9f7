"""Tests of the agent that publishes live transcripts; the recogniser is a test's."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from agents.audio_interface.streaming_speech_recognition import (
    RecognitionConfiguration,
    StreamingSpeechRecognition,
)
from common.contracts.speech import (
    CLEAN_AUDIO,
    SPEECH_MARKS,
    TRANSCRIPTS,
    WAKE_WORDS,
    AudioChunk,
    AudioItem,
    SpeechMark,
    SpeechMarked,
    TranscribeRequest,
    TranscribeStreamRequest,
    Transcript,
    TranscriptItem,
    WakeWordHeard,
)
from common.sound import read_wav
from common.testing import AgentHarness

Agent = AgentHarness[StreamingSpeechRecognition]


async def count(
    request: TranscribeStreamRequest, incoming: AsyncIterator[AudioItem]
) -> AsyncIterator[TranscriptItem]:
    """Understand a number for each tenth of a second."""
    heard = 0
    async for item in incoming:
        heard += len(item.pcm) // 3_200
        yield TranscriptItem(text=f"{heard} pieces", seconds=heard / 10)
    yield TranscriptItem(text=f"{heard} pieces", final=True, confidence=0.5, seconds=heard / 10)


async def play(agent: Agent, begin: float, end: float, *, last: bool = False) -> None:
    """Let clean sound come."""
    for at in range(round(begin * 10), round(end * 10)):
        chunk = AudioChunk(start=at / 10, pcm=bytes(3_200), last=last and at + 1 == round(end * 10))
        agent.peers.happen(CLEAN_AUDIO, chunk)
        await agent.clock.settle()


async def mark(agent: Agent, kind: SpeechMark, at: float) -> None:
    """Let a mark come."""
    agent.peers.happen(SPEECH_MARKS, SpeechMarked(mark=kind, at=at))
    await agent.clock.settle()


async def finals(agent: Agent, wanted: int) -> list[str]:
    """Return the final transcripts when so many were told."""
    found: list[str] = []
    while len(found) < wanted:
        await agent.clock.settle()
        found = [each.text for each in agent.published(TRANSCRIPTS) if each.final]
    return found


async def test_an_utterance_is_told_while_it_is_said() -> None:
    """Half-second partials from the start mark on, and a final one soon after the end mark."""
    async with AgentHarness(StreamingSpeechRecognition) as agent:
        agent.peers.answer_stream("stt_service", "transcribe_stream", count)
        await agent.clock.settle()
        await play(agent, 0.0, 1.0)
        await mark(agent, SpeechMark.START, 0.8)
        await play(agent, 1.0, 3.0)
        listening = (await agent.call("get_status")).listening
        await mark(agent, SpeechMark.END, 2.6)
        await finals(agent, 1)
        told = agent.published(TRANSCRIPTS)

    assert listening == ("default",)
    assert [each.final for each in told] == [False] * (len(told) - 1) + [True]
    assert 3 <= len(told) <= 6
    assert told[-1].start == pytest.approx(0.5, abs=0.11)
    assert told[-1].end == pytest.approx(3.0)
    assert told[-1].confidence == 0.5


async def test_silence_is_not_transcribed() -> None:
    """Without a mark nobody speaks."""
    async with AgentHarness(StreamingSpeechRecognition) as agent:
        await agent.clock.settle()
        await play(agent, 0.0, 2.0)

        assert agent.peers.calls == []


async def test_the_end_of_the_stream_ends_the_utterance() -> None:
    """Who hangs up while speaking is understood, too."""
    async with AgentHarness(StreamingSpeechRecognition) as agent:
        agent.peers.answer_stream("stt_service", "transcribe_stream", count)
        await agent.clock.settle()
        await mark(agent, SpeechMark.START, 0.0)
        await play(agent, 0.0, 0.7, last=True)

        assert await finals(agent, 1) == ["7 pieces"]


async def test_without_a_free_recogniser_the_whole_is_transcribed() -> None:
    """When no stream can be had, the utterance is sent as a recording at its end."""
    asked: list[float] = []

    def transcribe(request: TranscribeRequest) -> Transcript:
        asked.append(read_wav(request.audio).seconds)
        return Transcript(text="all of it")

    async with AgentHarness(StreamingSpeechRecognition) as agent:
        agent.peers.answer("stt_service", "transcribe", transcribe)
        await agent.clock.settle()
        await mark(agent, SpeechMark.START, 0.0)
        await play(agent, 0.0, 1.0)
        await mark(agent, SpeechMark.END, 0.7)
        told = await finals(agent, 1)

    assert told == ["all of it"]
    assert asked == [pytest.approx(1.0)]


async def test_without_any_recogniser_it_goes_on() -> None:
    """An utterance that nobody understands is counted."""
    async with AgentHarness(StreamingSpeechRecognition) as agent:
        await agent.clock.settle()
        await mark(agent, SpeechMark.START, 0.0)
        await play(agent, 0.0, 0.5, last=True)
        while (await agent.call("get_status")).failures == 0:
            await agent.clock.settle()

        assert agent.published(TRANSCRIPTS) == ()


async def test_only_what_follows_the_wake_word_is_understood() -> None:
    """With a wake word required, speech without one goes by."""
    configuration = RecognitionConfiguration(wake_word_required=True)
    async with AgentHarness(StreamingSpeechRecognition, configuration=configuration) as agent:
        agent.peers.answer_stream("stt_service", "transcribe_stream", count)
        await agent.clock.settle()
        await agent.clock.advance(60.0)
        await mark(agent, SpeechMark.START, 0.0)
        await play(agent, 0.0, 1.0)
        await mark(agent, SpeechMark.END, 0.7)
        agent.peers.happen(WAKE_WORDS, WakeWordHeard(word="computer", at=1.0, score=1.0))
        await agent.clock.settle()
        await mark(agent, SpeechMark.START, 1.5)
        await play(agent, 1.0, 2.0)
        await mark(agent, SpeechMark.END, 1.8)
        await play(agent, 2.0, 2.2)

        assert len(await finals(agent, 1)) == 1


async def test_a_stream_can_be_asked_for() -> None:
    """`recognise_stream` gives what the recogniser gives, and publishes it."""
    items = (AudioItem(pcm=bytes(3_200)), AudioItem(pcm=bytes(3_200), last=True))
    async with AgentHarness(StreamingSpeechRecognition) as agent:
        agent.peers.answer_stream("stt_service", "transcribe_stream", count)
        found = [each.text async for each in agent.stream("recognise_stream", *items)]

    assert found == ["1 pieces", "2 pieces", "2 pieces"]
    assert [each.text for each in agent.published(TRANSCRIPTS)] == found
