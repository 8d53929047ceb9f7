"""Tests of the agent that cleans sound and marks speech in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.audio_interface.fused_audio_preprocessor import FusedAudioPreprocessor
from agents.audio_interface.sound_cleaning import Cleaner, clean_recording
from common.contracts.speech import (
    CAPTURED_AUDIO,
    CLEAN_AUDIO,
    SAMPLE_RATE,
    SPEECH_MARKS,
    AudioChunk,
    Span,
    SpeechMark,
)
from common.messages import ActionError
from common.sound import Sound, read_wav, resample, rms, to_pcm, write_wav
from common.testing import AgentHarness

TEXTS = (
    "What time is it?",
    "Turn on the lights in the kitchen.",
    "Who is the president of France?",
    "Please play some music in the living room.",
    "Thank you very much.",
    "The front door is locked.",
)
LOWEST = {40.0: (0.85, 0.97), 20.0: (0.85, 0.95), 10.0: (0.88, 0.86)}


def is_speech(spans: tuple[Span, ...], frames: int) -> np.ndarray:
    """Return for each hundredth of a second whether it is in a span."""
    found = np.zeros(frames, bool)
    for span in spans:
        found[round(span.start * 100) : round(span.end * 100)] = True
    return found


@pytest.mark.parametrize("decibels", sorted(LOWEST))
def test_speech_is_found_in_noise(decibels: float, room: Any) -> None:
    """What is marked is speech, and speech is marked, in any room of these."""
    both = marked = spoken = 0
    for text in TEXTS:
        sound = room.heard(text, decibels)
        truth = (Span(start=room.before_seconds, end=sound.seconds - room.after_seconds),)
        frames = int(sound.seconds * 100)
        wanted = is_speech(truth, frames)
        found = is_speech(clean_recording(sound)[1], frames)
        both += int((wanted & found).sum())
        marked += int(found.sum())
        spoken += int(wanted.sum())
    precision, recall = LOWEST[decibels]

    assert both / marked >= precision
    assert both / spoken >= recall


def test_noise_is_held_down(room: Any) -> None:
    """Between sentences the noise is much less than before, compared with the voice."""
    sound = room.heard(TEXTS[1], 15.0)
    clean, _ = clean_recording(sound)

    def above_noise(found: Sound) -> float:
        silence = found.samples[int(0.2 * SAMPLE_RATE) : int(0.5 * SAMPLE_RATE)]
        speech = found.samples[int(room.before_seconds * SAMPLE_RATE) :]
        return rms(Sound(SAMPLE_RATE, speech)) / rms(Sound(SAMPLE_RATE, silence))

    assert above_noise(clean) > 2.5 * above_noise(sound)


def test_soft_speech_is_made_louder(room: Any) -> None:
    """A voice far away comes out more than twice as loud."""
    near = room.heard(TEXTS[3], 40.0)
    far = Sound(near.rate, near.samples * 0.1)

    assert rms(far) * 2 < rms(clean_recording(far)[0])


@pytest.mark.parametrize("loudness", [0.0, 0.02, 0.3])
def test_noise_alone_is_no_speech(loudness: float) -> None:
    """In silence and in steady noise nobody speaks."""
    noise = np.random.default_rng(5).normal(0.0, loudness, 3 * SAMPLE_RATE).astype(np.float32)

    assert clean_recording(Sound(SAMPLE_RATE, np.clip(noise, -1.0, 1.0)))[1] == ()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(min_value=0, max_value=5_000), max_size=8), st.integers(0, 2**32))
def test_pieces_are_cleaned_like_the_whole(counts: list[int], seed: int) -> None:
    """However a stream is cut, what comes out is as long as it was, and the same."""
    total = sum(counts)
    samples = np.random.default_rng(seed).normal(0.0, 0.1, total).astype(np.float32)
    cleaner, parts, at = Cleaner(), [], 0
    for count in counts:
        parts.append(cleaner.take(Sound(SAMPLE_RATE, samples[at : at + count]))[0])
        at += count
    parts.append(cleaner.finish()[0])
    joined = np.concatenate(parts)

    assert len(joined) == total
    assert np.array_equal(joined, clean_recording(Sound(SAMPLE_RATE, samples))[0].samples)


async def test_a_stream_is_cleaned_and_marked(room: Any) -> None:
    """Chunks in, clean chunks and the marks of one utterance out."""
    sound = resample(room.heard("Turn on the lights in the kitchen.", 30.0), 22_050)
    pcm = to_pcm(sound)
    async with AgentHarness(FusedAudioPreprocessor) as agent:
        await agent.clock.settle()
        size = 4_410
        for at in range(0, len(pcm), size):
            chunk = AudioChunk(
                start=at / 44_100,
                sample_rate=22_050,
                pcm=pcm[at : at + size],
                last=at + size >= len(pcm),
            )
            agent.peers.happen(CAPTURED_AUDIO, chunk)
        while not any(each.last for each in agent.published(CLEAN_AUDIO)):
            await agent.clock.settle()
        clean = agent.published(CLEAN_AUDIO)
        marks = agent.published(SPEECH_MARKS)
        status = await agent.call("get_status")

    assert sum(len(each.pcm) for each in clean) / 32_000 == pytest.approx(sound.seconds, abs=0.05)
    assert max(len(each.pcm) for each in clean) <= 3_200
    assert marks[0].mark is SpeechMark.START
    assert marks[0].at == pytest.approx(room.before_seconds, abs=0.15)
    assert marks[-1].mark is SpeechMark.END
    assert {mark.mark for mark in marks[1:-1]} == {SpeechMark.ONGOING}
    assert (status.sessions, status.speech_starts) == ((), 1)


async def test_a_broken_chunk_is_left_out() -> None:
    """Half a sample does not end the stream."""
    async with AgentHarness(FusedAudioPreprocessor) as agent:
        await agent.clock.settle()
        agent.peers.happen(CAPTURED_AUDIO, AudioChunk(start=0.0, pcm=b"\0\0\0"))
        agent.peers.happen(CAPTURED_AUDIO, AudioChunk(start=0.0, pcm=bytes(3_200), last=True))
        while not agent.published(CLEAN_AUDIO):
            await agent.clock.settle()
        status = await agent.call("get_status")

    assert status.chunks == 1


async def test_a_recording_is_cleaned(room: Any) -> None:
    """A WAV file comes back clean, with the places of speech in it."""
    sound = room.heard("Thank you very much.", 25.0)
    async with AgentHarness(FusedAudioPreprocessor) as agent:
        found = await agent.call("clean", audio=write_wav(sound))
        with pytest.raises(ActionError) as caught:
            await agent.call("clean", audio=b"no sound")

    assert read_wav(found.audio).seconds == pytest.approx(sound.seconds, abs=0.01)
    assert found.seconds == pytest.approx(sound.seconds, abs=0.01)
    assert len(found.speech) == 1
    assert caught.value.field == "audio"
