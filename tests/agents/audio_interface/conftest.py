"""Sentences as sound for the tests of ears: said by a voice, in silence or noise."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from agents.speech_services.synthesis import Synthesiser
from agents.speech_services.voices import VOICES
from common.contracts.speech import SAMPLE_RATE
from common.sound import Sound, resample, rms


@cache
def _voice() -> Synthesiser:
    return Synthesiser()


@cache
def _said(text: str) -> Sound:
    sound = resample(_voice().say(text, VOICES[0], 1.0, 1.0, 1.0), SAMPLE_RATE)
    loud = np.flatnonzero(np.abs(sound.samples) > 0.02)
    return Sound(SAMPLE_RATE, sound.samples[loud[0] : loud[-1]])


class Room:
    """A room in which a voice says one text at a time."""

    before_seconds = 0.6
    after_seconds = 0.8

    def said(self, text: str) -> Sound:
        """Return a text as the default voice says it, without the pause at its end."""
        return _said(text)

    def heard(self, text: str, decibels: float) -> Sound:
        """Return a text between two silences, in noise so many decibels below the voice."""
        sound = _said(text)
        before = np.zeros(int(self.before_seconds * SAMPLE_RATE), np.float32)
        after = np.zeros(int(self.after_seconds * SAMPLE_RATE), np.float32)
        samples = np.concatenate([before, sound.samples, after])
        strength = rms(sound) / 10 ** (decibels / 20)
        noise = np.random.default_rng(3).normal(0.0, strength, len(samples))
        return Sound(SAMPLE_RATE, np.clip(samples + noise, -1.0, 1.0).astype(np.float32))


@pytest.fixture
def room() -> Room:
    """Return a room with a voice in it."""
    return Room()
