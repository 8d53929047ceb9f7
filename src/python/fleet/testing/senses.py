"""What is said and shown in the scenarios: voices, pictures, and how well they were understood."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from common.contracts import speech as s
from common.sound import Sound, read_wav, rms, write_wav
from fleet.testing.household import Household

PICTURES = Path("tests/agents/vision_processing/pictures")
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
