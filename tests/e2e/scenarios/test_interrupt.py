"""The user speaks over the assistant: it stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import numpy as np

from common.contracts import speech as s
from common.peers import Delivery
from common.sound import SAMPLE_TYPE, Sound, read_wav, resample, write_wav
from fleet.testing.household import Household, household

AGENTS = (
    "audio_capture",
    "fused_audio_preprocessor",
    "stt_service",
    "tts_service",
    "streaming_speech_recognition",
    "streaming_tts_agent",
    "streaming_interrupt_handler",
)
SPEECH = "The museum opens at nine. It has three floors and a garden. " * 5

Speaking = AsyncGenerator[Delivery[s.SpeakingChanged], None]


async def said(home: Household, text: str) -> bytes:
    """Return a text spoken between two pauses, as a WAV file."""
    wanted = s.SpeakRequest(text=text)
    spoken = await home.call("tts_service", "speak", wanted, s.Spoken, timeout=30.0)
    sound = resample(read_wav(spoken.audio), s.SAMPLE_RATE)
    pause = np.zeros(s.SAMPLE_RATE // 2, SAMPLE_TYPE)
    return write_wav(Sound(s.SAMPLE_RATE, np.concatenate([pause, sound.samples, pause, pause])))


async def warm(home: Household, audio: bytes) -> None:
    """Let the recogniser load its model."""
    wanted = s.TranscribeRequest(audio=audio)
    await home.call("stt_service", "transcribe", wanted, s.Transcript, timeout=30.0)


async def play(home: Household, audio: bytes) -> float:
    """Let a recording be heard, and return how long it lasts."""
    played = s.PlayRecordingRequest(audio=audio)
    return (await home.call("audio_capture", "play_recording", played, s.AudioTaken)).end


async def test_the_user_speaks_over_the_assistant(tmp_path: Path) -> None:
    """Its own echo does not disturb the assistant; the user's word makes it stop."""
    async with household(tmp_path, *AGENTS) as home:
        echo = await said(home, "It has three floors and a garden.")
        word = await said(home, "Please stop talking.")
        await warm(home, word)
        speaking: Speaking = home.peers.subscribe(s.SPEAKING)
        coming = asyncio.ensure_future(anext(speaking))
        asked = s.SayRequest(text=SPEECH)
        await home.call("streaming_tts_agent", "speak", asked, s.Saying)
        async with asyncio.timeout(30):
            begun = (await coming).event
            ended = asyncio.ensure_future(anext(speaking))
            seconds = await play(home, echo)
            done, _ = await asyncio.wait((ended,), timeout=seconds + 1.0)
            assert not done, home.log("streaming_interrupt_handler")
            await play(home, word)
            stopped = (await ended).event
        await speaking.aclose()

    assert begun.speaking
    assert (stopped.speaking, stopped.stopped) == (False, True)
