"""
Voices as numbers: cepstra of the mel spectrum, their changes, and how alike two voices are.

numpy is slow to import: import this module where it is first needed. No file may enter.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from agents.emotion_system.voice_tone import audible_level, pitch_track
from common.messages import ActionError, ErrorCode
from common.sound import Sound, read_wav, resample

Floats = npt.NDArray[np.float64]

RATE: Final = 16_000
FRAME: Final = 400  # 25 ms
HOP: Final = 160  # 10 ms
FILTERS: Final = 28
CEPSTRA: Final = 18
LEAST_SECONDS: Final = 0.6
MAX_SECONDS: Final = 60.0
SEGMENT: Final = 60  # frames of voice: how much a voice varies is measured between such pieces
_FFT: Final = 512
_PITCH_SCALE: Final = 8.0  # an octave of pitch counts as much as this much of the cepstra

# How much one speaker's recordings differ in each kind of number, before enough was heard to know.
_SPREAD_OF_MEANS: Final = 1.1
_SPREAD_OF_DEVIATIONS: Final = 0.5
_SPREAD_OF_CHANGES: Final = 0.15
_SPREAD_OF_PITCH: Final = 1.2
_PRIOR_PIECES: Final = 12.0  # so many pieces weigh as much as what is assumed


@dataclass(frozen=True, eq=False)
class VoicePrint:
    """The numbers of one recording, those of its pieces, and its seconds of voice."""

    whole: Floats
    pieces: Floats
    seconds: float


def print_of(wav: bytes) -> VoicePrint:
    """Return the print of the voice in a WAV file, or raise ActionError."""
    return print_of_sound(read_wav(wav))


def print_of_sound(sound: Sound) -> VoicePrint:
    """Return the print of a voice, or raise ActionError when there is too little of it."""
    cut = Sound(sound.rate, sound.samples[: int(MAX_SECONDS * sound.rate)])
    samples = resample(cut, RATE).samples.astype(np.float64)
    cepstra, levels = cepstra_of(samples)
    voiced = levels > audible_level(levels)
    seconds = float(np.count_nonzero(voiced)) * HOP / RATE
    if seconds < LEAST_SECONDS:
        message = f"expected {LEAST_SECONDS} s of voice or more, found {seconds:.2f} s"
        raise ActionError(ErrorCode.INVALID, message, "audio")
    pitches = _pitches(samples, len(cepstra))
    rows = (cepstra[voiced], _changes(cepstra)[voiced], pitches[voiced])
    count = len(rows[0]) // SEGMENT
    pieces = [
        _summary(*(row[at * SEGMENT : (at + 1) * SEGMENT] for row in rows)) for at in range(count)
    ]
    whole = _summary(*rows)
    return VoicePrint(whole, np.array(pieces or [whole]), seconds)


def cepstra_of(samples: Floats) -> tuple[Floats, Floats]:
    """Return the mel cepstra of each frame without the one that is loudness, and its level."""
    if len(samples) < FRAME:
        return np.zeros((0, CEPSTRA)), np.zeros(0)
    emphasized = np.append(samples[0], samples[1:] - 0.95 * samples[:-1])
    frames = np.lib.stride_tricks.sliding_window_view(emphasized, FRAME)[::HOP]
    raw = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]
    levels: Floats = 10.0 * np.log10(np.mean(np.square(raw), axis=1) + 1e-12)
    spectra = np.abs(np.fft.rfft(frames * np.hamming(FRAME), _FFT)) ** 2
    mel = np.log(spectra @ _filters().T + 1e-8)
    return mel @ _cosines().T, levels


def within_spread(prints: list[Floats], size: int) -> Floats:
    """Return how far pieces of one speaker lie apart in each number, over all speakers."""
    assumed = _assumed_spread(size)
    total, count = np.square(assumed) * _PRIOR_PIECES, _PRIOR_PIECES
    for pieces in prints:
        if len(pieces) > 1:
            total = total + np.sum(np.square(pieces - pieces.mean(axis=0)), axis=0)
            count += len(pieces) - 1
    spread: Floats = np.sqrt(total / count)
    # In a short piece the pitch may be missing or of the wrong octave; over a recording it is not.
    spread[-1] = min(spread[-1], assumed[-1])
    return spread


def likeness(a: Floats, b: Floats, spread: Floats) -> float:
    """Return how alike two voices are, 0 .. 1, measured by how much one voice varies."""
    distance = np.sqrt(np.mean(np.minimum(np.square((a - b) / spread), 25.0)))
    return float(np.exp(-distance * distance))


def _summary(cepstra: Floats, changes: Floats, pitches: Floats) -> Floats:
    heard = pitches[pitches > 0]
    pitch = np.log2(np.median(heard) / 150.0) * _PITCH_SCALE if len(heard) else 0.0
    parts = (cepstra.mean(axis=0), cepstra.std(axis=0), changes.std(axis=0), [pitch])
    return np.concatenate(parts)


def _assumed_spread(size: int) -> Floats:
    kinds = (_SPREAD_OF_MEANS, _SPREAD_OF_DEVIATIONS, _SPREAD_OF_CHANGES)
    spread = np.concatenate([np.full(CEPSTRA, kind) for kind in kinds] + [[_SPREAD_OF_PITCH]])
    return spread[:size]


def _changes(cepstra: Floats) -> Floats:
    padded = np.pad(cepstra, ((2, 2), (0, 0)), "edge")
    ahead, behind = padded[3:-1] - padded[1:-3], padded[4:] - padded[:-4]
    changes: Floats = (ahead + 2 * behind) / 10.0
    return changes


def _pitches(samples: Floats, count: int) -> Floats:
    coarse = np.repeat(pitch_track(samples, HOP * 4), 4)[:count]
    return np.pad(coarse, (0, max(0, count - len(coarse))))


@cache
def _filters() -> Floats:
    top = 2595 * np.log10(1 + 7600 / 700)
    bottom = 2595 * np.log10(1 + 80 / 700)
    edges = 700 * (10 ** (np.linspace(bottom, top, FILTERS + 2) / 2595) - 1)
    bins = np.arange(_FFT // 2 + 1) * RATE / _FFT
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    filters: Floats = np.maximum(0.0, np.minimum(rising, falling))
    return filters


@cache
def _cosines() -> Floats:
    orders, positions = np.arange(1, CEPSTRA + 1)[:, None], np.arange(FILTERS) + 0.5
    cosines: Floats = np.cos(np.pi * orders * positions / FILTERS) * np.sqrt(2.0 / FILTERS)
    return cosines
