"""The machine's microphone and loudspeaker, by way of PortAudio, if it has any."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

QUEUED: Final = 50


class DeviceError(Exception):
    """Tell that there is no such device."""


def _library() -> Any:
    try:
        import sounddevice

        return sounddevice
    except (ImportError, OSError) as error:  # OSError: PortAudio itself is not installed
        raise DeviceError(f"PortAudio cannot be used: {error}") from error


async def microphone(rate: int) -> AsyncIterator[bytes]:
    """Return 16-bit mono PCM, a tenth of a second at a time; what nobody takes is dropped."""
    library = _library()
    heard: asyncio.Queue[bytes] = asyncio.Queue(QUEUED)
    loop = asyncio.get_running_loop()

    def keep(pcm: bytes) -> None:
        if not heard.full():
            heard.put_nowait(pcm)

    def take(data: Any, *_: Any) -> None:
        loop.call_soon_threadsafe(keep, bytes(data))

    try:
        device = library.RawInputStream(
            samplerate=rate, blocksize=rate // 10, channels=1, dtype="int16", callback=take
        )
    except (library.PortAudioError, ValueError) as error:
        raise DeviceError(f"no microphone can be used: {error}") from error
    with device:
        while True:
            yield await heard.get()


class Loudspeaker:
    """Play PCM; what was told to stop is not heard any more."""

    def __init__(self) -> None:
        self._library = _library()
        self._stream: Any = None
        self._rate = 0
        try:
            self._library.check_output_settings(channels=1, dtype="int16")
        except (self._library.PortAudioError, ValueError) as error:
            raise DeviceError(f"no loudspeaker can be used: {error}") from error

    def play(self, pcm: bytes, rate: int) -> None:
        """Play a piece, and return when there is room for the next one."""
        if rate != self._rate:
            self.stop()
            self._stream = self._library.RawOutputStream(samplerate=rate, channels=1, dtype="int16")
            self._stream.start()
            self._rate = rate
        self._stream.write(pcm)

    def stop(self) -> None:
        """Drop what is not heard yet."""
        if self._stream is not None:
            self._stream.abort()
            self._stream.close()
            self._stream = None
            self._rate = 0
