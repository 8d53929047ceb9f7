"""Scenarios 2 and 4 through the front door: what is said and shown is answered, aloud if wanted."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from common.contracts import speech as s
from common.contracts import vision as v
from common.contracts.coordination import RequestType
from common.sound import Sound, read_wav, rms, write_wav
from fleet.testing.household import Household, household

PICTURES = Path("tests/agents/vision_processing/pictures")
SPEECH = ("fused_audio_preprocessor", "stt_service", "tts_service")
MEMORY = ("knowledge_base", "memory_client", "memory_orchestrator_service")
UNDERSTOOD = 0.8  # of the words of an answer, when its sound is recognised again
NOISE_DECIBELS = 25.0  # below the voice


def words(text: str) -> list[str]:
    """Return the words of a text, as they sound."""
    return re.findall(r"[a-z']+", text.lower())


def overlap(told: str, heard: str) -> float:
    """Return which share of the words that were told was heard."""
    found = set(words(heard))
    return sum(word in found for word in words(told)) / len(words(told))


async def spoken(home: Household, text: str) -> bytes:
    """Return a recording of somebody who says this beside something that hums."""
    wanted = s.SpeakRequest(text=text)
    said = await home.call("tts_service", "speak", wanted, s.Spoken, timeout=20.0)
    sound = read_wav(said.audio)
    strength = rms(sound) / 10 ** (NOISE_DECIBELS / 20)
    noise = np.random.default_rng(7).normal(0.0, strength, len(sound.samples))
    return write_wav(Sound(sound.rate, (sound.samples + noise).astype(np.float32)))


async def heard(home: Household, sound: bytes) -> str:
    """Return the words of a recording."""
    wanted = s.TranscribeRequest(audio=sound)
    transcript = await home.call("stt_service", "transcribe", wanted, s.Transcript, timeout=20.0)
    return transcript.text


async def test_a_spoken_question_has_a_spoken_answer(tmp_path: Path) -> None:
    """What was told aloud is answered aloud, and who listens understands it."""
    fact = "Remember that the boiler was serviced on the fourth of May."
    agents = ("request_coordinator", "nlu_agent", "session_memory_agent", *SPEECH, *MEMORY)
    async with household(tmp_path, *agents) as home:
        told = await home.ask(kind=RequestType.AUDIO, attachment=await spoken(home, fact))
        question = await spoken(home, "When was the boiler serviced?")
        asked = await home.ask(kind=RequestType.AUDIO, attachment=question, speak=True)
        assert asked.audio is not None
        again = await heard(home, asked.audio)

    assert told.metadata["intent"] == "remember"
    assert told.audio is None
    assert asked.metadata["transcript"] == "when was the boiler serviced"
    assert asked.answer == "The boiler was serviced on the fourth of may."
    assert {*SPEECH} <= {*asked.metadata["agents"]}
    assert overlap(asked.answer, again) >= UNDERSTOOD, again
