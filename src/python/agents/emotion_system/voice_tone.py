"""
What can be measured of a voice: pitch, loudness, rate and steadiness. No feeling may enter.

numpy is slow to import: import this module where it is first needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from common.sound import Sound, read_wav, resample

Floats = npt.NDArray[np.float64]

RATE: Final = 16_000
MAX_SECONDS: Final = 30.0  # later sound is not looked at
HOP: Final = 320  # 20 ms
WINDOW: Final = 800  # 50 ms of signal are compared with themselves
LOWEST_HZ: Final = 60.0
HIGHEST_HZ: Final = 450.0
CLEAR: Final = 0.2  # YIN's threshold: below it a frame has a pitch
ROUGHLY: Final = 0.4  # and for the deepest dip of a frame without such a one
SILENCE_DB: Final = -55.0
_BELOW_LOUD_DB: Final = 30.0  # frames this far below the loudest are silence, too
_CHUNK: Final = 256
_SYLLABLE_DIP_DB: Final = 2.0


@dataclass(frozen=True)
class VoiceMeasures:
    """What was measured; pitch is None where no voice was found."""

    seconds: float
    loudness_db: float
    pitch_hz: float | None
    pitch_range: float  # standard deviation, in semitones
    jitter: float | None
    speech_rate: float  # syllables a second
    voiced: float  # share of the frames


def measure(wav: bytes) -> VoiceMeasures:
    """Measure the voice in a WAV file, or raise ActionError when it is none."""
    return measure_sound(read_wav(wav))


def measure_sound(sound: Sound) -> VoiceMeasures:
    """Measure a voice."""
    cut = Sound(sound.rate, sound.samples[: int(MAX_SECONDS * sound.rate)])
    samples = resample(cut, RATE).samples.astype(np.float64)
    levels = frame_levels(samples)
    audible = levels > audible_level(levels)
    pitches = pitch_track(samples)[: len(levels)]
    audible = audible[: len(pitches)]
    pitches = np.where(audible, pitches, 0.0)
    voiced = pitches[pitches > 0]
    semitones = 12.0 * np.log2(voiced / np.median(voiced)) if len(voiced) else np.zeros(1)
    loud = levels[levels > audible_level(levels)]
    return VoiceMeasures(
        seconds=len(samples) / RATE,
        loudness_db=float(10 * np.log10(np.mean(10 ** (loud / 10)))) if len(loud) else -120.0,
        pitch_hz=float(np.median(voiced)) if len(voiced) >= 3 else None,
        pitch_range=float(np.std(semitones)),
        jitter=_jitter(pitches),
        speech_rate=_speech_rate(samples),
        voiced=len(voiced) / max(1, len(pitches)),
    )


def frame_levels(samples: Floats, hop: int = HOP) -> Floats:
    """Return the loudness of each frame, in dB below full scale."""
    count = len(samples) // hop
    frames = samples[: count * hop].reshape(count, hop)
    power = np.mean(np.square(frames), axis=1) if count else np.zeros(0)
    levels: Floats = 10.0 * np.log10(power + 1e-12)
    return levels


def audible_level(levels: Floats) -> float:
    """Return the level above which a frame counts as sound."""
    loudest = float(np.max(levels)) if len(levels) else SILENCE_DB
    return max(SILENCE_DB, loudest - _BELOW_LOUD_DB)


def pitch_track(samples: Floats, hop: int = HOP) -> Floats:
    """Return the pitch of each frame in Hz, 0 where there is none (YIN)."""
    longest, shortest = int(RATE / LOWEST_HZ), int(RATE / HIGHEST_HZ)
    span = WINDOW + longest + 1
    count = max(0, (len(samples) - span) // hop + 1)
    if not count:
        return np.zeros(0)
    starts = np.arange(count) * hop
    pitches = [
        _yin(samples[starts[at : at + _CHUNK, None] + np.arange(span)], shortest, longest)
        for at in range(0, count, _CHUNK)
    ]
    return np.concatenate(pitches)


def _yin(frames: Floats, shortest: int, longest: int) -> Floats:
    normal = _normalized_difference(frames, longest)
    lags = np.arange(shortest, longest)
    here = normal[:, shortest:longest]
    is_dip = (here <= normal[:, shortest - 1 : longest - 1]) & (
        here <= normal[:, shortest + 1 : longest + 1]
    )
    candidates = is_dip & (here < CLEAR)
    # A rough voice has no clear dip; then its deepest one has to do.
    deepest = np.argmin(here, axis=1)
    found = candidates.any(axis=1) | (here.min(axis=1) < ROUGHLY)
    first = np.where(candidates.any(axis=1), np.argmax(candidates, axis=1), deepest)
    rows = np.arange(len(frames))
    lag = lags[first]
    before, at, after = normal[rows, lag - 1], normal[rows, lag], normal[rows, lag + 1]
    bend = before - 2 * at + after
    shift = np.where(np.abs(bend) > 1e-9, 0.5 * (before - after) / np.where(bend, bend, 1), 0)
    pitches: Floats = np.where(found, RATE / (lag + np.clip(shift, -0.5, 0.5)), 0.0)
    return pitches


def _normalized_difference(frames: Floats, longest: int) -> Floats:
    size = 1 << (frames.shape[1] + WINDOW).bit_length()
    head = np.fft.rfft(frames[:, :WINDOW], size)
    whole = np.fft.rfft(frames, size)
    products = np.fft.irfft(np.conj(head) * whole, size)[:, : longest + 1]
    squares = np.cumsum(np.square(frames), axis=1)
    squares = np.concatenate((np.zeros((len(frames), 1)), squares), axis=1)
    energy = squares[:, WINDOW : WINDOW + longest + 1] - squares[:, : longest + 1]
    difference = np.maximum(energy[:, :1] + energy - 2 * products, 0.0)
    total = np.cumsum(difference[:, 1:], axis=1)
    lags = np.arange(1, longest + 1)
    normal: Floats = np.ones_like(difference)
    normal[:, 1:] = difference[:, 1:] * lags / np.maximum(total, 1e-12)
    return normal


def _jitter(pitches: Floats) -> float | None:
    both = (pitches[:-1] > 0) & (pitches[1:] > 0)
    if np.count_nonzero(both) < 5:
        return None
    first, second = 1.0 / pitches[:-1][both], 1.0 / pitches[1:][both]
    # A jump of an octave is a mistake of the tracker, not of the voice.
    steps = np.abs(second - first) / first
    steps = steps[steps < 0.3]
    return float(np.mean(steps)) if len(steps) else None


def _speech_rate(samples: Floats) -> float:
    levels = frame_levels(samples, RATE // 100)
    if len(levels) < 10:
        return 0.0
    kernel: Any = np.hanning(11)
    smooth = np.convolve(levels, kernel / kernel.sum(), "same")
    floor = audible_level(smooth) + 8.0
    syllables, valley, peak = 0, -120.0, -120.0
    is_rising = True
    for level in smooth:
        if is_rising:
            peak = max(peak, level)
            if level < peak - _SYLLABLE_DIP_DB:
                syllables += int(peak > floor)
                is_rising, valley = False, level
        else:
            valley = min(valley, level)
            if level > valley + _SYLLABLE_DIP_DB:
                is_rising, peak = True, level
    syllables += int(is_rising and peak > floor and peak > valley + _SYLLABLE_DIP_DB)
    return syllables / (len(levels) / 100.0)
