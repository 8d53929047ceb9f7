"""
Sound as numbers: WAV files, PCM, and the rate of both. No filter, no recogniser may enter.

numpy is slow to import: agents import this module where they first need it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import ceil, gcd
from typing import Final

import numpy as np
import numpy.typing as npt

from common.messages import ActionError, ErrorCode

SAMPLE_TYPE: Final = np.float32
Samples = npt.NDArray[np.float32]

MAX_SECONDS: Final = 120.0
MAX_SAMPLES: Final = 120 * 48_000
RATES: Final = range(8_000, 384_001)
MAX_CHANNELS: Final = 8

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_SIZES: Final = {_PCM: (8, 16, 24, 32), _FLOAT: (32, 64)}


@dataclass(frozen=True, eq=False)
class Sound:
    """Hold mono sound: samples from -1 to 1, `rate` of them a second."""

    rate: int
    samples: Samples

    @property
    def seconds(self) -> float:
        """Return how long it lasts."""
        return len(self.samples) / self.rate


@dataclass(frozen=True)
class _Format:
    kind: int
    channels: int
    rate: int
    bits: int


def _invalid(message: str) -> ActionError:
    return ActionError(ErrorCode.INVALID, message, "audio")


def read_wav(data: bytes) -> Sound:
    """Return the sound of a WAV file, its channels mixed into one, or raise ActionError."""
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise _invalid(f"expected a WAV file, found {len(data)} bytes that begin {data[:12]!r}")
    layout: _Format | None = None
    position = 12
    while position + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, position)
        body = data[position + 8 : position + 8 + size]
        if name == b"fmt ":
            layout = _read_format(body)
        elif name == b"data":
            if layout is None:
                raise _invalid("expected the WAV file's format before its samples")
            return _read_samples(layout, body)
        position += 8 + size + size % 2
    raise _invalid("expected samples in the WAV file, found none")


def _read_format(body: bytes) -> _Format:
    if len(body) < 16:
        raise _invalid(f"expected 16 bytes of WAV format, found {len(body)}")
    kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", body)
    if kind == _EXTENSIBLE and len(body) >= 26:
        (kind,) = struct.unpack_from("<H", body, 24)
    if kind not in _SIZES or bits not in _SIZES[kind]:
        raise _invalid(f"expected PCM or floating-point samples, found format {kind}, {bits} bits")
    if not 1 <= channels <= MAX_CHANNELS:
        raise _invalid(f"expected 1 to {MAX_CHANNELS} channels, found {channels}")
    if rate not in RATES:
        raise _invalid(f"expected {RATES[0]} to {RATES[-1]} samples a second, found {rate}")
    return _Format(kind, channels, rate, bits)


def _read_samples(layout: _Format, body: bytes) -> Sound:
    frame = layout.channels * layout.bits // 8
    count = len(body) // frame
    if count > MAX_SAMPLES or count > MAX_SECONDS * layout.rate:
        found = f"{count / layout.rate:.0f} s at {layout.rate} samples a second"
        raise _invalid(
            f"expected at most {MAX_SECONDS:.0f} s and {MAX_SAMPLES} samples, found {found}"
        )
    values = _numbers(layout, body[: count * frame]).reshape(count, layout.channels)
    if not np.isfinite(values).all():
        raise _invalid("expected finite samples, found some that are not")
    mixed = np.clip(values, -1.0, 1.0).mean(axis=1, dtype=np.float64)
    return Sound(layout.rate, mixed.astype(np.float32))


def _numbers(layout: _Format, body: bytes) -> Samples:
    if layout.kind == _FLOAT:
        with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused
            return np.frombuffer(body, f"<f{layout.bits // 8}").astype(np.float32)
    if layout.bits == 8:
        return (np.frombuffer(body, np.uint8).astype(np.float32) - 128.0) / 128.0
    if layout.bits == 24:
        padded = np.zeros((len(body) // 3, 4), np.uint8)
        padded[:, 1:] = np.frombuffer(body, np.uint8).reshape(-1, 3)
        whole = padded.reshape(-1).view("<i4")
    else:
        whole = np.frombuffer(body, f"<i{layout.bits // 8}")
    scale = 2.0**31 if layout.bits != 16 else 2.0**15
    return (whole / scale).astype(np.float32)


def write_wav(sound: Sound) -> bytes:
    """Return a WAV file of 16-bit PCM; the same sound gives the same bytes."""
    pcm = to_pcm(sound)
    layout = struct.pack("<HHIIHH", _PCM, 1, sound.rate, sound.rate * 2, 2, 16)
    head = b"WAVEfmt " + struct.pack("<I", len(layout)) + layout
    head += b"data" + struct.pack("<I", len(pcm))
    return b"RIFF" + struct.pack("<I", len(head) + len(pcm)) + head + pcm


def from_pcm(pcm: bytes, rate: int) -> Sound:
    """Return the sound of 16-bit little-endian mono PCM, or raise ActionError."""
    if len(pcm) % 2:
        raise ActionError(
            ErrorCode.INVALID, f"expected two bytes for each sample, found {len(pcm)} bytes", "pcm"
        )
    return Sound(rate, (np.frombuffer(pcm, "<i2") / 2.0**15).astype(np.float32))


def to_pcm(sound: Sound) -> bytes:
    """Return the sound as 16-bit little-endian mono PCM; what is too loud is cut off."""
    scaled = np.clip(np.rint(sound.samples * 2.0**15), -(2**15), 2**15 - 1)
    pcm: bytes = scaled.astype("<i2").tobytes()
    return pcm


def resample(sound: Sound, rate: int) -> Sound:
    """Return the same sound with another number of samples a second."""
    if rate == sound.rate or not len(sound.samples):
        return Sound(rate, sound.samples)
    divisor = gcd(rate, sound.rate)
    step_in, step_out = sound.rate // divisor, rate // divisor
    # Silence behind the end keeps it out of the beginning: the transform is of a circle.
    blocks = ceil((len(sound.samples) + sound.rate // 50) / step_in)
    length_in, length_out = blocks * step_in, blocks * step_out
    spectrum = np.fft.rfft(sound.samples.astype(np.float64), length_in)
    kept = min(len(spectrum), length_out // 2 + 1)
    changed = np.fft.irfft(spectrum[:kept], length_out) * (length_out / length_in)
    wanted = ceil(len(sound.samples) * step_out / step_in)
    return Sound(rate, np.clip(changed[:wanted], -1.0, 1.0).astype(np.float32))


def join(sounds: tuple[Sound, ...], rate: int) -> Sound:
    """Return sounds one after the other, all at one rate."""
    parts = [resample(sound, rate).samples for sound in sounds]
    return Sound(rate, np.concatenate(parts) if parts else np.zeros(0, np.float32))


def rms(sound: Sound) -> float:
    """Return how loud it is: the root of the mean square of its samples."""
    if not len(sound.samples):
        return 0.0
    return float(np.sqrt(np.mean(np.square(sound.samples, dtype=np.float64))))
