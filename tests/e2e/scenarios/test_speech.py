"""Speech in, speech out: what is asked aloud is cleaned, understood, answered and spoken."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np

from common.contracts import coordination as c
from common.contracts import speech as s
from common.contracts.knowledge import AddFactRequest, FactAdded
from common.sound import SAMPLE_TYPE, Sound, read_wav, resample, write_wav
from fleet.testing.household import Household, household

EARS = ("audio_capture", "fused_audio_preprocessor", "stt_service")
MEMORY = ("memory_orchestrator_service", "memory_client", "knowledge_base")
QUESTION = "What time is the meeting?"


async def said(home: Household, text: str) -> bytes:
    """Return a text spoken in a room that is not quite silent, as a WAV file."""
    wanted = s.SpeakRequest(text=text)
    spoken = await home.call("tts_service", "speak", wanted, s.Spoken, timeout=30.0)
    sound = resample(read_wav(spoken.audio), s.SAMPLE_RATE)
    pause = np.zeros(s.SAMPLE_RATE // 2, SAMPLE_TYPE)
    samples = np.concatenate([pause, sound.samples, pause, pause])
    noise = np.random.default_rng(1).normal(0.0, 0.0005, len(samples)).astype(SAMPLE_TYPE)
    return write_wav(Sound(s.SAMPLE_RATE, samples + noise))


async def heard(home: Household, audio: bytes) -> set[str]:
    """Return the words of a recording."""
    wanted = s.TranscribeRequest(audio=audio)
    found = await home.call("stt_service", "transcribe", wanted, s.Transcript, timeout=30.0)
    return set(found.text.split())


async def test_a_spoken_question_has_a_spoken_answer(tmp_path: Path) -> None:
    """The answer to what was asked aloud comes as sound, and has the words in it again."""
    front = ("request_coordinator", "nlu_agent", "tts_service")
    async with household(tmp_path, *EARS, *MEMORY, *front) as home:
        fact = AddFactRequest(topic="meeting", content="the meeting is at half past nine")
        await home.call("knowledge_base", "add_fact", fact, FactAdded)
        asked = c.SubmitRequest(
            type=c.RequestType.AUDIO, attachment=await said(home, QUESTION), speak=True
        )
        accepted = await home.call(
            "request_coordinator", "submit_request", asked, c.RequestAccepted
        )
        wanted = c.GetResultRequest(request_id=accepted.request_id, wait_seconds=25.0)
        result = await home.call(
            "request_coordinator", "get_result", wanted, c.RequestResult, timeout=30.0
        )
        assert result.audio is not None, result
        words = await heard(home, result.audio)

    assert "meeting" in str(result.metadata["transcript"])
    assert "half past nine" in str(result.answer)
    assert {"half", "past", "nine"} <= words


async def test_a_recording_becomes_live_transcripts(tmp_path: Path) -> None:
    """Played into the microphone's place, a sentence comes out as words while it is being said."""
    agents = (*EARS, "streaming_speech_recognition", "tts_service")
    async with household(tmp_path, *agents) as home:
        audio = await said(home, "The front door is locked.")
        transcripts = home.peers.subscribe(s.TRANSCRIPTS)
        coming = asyncio.ensure_future(anext(transcripts))
        await heard(home, audio)  # the model is loaded by now
        played = s.PlayRecordingRequest(audio=audio)
        await home.call("audio_capture", "play_recording", played, s.AudioTaken)
        told = []
        async with asyncio.timeout(25):
            told.append((await coming).event)
            while not told[-1].final:
                told.append((await anext(transcripts)).event)
        await transcripts.aclose()

    assert len(told) > 1
    assert {"front", "door"} <= set(told[-1].text.split())
