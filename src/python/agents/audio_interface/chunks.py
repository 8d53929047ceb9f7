"""Cut PCM into pieces that events may carry. No device, no event may enter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from common.messages import ActionError, ErrorCode

CHUNK_SECONDS: Final = 0.1
MAX_PCM_BYTES: Final = 16_000_000


def chunks(pcm: bytes, rate: int) -> Iterator[bytes]:
    """Return 16-bit PCM in pieces of a tenth of a second, the last one shorter."""
    size = round(rate * CHUNK_SECONDS) * 2
    for start in range(0, len(pcm), size):
        yield pcm[start : start + size]


def seconds_of(pcm: bytes, rate: int) -> float:
    """Return how long 16-bit PCM lasts."""
    return len(pcm) / 2 / rate


def pcm_of(audio: bytes) -> tuple[bytes, int]:
    """Return the PCM of a WAV file and its rate, or raise ActionError."""
    from common.sound import read_wav, to_pcm  # numpy is slow to import

    sound = read_wav(audio)
    return to_pcm(sound), sound.rate


def expect_pcm(pcm: bytes) -> None:
    """Raise ActionError unless the bytes can be 16-bit PCM of a bearable length."""
    if len(pcm) % 2 or len(pcm) > MAX_PCM_BYTES:
        expected = f"expected an even number of bytes, at most {MAX_PCM_BYTES}"
        raise ActionError(ErrorCode.INVALID, f"{expected}; found {len(pcm)}", "pcm")
