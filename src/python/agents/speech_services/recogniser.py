"""
Speech recognition: pocketsphinx with the English models that its wheel carries.

A whole recording is understood twice, as what people say to an assistant and as English of any
kind, and what fits the sound better is taken. Nothing here waits or schedules.
"""

from __future__ import annotations

import math
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from pocketsphinx import Decoder, NGramModel

from agents.speech_services.assistant_phrases import LISTS, PATTERNS
from agents.speech_services.phrase_model import arpa, samples
from common.contracts.speech import SAMPLE_RATE, Word
from common.sound import Samples, Sound, resample, to_pcm

ENGINE: Final = "pocketsphinx en-us"
# A third faster, most of all in noise, and on clean speech no word worse.
_SWIFT: Final = {"maxhmmpf": 3000, "maxwpf": 5, "pl_window": 5}
_FRAME_SECONDS: Final = 0.01
_EDGE_SECONDS: Final = 0.25
_LOUD: Final = 0.5
_QUIETEST: Final = 0.004
_DITHER: Final = 3e-4
_PHRASES: Final = "phrases"
_SENTENCES_OF_PATTERN: Final = 40
_SURE: Final = 0.55  # phrases that fit so well are never beaten
_FILLER: Final = re.compile(r"^(<.*>|\[.*\]|\+\+.*\+\+)$")
_VARIANT: Final = re.compile(r"\(\d+\)$")


@dataclass(frozen=True)
class Heard:
    """What was understood, how surely, and when each word was said."""

    text: str
    confidence: float = 0.0
    words: tuple[Word, ...] = ()


class Recogniser:
    """Understand English speech."""

    def __init__(self) -> None:
        self._decoder: Any = Decoder(samprate=SAMPLE_RATE, loglevel="FATAL", **_SWIFT)
        self._general = self._decoder.current_search()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "phrases.arpa"
            path.write_text(arpa(samples(PATTERNS, LISTS, _SENTENCES_OF_PATTERN)), "utf-8")
            config, logmath = self._decoder.config, self._decoder.get_logmath()
            self._decoder.add_lm(_PHRASES, NGramModel(config, logmath, str(path)))
        self._fresh = self._decoder.get_cmn(False)
        self._noise = np.random.default_rng(0)
        self._is_open = False

    def understand(self, sound: Sound) -> Heard:
        """Return the words of a whole recording."""
        spoken = _levelled(resample(sound, SAMPLE_RATE).samples)
        if not len(spoken):
            return Heard("")
        edge = np.zeros(int(_EDGE_SECONDS * SAMPLE_RATE), np.float32)
        whole = np.concatenate([edge, spoken, edge])
        heard = self._heard_as(_PHRASES, whole)
        if heard.confidence < _SURE:
            heard = max(self._heard_as(self._general, whole), heard, key=lambda h: h.confidence)
        words = tuple(_without_edge(word, sound.seconds) for word in heard.words)
        return Heard(heard.text, heard.confidence, words)

    def _heard_as(self, search: str, spoken: Samples) -> Heard:
        self._start(search)
        self._decoder.set_cmn(self._fresh)  # another voice may have been heard before
        self._process(spoken, whole=True)
        return self._finish()

    def begin(self) -> None:
        """Start to hear something new; what was heard before is forgotten."""
        self._start(self._general)

    def _start(self, search: str) -> None:
        if self._is_open:
            self._decoder.end_utt()
        self._noise = np.random.default_rng(0)
        self._decoder.activate_search(search)
        self._decoder.start_utt()
        self._is_open = True

    def feed(self, sound: Sound) -> str:
        """Hear a bit more, and return what was understood so far."""
        samples = resample(sound, SAMPLE_RATE).samples
        if len(samples):
            self._process(samples, whole=False)
        found = self._decoder.hyp()
        return _text(found.hypstr) if found else ""

    def _finish(self) -> Heard:
        self._decoder.end_utt()
        self._is_open = False
        found = self._decoder.hyp()
        if not found or not _text(found.hypstr):
            return Heard("")
        return Heard(_text(found.hypstr), _probability(found.score), tuple(self._words()))

    def _process(self, samples: Samples, *, whole: bool) -> None:
        # Digital silence has no logarithm, and the model has never heard any.
        noise = self._noise.normal(0.0, _DITHER, len(samples)).astype(np.float32)
        pcm = to_pcm(Sound(SAMPLE_RATE, samples + noise))
        self._decoder.process_raw(pcm, full_utt=whole)

    def _words(self) -> list[Word]:
        return [
            Word(
                text=_VARIANT.sub("", segment.word),
                start=segment.start_frame * _FRAME_SECONDS,
                end=(segment.end_frame + 1) * _FRAME_SECONDS,
                confidence=_probability(segment.prob),
            )
            for segment in self._decoder.seg()
            if not _FILLER.match(segment.word)
        ]


def _without_edge(word: Word, seconds: float) -> Word:
    start = min(seconds, max(0.0, word.start - _EDGE_SECONDS))
    end = min(seconds, max(start, word.end - _EDGE_SECONDS))
    return word.model_copy(update={"start": start, "end": end})


def _levelled(samples: Samples) -> Samples:
    loudest = float(np.abs(samples).max(initial=0.0))
    return samples * (_LOUD / loudest) if loudest > _QUIETEST else samples


def _text(said: str) -> str:
    return " ".join(_VARIANT.sub("", word) for word in said.split() if not _FILLER.match(word))


def _probability(value: float) -> float:
    return min(1.0, max(0.0, value)) if math.isfinite(value) else 0.0
