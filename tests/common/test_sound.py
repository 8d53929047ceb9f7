"""Tests of sound as numbers: files, PCM, rates."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.messages import ActionError, ErrorCode
from common.sound import (
    MAX_SECONDS,
    Sound,
    from_pcm,
    join,
    read_wav,
    resample,
    rms,
    to_pcm,
    write_wav,
)

RATES = st.sampled_from([8_000, 16_000, 22_050, 44_100, 48_000])
PCM = st.binary(max_size=4_000).map(lambda data: data[: len(data) // 2 * 2])


def wav(
    samples: bytes, kind: int = 1, channels: int = 1, rate: int = 16_000, bits: int = 16
) -> bytes:
    """Write a WAV file of any kind."""
    width = channels * bits // 8
    layout = struct.pack("<HHIIHH", kind, channels, rate, min(rate * width, 2**32 - 1), width, bits)
    body = b"WAVEfmt " + struct.pack("<I", 16) + layout
    body += b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", len(body)) + body


def tone(rate: int, seconds: float, hertz: float = 440.0) -> Sound:
    """Make a tone."""
    at = np.arange(int(rate * seconds)) / rate
    return Sound(rate, (0.5 * np.sin(2 * np.pi * hertz * at)).astype(np.float32))


@given(PCM, RATES)
def test_pcm_comes_back_as_it_was(pcm: bytes, rate: int) -> None:
    """Sound made of PCM gives the same bytes again, through a file, too."""
    sound = from_pcm(pcm, rate)

    assert to_pcm(sound) == pcm
    assert write_wav(sound) == wav(pcm, rate=rate)
    assert to_pcm(read_wav(write_wav(sound))) == pcm


@given(st.binary(max_size=300))
def test_any_bytes_are_a_sound_or_refused(data: bytes) -> None:
    """What is no WAV file is INVALID, and nothing else happens."""
    for found in (data, b"RIFF\0\0\0\0WAVE" + data, wav(data)[:30] + data):
        try:
            assert np.isfinite(read_wav(found).samples).all()
        except ActionError as error:
            assert (error.code, error.field) == (ErrorCode.INVALID, "audio")


@pytest.mark.parametrize(
    ("kind", "bits", "samples"),
    [
        (1, 8, bytes([0, 128, 192])),
        (1, 16, struct.pack("<3h", -(2**15), 0, 2**14)),
        (1, 24, b"\0\0\x80" + b"\0\0\0" + b"\0\0\x40"),
        (1, 32, struct.pack("<3i", -(2**31), 0, 2**30)),
        (3, 32, struct.pack("<3f", -1.0, 0.0, 0.5)),
        (3, 64, struct.pack("<3d", -1.0, 0.0, 0.5)),
    ],
)
def test_every_width_of_sample_is_read(kind: int, bits: int, samples: bytes) -> None:
    """The same three samples are the same sound, however they are written."""
    assert read_wav(wav(samples, kind, bits=bits)).samples.tolist() == [-1.0, 0.0, 0.5]


def test_channels_are_mixed_into_one() -> None:
    """Left and right become their mean."""
    stereo = struct.pack("<4h", 2**14, 0, -(2**14), 2**14)

    assert read_wav(wav(stereo, channels=2)).samples.tolist() == [0.25, 0.0]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"RIFF",
        wav(b"\0\0", kind=7),
        wav(b"\0\0", bits=12),
        wav(b"\0\0", channels=0),
        wav(b"\0\0" * 9, channels=9),
        wav(b"\0\0", rate=0),
        wav(b"\0\0", rate=7_999),
        wav(struct.pack("<f", float("nan")), kind=3, bits=32),
        wav(struct.pack("<d", 1e300), kind=3, bits=64),
        wav(bytes(2 * (int(MAX_SECONDS) * 8_000 + 1)), rate=8_000),
    ],
)
def test_what_cannot_be_heard_is_refused(data: bytes) -> None:
    """Unknown formats, numbers that are none, and what is too long are INVALID."""
    with pytest.raises(ActionError) as caught:
        read_wav(data)

    assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, "audio")


def test_half_a_sample_is_refused() -> None:
    """PCM has two bytes for each sample."""
    with pytest.raises(ActionError) as caught:
        from_pcm(b"\0\0\0", 16_000)

    assert caught.value.field == "pcm"


@given(RATES, RATES, st.integers(min_value=1, max_value=9_000))
def test_a_sound_is_as_long_at_another_rate(rate: int, other: int, count: int) -> None:
    """Resampling changes the length by less than a sample."""
    found = resample(Sound(rate, np.zeros(count, np.float32)), other)

    assert found.rate == other
    assert abs(found.seconds - count / rate) <= 1.0 / other


@pytest.mark.parametrize(("rate", "other"), [(22_050, 16_000), (16_000, 48_000), (44_100, 8_000)])
def test_a_tone_stays_the_same_tone(rate: int, other: int) -> None:
    """A tone at another rate is the tone that is made at that rate."""
    found = resample(tone(rate, 0.5), other).samples
    wanted = tone(other, 0.5).samples

    middle = slice(other // 10, -other // 10)
    assert np.abs(found - wanted[: len(found)])[middle].max() < 0.01


def test_what_the_lower_rate_cannot_hold_is_left_out() -> None:
    """A tone above half the new rate is silent there instead of another tone."""
    high = resample(tone(48_000, 0.5, 15_000.0), 16_000)

    assert rms(Sound(high.rate, high.samples[800:-800])) < 0.01


def test_loudness_and_joining() -> None:
    """The rms of a tone is its height by the root of two; sounds are joined at one rate."""
    assert rms(tone(16_000, 1.0)) == pytest.approx(0.5 / 2**0.5, rel=1e-3)
    assert rms(Sound(16_000, np.zeros(0, np.float32))) == 0.0
    assert join((tone(8_000, 0.5), tone(16_000, 0.25)), 16_000).seconds == 0.75
    assert join((), 16_000).seconds == 0.0
