"""Spot a phrase in speech with pocketsphinx. No event, no clock may enter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from pocketsphinx import Decoder

from common.contracts.speech import SAMPLE_RATE
from common.messages import ActionError, ErrorCode
from common.sound import Sound, resample, to_pcm

_FRAME_SECONDS: Final = 0.01
_DITHER: Final = 3e-4


@dataclass(frozen=True)
class Hit:
    """The phrase was heard, and ended at `at` seconds of the stream."""

    at: float
    score: float


class KeywordSpotter:
    """Listen to one stream for one phrase; a lower threshold hears it more often."""

    def __init__(self, phrase: str, threshold: float) -> None:
        self._decoder: Any = Decoder(
            samprate=SAMPLE_RATE,
            lm=None,
            keyphrase=phrase,
            kws_threshold=threshold,
            loglevel="FATAL",
        )
        self._phrase = phrase
        self._seconds = 0.0
        self._noise = np.random.default_rng(0)
        self._decoder.start_utt()

    def take(self, sound: Sound) -> Hit | None:
        """Hear a bit more, and tell whether the phrase has just ended."""
        samples = resample(sound, SAMPLE_RATE).samples
        self._seconds += sound.seconds
        if not len(samples):
            return None
        noise = self._noise.normal(0.0, _DITHER, len(samples)).astype(np.float32)
        self._decoder.process_raw(to_pcm(Sound(SAMPLE_RATE, samples + noise)))
        if self._decoder.hyp() is None:
            return None
        scores = [float(segment.prob) for segment in self._decoder.seg()]
        self._decoder.end_utt()
        self._decoder.start_utt()
        return Hit(self._seconds, max(scores, default=0.0))


def expect_known(phrase: str) -> None:
    """Raise ActionError unless the dictionary says how each word is pronounced."""
    decoder: Any = Decoder(lm=None, loglevel="FATAL")
    unknown = [word for word in phrase.split() if decoder.lookup_word(word) is None]
    if unknown or not phrase.split():
        message = f"expected English words of the dictionary, found {', '.join(unknown) or 'none'}"
        raise ActionError(ErrorCode.INVALID, message, "word")


def spot(sound: Sound, phrase: str, threshold: float) -> tuple[Hit, ...]:
    """Return every time that a phrase is said in a recording."""
    spotter = KeywordSpotter(phrase, threshold)
    step = sound.rate // 10
    hits = (
        spotter.take(Sound(sound.rate, sound.samples[start : start + step]))
        for start in range(0, len(sound.samples), step)
    )
    return tuple(hit for hit in hits if hit is not None)
