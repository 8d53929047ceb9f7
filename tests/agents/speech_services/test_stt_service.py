"""Tests of the agent that understands speech; what it hears, the voice of the house says."""

from __future__ import annotations

import asyncio
import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from agents.speech_services.recogniser import Recogniser
from agents.speech_services.speech_messages import JobPhase
from agents.speech_services.stt_service import STTConfiguration, STTService
from agents.speech_services.synthesis import Synthesiser
from agents.speech_services.voices import VOICES
from common.contracts.speech import SAMPLE_RATE, AudioItem
from common.messages import ActionError, ErrorCode
from common.sound import Sound, resample, rms, to_pcm, write_wav
from common.testing import AgentHarness

SENTENCES = json.loads(Path(__file__).with_name("sentences.json").read_text(encoding="utf-8"))
HIGHEST_ERROR = {
    # kind of sentence, decibels that the noise is below the voice: share of words not understood
    ("phrases", 90.0): 0.03,
    ("phrases", 20.0): 0.1,
    ("other_words", 90.0): 0.12,
    ("other_words", 30.0): 0.25,
}
SILENCE = write_wav(Sound(SAMPLE_RATE, np.zeros(SAMPLE_RATE, np.float32)))


@cache
def voice() -> Synthesiser:
    """Return the voice, loaded once."""
    return Synthesiser()


@cache
def said(text: str) -> Sound:
    """Return a sentence as the default voice says it."""
    return resample(voice().say(f"{text.capitalize()}.", VOICES[0], 1.0, 1.0, 1.0), SAMPLE_RATE)


def in_noise(sound: Sound, decibels: float) -> Sound:
    """Add white noise so many decibels below the voice."""
    strength = rms(sound) / 10 ** (decibels / 20)
    noise = np.random.default_rng(7).normal(0.0, strength, len(sound.samples))
    return Sound(sound.rate, (sound.samples + noise).astype(np.float32))


def distance(said: str, heard: str) -> int:
    """Return how many words must be changed, added or left out to make one of the other."""
    wanted, found = said.split(), heard.split()
    row = list(range(len(found) + 1))
    for index, word in enumerate(wanted, 1):
        diagonal, row[0] = row[0], index
        for column, other in enumerate(found, 1):
            cheapest = min(row[column] + 1, row[column - 1] + 1, diagonal + (word != other))
            diagonal, row[column] = row[column], cheapest
    return row[-1]


def word_error_rate(pairs: list[tuple[str, str]]) -> float:
    """Return the share of words that were not understood."""
    words = sum(len(said.split()) for said, _ in pairs)
    return sum(distance(said, heard) for said, heard in pairs) / words


@pytest.mark.parametrize(("kind", "decibels"), sorted(HIGHEST_ERROR))
def test_sentences_are_understood(kind: str, decibels: float) -> None:
    """Few words are lost of what people say to an assistant, and not many of what else they say."""
    recogniser = Recogniser()
    heard = [
        (text, recogniser.understand(in_noise(said(text), decibels)).text)
        for text in SENTENCES[kind]
    ]

    assert word_error_rate(heard) <= HIGHEST_ERROR[kind, decibels], heard


async def test_a_recording_is_transcribed() -> None:
    """The words, when each was said, and how long the recording is."""
    sound = said("what time is it")
    async with AgentHarness(STTService) as agent:
        found = await agent.call("transcribe", audio=write_wav(sound))
        again = await agent.call("transcribe", audio=write_wav(sound))
        metrics = await agent.call("performance_metrics")

    assert found.text == "what time is it"
    assert [word.text for word in found.words] == ["what", "time", "is", "it"]
    assert all(0.0 <= word.start <= word.end <= sound.seconds + 0.01 for word in found.words)
    assert found.seconds == pytest.approx(sound.seconds)
    assert again.text == found.text
    assert again.confidence == pytest.approx(found.confidence, abs=0.02)
    assert (metrics.recordings, metrics.failures, metrics.is_model_loaded) == (2, 0, True)
    assert metrics.audio_seconds == pytest.approx(2 * sound.seconds)


async def test_silence_has_no_words() -> None:
    """Nothing said is nothing understood, and an empty recording is silence."""
    async with AgentHarness(STTService) as agent:
        quiet = await agent.call("transcribe", audio=SILENCE)
        empty = await agent.call(
            "transcribe", audio=write_wav(Sound(8_000, np.zeros(0, np.float32)))
        )

    assert (quiet.text, empty.text, empty.seconds) == ("", "", 0.0)


async def test_a_broken_recording_is_refused() -> None:
    """What is no WAV file is INVALID, and counted."""
    async with AgentHarness(STTService) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("transcribe", audio=b"RIFF....WAVE")
        metrics = await agent.call("performance_metrics")

    assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, "audio")
    assert metrics.failures == 1


@pytest.mark.parametrize("action", ["transcribe", "queue_for_batch"])
async def test_another_language_is_refused(action: str) -> None:
    """Only English is understood."""
    async with AgentHarness(STTService) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call(action, audio=SILENCE, language="de")

    assert caught.value.field == "language"


async def test_a_broken_recording_does_not_spoil_a_batch() -> None:
    """Each of a batch has its own transcript or its own error."""
    good = write_wav(said("what time is it"))
    async with AgentHarness(STTService) as agent:
        found = await agent.call("batch_transcribe", audio=(good, b"broken", SILENCE))

    first, second, third = found.entries
    assert first.transcript is not None and first.transcript.text == "what time is it"
    assert second.transcript is None and "WAV" in second.error
    assert third.transcript is not None and third.transcript.text == ""


async def test_a_queued_recording_is_done_later() -> None:
    """A job is followed by its number; a number that was never given is NOT_FOUND."""
    async with AgentHarness(STTService) as agent:
        job = await agent.call("queue_for_batch", audio=write_wav(said("what time is it")))
        async with asyncio.timeout(60):
            while (found := await agent.call("get_batch_result", job_id=job.job_id)).phase in (
                JobPhase.QUEUED,
                JobPhase.RUNNING,
            ):
                await agent.clock.settle()
        await agent.clock.advance(3601)
        with pytest.raises(ActionError) as caught:
            await agent.call("get_batch_result", job_id=job.job_id)

    assert found.phase is JobPhase.DONE
    assert found.transcript is not None and found.transcript.text == "what time is it"
    assert caught.value.code is ErrorCode.NOT_FOUND


async def test_a_stream_is_understood_while_it_comes() -> None:
    """Partial transcripts grow until the final one, which is that of the whole."""
    pcm = to_pcm(said("the front door is locked"))
    pieces = [AudioItem(pcm=pcm[at : at + 6_400]) for at in range(0, len(pcm), 6_400)]
    async with AgentHarness(STTService) as agent:
        found = [item async for item in agent.stream("transcribe_stream", *pieces)]

    assert [item.final for item in found] == [False] * (len(found) - 1) + [True]
    assert len(found) >= 3
    assert {"front", "door"} <= set(found[-1].text.split())


async def test_a_stream_of_half_samples_is_refused() -> None:
    """PCM has two bytes for each sample; the recogniser is free again after it."""
    configuration = STTConfiguration(recognisers=1)
    async with AgentHarness(STTService, configuration=configuration) as agent:
        with pytest.raises(ActionError) as caught:
            async for _ in agent.stream("transcribe_stream", AudioItem(pcm=b"\0\0\0")):
                continue
        assert (await agent.call("transcribe", audio=SILENCE)).text == ""

    assert caught.value.field == "pcm"
