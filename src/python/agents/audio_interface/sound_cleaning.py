"""
Clean a stream of speech and find the speech in it, 20 ms at a time.

Noise is what is there while nobody speaks: its spectrum is learnt then and held down always.
No event, no clock may enter.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
import webrtcvad

from common.contracts.speech import SAMPLE_RATE, Span, SpeechMark
from common.sound import Samples, Sound, resample, to_pcm

FRAME: Final = SAMPLE_RATE // 50
FRAME_SECONDS: Final = FRAME / SAMPLE_RATE
_WINDOW: Final = np.sqrt(np.hanning(2 * FRAME + 1)[:-1])
_STRICTNESS: Final = 3
_OVER: Final = 1.0
_GAIN_FLOOR: Final = 0.3  # more makes noise softer, and words harder to understand
_LEARNING: Final = 0.1
_ABOVE_NOISE: Final = 4.0  # of power: speech is 6 dB louder than what is there without it
_NEAR_NOISE: Final = 2.0
_FLOOR_FRAMES: Final = 100  # nobody speaks for two seconds without a gap
_QUIETEST: Final = 1e-6
_LOUDNESS: Final = 0.1
_GAINS: Final = (0.5, 8.0)
_START_FRAMES, _START_OF = 4, 6
_END_FRAMES: Final = 25
_ONGOING_FRAMES: Final = 25
_LEAD_SECONDS: Final = 0.06


@dataclass(frozen=True)
class Mark:
    """Where in speech the stream is at `at` seconds."""

    kind: SpeechMark
    at: float
    probability: float


class _Detector:
    """Turn frames that may be speech into marks: one frame alone says little."""

    def __init__(self) -> None:
        self._recent: list[bool] = []
        self._silent = 0
        self._spoken = 0
        self.is_speech = False

    def take(self, is_voiced: bool, at: float) -> Mark | None:
        """Take the frame that begins at `at`, and return the mark that it makes, if any."""
        self._recent = [*self._recent, is_voiced][-_START_OF:]
        share = sum(self._recent) / _START_OF
        if not self.is_speech:
            return self._begun(at, share)
        self._silent = 0 if is_voiced else self._silent + 1
        self._spoken += 1
        if self._silent >= _END_FRAMES:
            return self.end(at - (_END_FRAMES - 4) * FRAME_SECONDS)
        if self._spoken % _ONGOING_FRAMES == 0:
            return Mark(SpeechMark.ONGOING, at, share)
        return None

    def end(self, at: float) -> Mark:
        """Return the mark of the end of speech."""
        self.is_speech = False
        self._recent = []
        return Mark(SpeechMark.END, at, 1.0)

    def _begun(self, at: float, share: float) -> Mark | None:
        if sum(self._recent) < _START_FRAMES:
            return None
        self.is_speech, self._silent, self._spoken = True, 0, 0
        start = at - (len(self._recent) - 1) * FRAME_SECONDS - _LEAD_SECONDS
        return Mark(SpeechMark.START, max(0.0, start), share)


class Cleaner:
    """Clean one stream; what comes out is one frame later than what goes in."""

    def __init__(self) -> None:
        self._vad = webrtcvad.Vad(_STRICTNESS)
        self._detector = _Detector()
        self._rest = np.zeros(0, np.float32)
        self._previous = np.zeros(FRAME, np.float32)
        self._overlap = np.zeros(FRAME)
        self._noise = np.zeros(FRAME + 1)
        self._powers: deque[float] = deque(maxlen=_FLOOR_FRAMES)
        self._learnt = 0
        self._frames = 0
        self._gains = np.ones(FRAME + 1)
        self._loudness = 1.0

    def take(self, sound: Sound) -> tuple[Samples, tuple[Mark, ...]]:
        """Return what is clean now, and the marks that were found; 20 ms are held back."""
        samples = np.concatenate([self._rest, resample(sound, SAMPLE_RATE).samples])
        whole = len(samples) // FRAME * FRAME
        self._rest = samples[whole:]
        return self._frames_of(samples[:whole])

    def finish(self) -> tuple[Samples, tuple[Mark, ...]]:
        """Return what was held back, and the end of speech that was not over."""
        held = len(self._rest)
        owed = held + (FRAME if self._frames else 0)
        padded = np.concatenate([self._rest, np.zeros(2 * FRAME - held, np.float32)])
        clean, marks = self._frames_of(padded)
        if self._detector.is_speech:
            marks = (*marks, self._detector.end(self._frames * FRAME_SECONDS))
        return clean[:owed], marks

    def _frames_of(self, samples: Samples) -> tuple[Samples, tuple[Mark, ...]]:
        clean, marks = [], []
        for frame in samples.reshape(-1, FRAME):
            power = float(np.mean(np.square(frame)))
            self._powers.append(power)
            floor = min(self._powers)
            is_voiced = power > max(_QUIETEST, _ABOVE_NOISE * floor) and self._is_voiced(frame)
            mark = self._detector.take(is_voiced, self._frames * FRAME_SECONDS)
            marks += [mark] if mark is not None else []
            out = self._without_noise(frame, power < _NEAR_NOISE * floor)
            if self._frames:  # the first gives what was before the stream
                clean.append(self._level(out, is_voiced))
            self._frames += 1
        joined = np.concatenate(clean) if clean else np.zeros(0)
        return joined.astype(np.float32), tuple(marks)

    def _is_voiced(self, frame: Samples) -> bool:
        return bool(self._vad.is_speech(to_pcm(Sound(SAMPLE_RATE, frame)), SAMPLE_RATE))

    def _without_noise(self, frame: Samples, is_noise: bool) -> Samples:
        both = np.concatenate([self._previous, frame])
        self._previous = frame
        spectrum = np.fft.rfft(both * _WINDOW)
        power = np.square(np.abs(spectrum))
        if is_noise:
            self._learnt += 1
            self._noise += max(_LEARNING, 1.0 / self._learnt) * (power - self._noise)
        wanted = 1.0 - _OVER * self._noise / np.maximum(power, 1e-12)
        gains = np.maximum(_GAIN_FLOOR, wanted)
        self._gains = np.maximum(gains, 0.5 * self._gains)
        made = np.fft.irfft(spectrum * self._gains) * _WINDOW
        out: Samples = (made[:FRAME] + self._overlap).astype(np.float32)
        self._overlap = made[FRAME:]
        return out

    def _level(self, frame: Samples, is_voiced: bool) -> Samples:
        if is_voiced:
            loud = max(float(np.sqrt(np.mean(np.square(frame)))), 1e-4)
            wanted = min(max(_LOUDNESS / loud, _GAINS[0]), _GAINS[1])
            self._loudness += (0.2 if wanted < self._loudness else 0.06) * (wanted - self._loudness)
        levelled: Samples = np.clip(frame * self._loudness, -1.0, 1.0)
        return levelled


def clean_recording(sound: Sound) -> tuple[Sound, tuple[Span, ...]]:
    """Return a whole recording without its noise, and where in it speech is."""
    cleaner = Cleaner()
    begun, first = cleaner.take(sound)
    ended, last = cleaner.finish()
    spans, start = [], 0.0
    for mark in (*first, *last):
        if mark.kind is SpeechMark.START:
            start = mark.at
        elif mark.kind is SpeechMark.END:
            spans.append(Span(start=start, end=max(start, mark.at)))
    return Sound(SAMPLE_RATE, np.concatenate([begun, ended])), tuple(spans)
