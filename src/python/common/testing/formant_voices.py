"""Voices made of formants, so that tests need no recordings of people. No recogniser may enter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from common.sound import Sound, write_wav

RATE = 16_000
Floats = npt.NDArray[np.float64]

VOWELS = {
    "a": (730.0, 1090.0, 2440.0),
    "e": (530.0, 1840.0, 2480.0),
    "i": (270.0, 2290.0, 3010.0),
    "o": (570.0, 840.0, 2410.0),
    "u": (300.0, 870.0, 2240.0),
    "@": (500.0, 1500.0, 2500.0),
}


@dataclass(frozen=True)
class Speaker:
    """A voice: its pitch, the length of its throat, how rough and how breathy it is."""

    pitch: float
    throat: float = 1.0  # formants are multiplied by it
    tilt: float = 1.0  # how dull the glottis sounds
    breath: float = 0.01
    jitter: float = 0.005
    fourth: float = 3500.0  # the formant that differs most between people


def say(
    speaker: Speaker,
    vowels: str,
    *,
    seed: int = 0,
    syllable: float = 0.22,
    gap: float = 0.06,
    melody: float = 1.5,
    loudness: float = 0.15,
) -> bytes:
    """Return a WAV file of syllables; `melody` is how far the pitch moves, in semitones."""
    random = np.random.default_rng(seed)
    parts: list[Floats] = []
    for at, vowel in enumerate(vowels):
        bend = melody * np.sin(1.3 * at + seed)
        source = _glottis(speaker, speaker.pitch * 2 ** (bend / 12), syllable, random)
        parts += [_throat(speaker, source, VOWELS[vowel]), np.zeros(int(gap * RATE))]
    sound = np.concatenate(parts)
    sound *= loudness / max(1e-9, float(np.sqrt(np.mean(sound**2))))
    sound += random.normal(0, 0.0005, len(sound))
    return write_wav(Sound(RATE, np.clip(sound, -1, 1).astype(np.float32)))


def tone(pitch: float, seconds: float = 1.0, loudness: float = 0.3) -> bytes:
    """Return a WAV file of a steady tone with overtones."""
    times = np.arange(int(seconds * RATE)) / RATE
    waves = sum(np.sin(2 * np.pi * pitch * n * times) / n for n in range(1, 6))
    sound = np.asarray(waves) * loudness / 2
    return write_wav(Sound(RATE, sound.astype(np.float32)))


def _glottis(speaker: Speaker, pitch: float, seconds: float, random: np.random.Generator) -> Floats:
    count = int(seconds * RATE)
    pulses = np.zeros(count)
    at = 0.0
    while at < count - 1:
        whole = int(at)
        pulses[whole] += 1.0 - (at - whole)
        pulses[whole + 1] += at - whole
        at += RATE / pitch * (1.0 + random.normal(0, speaker.jitter))
    sound = _resonance(pulses, 0.0, 200.0 / speaker.tilt)
    sound = sound / max(1e-9, float(np.abs(sound).max()))
    edge = np.minimum(1.0, np.minimum(np.arange(count), np.arange(count)[::-1]) / (0.03 * RATE))
    return (sound + random.normal(0, speaker.breath, count)) * edge


def _throat(speaker: Speaker, source: Floats, formants: tuple[float, ...]) -> Floats:
    widths = (80.0, 100.0, 140.0)
    for formant, width in zip(formants, widths, strict=True):
        source = _resonance(source, formant * speaker.throat, width)
    return _resonance(source, speaker.fourth * speaker.throat, 200.0)


def _resonance(signal: Floats, frequency: float, width: float) -> Floats:
    # As a convolution with the resonator's own ringing: numpy has no recursive filter.
    times = np.arange(int(0.03 * RATE)) / RATE
    ringing = np.exp(-np.pi * width * times) * np.cos(2 * np.pi * frequency * times)
    size = 1 << (len(signal) + len(ringing)).bit_length()
    product = np.fft.rfft(signal, size) * np.fft.rfft(ringing, size)
    result: Floats = np.fft.irfft(product, size)[: len(signal)]
    return result
