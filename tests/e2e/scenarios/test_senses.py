"""Scenarios 2 and 4 through the front door: what is said and shown is answered, aloud if wanted."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from common.contracts import speech as s
from common.contracts import vision as v
from common.contracts.coordination import RequestResult, RequestType
from common.sound import Sound, read_wav, rms, write_wav
from fleet.testing.household import Household, household

PICTURES = Path("tests/agents/vision_processing/pictures")
SPEECH = ("fused_audio_preprocessor", "stt_service", "tts_service")
MEMORY = ("knowledge_base", "memory_client", "memory_orchestrator_service")
SIGHT = ("face_recognition_agent", "vision_processing_agent")
SIGN = "Welcome to the museum"
UNDERSTOOD = 0.8  # of the words of an answer, when its sound is recognised again
UNDERSTOOD_IN_NOISE = 0.6
NOISE_DECIBELS = 25.0  # below the voice


def words(text: str) -> list[str]:
    """Return the words of a text, as they sound."""
    return re.findall(r"[a-z']+", text.lower())


def overlap(told: str, heard: str) -> float:
    """Return which share of the words that were told was heard."""
    found = set(words(heard))
    return sum(word in found for word in words(told)) / len(words(told))


def agents_of(result: RequestResult) -> set[str]:
    """Return who helped with an answer."""
    named = result.metadata["agents"]
    assert isinstance(named, list)
    return {str(name) for name in named}


def picture_with(text: str) -> bytes:
    """Return a picture of two people above a line of text."""
    picture = Image.new("RGB", (720, 440), "white")
    for number, name in enumerate(("hopper", "collins")):
        with Image.open(PICTURES / f"{name}.jpg") as face:
            picture.paste(face, (20 + 370 * number, 10))
    font = ImageFont.load_default(36)
    ImageDraw.Draw(picture).text((40, 365), text, fill="black", font=font)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


async def spoken(home: Household, text: str) -> bytes:
    """Return a recording of somebody who says this beside something that hisses."""
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
    fact = "Remember that the train leaves at seven in the evening."
    question = "When does the train leave?"
    agents = ("request_coordinator", "nlu_agent", "session_memory_agent", *SPEECH, *MEMORY)
    async with household(tmp_path, *agents) as home:
        told = await home.ask(kind=RequestType.AUDIO, attachment=await spoken(home, fact))
        recording = await spoken(home, question)
        asked = await home.ask(kind=RequestType.AUDIO, attachment=recording, speak=True)
        assert asked.audio is not None
        again = await heard(home, asked.audio)

    assert (told.metadata["intent"], told.audio) == ("remember", None)
    assert overlap(question, str(asked.metadata["transcript"])) >= UNDERSTOOD_IN_NOISE
    assert asked.answer == "The train leaves at seven in the evening."
    assert {*SPEECH} <= agents_of(asked)
    assert overlap(asked.answer, again) >= UNDERSTOOD, again


async def test_a_picture_is_answered_with_who_is_in_it_and_what_it_says(tmp_path: Path) -> None:
    """The enrolled face has its name, the other has none, and the sign is read."""
    image = picture_with(SIGN)
    agents = ("request_coordinator", "nlu_agent", *SIGHT)
    async with household(tmp_path, *agents) as home:
        face = (PICTURES / "hopper.jpg").read_bytes()
        wanted = v.EnrollFaceRequest(person="Grace Hopper", image=face)
        await home.call("face_recognition_agent", "enroll_face", wanted, v.FaceEnrolled)
        shown = await home.ask(kind=RequestType.VISION, attachment=image)
        who = await home.ask("who is in this picture?", RequestType.VISION, attachment=image)
        sign = await home.ask("what does the sign say?", RequestType.VISION, attachment=image)

    assert "Grace Hopper" in str(shown.answer)
    assert SIGN in str(shown.answer)
    assert (shown.metadata["people"], shown.metadata["faces"]) == (["Grace Hopper"], 2)
    assert {*SIGHT} <= agents_of(shown)
    assert who.answer == "I see Grace Hopper and somebody I do not know."
    assert sign.answer == f'It says: "{SIGN}".'
