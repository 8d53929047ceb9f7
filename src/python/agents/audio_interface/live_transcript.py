"""
One utterance on its way through stt_service: sound in, words out while it is still being said.

When no recogniser is free, the whole utterance is transcribed at its end instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from common.contracts.speech import (
    SAMPLE_RATE,
    AudioItem,
    TranscribeRequest,
    TranscribeStreamRequest,
    Transcript,
    TranscriptItem,
)
from common.messages import ActionError
from common.peers import Peers, Stream

QUEUED_PIECES: Final = 600
TRANSCRIBE_SECONDS: Final = 60.0


class LiveTranscript:
    """Send pieces of sound as they come, and tell what was understood."""

    def __init__(self, peers: Peers, tell: Callable[[TranscriptItem], None]) -> None:
        self._peers = peers
        self._tell = tell
        self._sound: list[bytes] = []
        self._sending: asyncio.Queue[bytes | None] = asyncio.Queue()

    def feed(self, pcm: bytes) -> None:
        """Send a piece on."""
        if pcm and len(self._sound) < QUEUED_PIECES:
            self._sound.append(pcm)
            self._sending.put_nowait(pcm)

    def end(self) -> None:
        """Say that this was all."""
        self._sending.put_nowait(None)

    async def run(self) -> None:
        """Tell the partial transcripts and at last the final one, or raise ActionError."""
        try:
            await self._stream()
        except ActionError:
            await self._ended()
            self._tell(await self._whole())

    async def _stream(self) -> None:
        request = TranscribeStreamRequest()
        async with self._peers.stream(
            "stt_service", "transcribe_stream", request, TranscriptItem
        ) as stream:
            sending = asyncio.create_task(self._send(stream))
            try:
                async for item in stream:
                    self._tell(item)
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)

    async def _send(self, stream: Stream[TranscriptItem]) -> None:
        while (pcm := await self._sending.get()) is not None:
            await stream.send(AudioItem(pcm=pcm))
        self._sending.put_nowait(None)
        await stream.end()

    async def _ended(self) -> None:
        while await self._sending.get() is not None:
            continue

    async def _whole(self) -> TranscriptItem:
        from common.sound import from_pcm, write_wav

        sound = from_pcm(b"".join(self._sound), SAMPLE_RATE)
        audio = await asyncio.to_thread(write_wav, sound)
        request = TranscribeRequest(audio=audio)
        heard = await self._peers.call(
            "stt_service", "transcribe", request, Transcript, timeout=TRANSCRIBE_SECONDS
        )
        return TranscriptItem(
            text=heard.text, final=True, confidence=heard.confidence, seconds=heard.seconds
        )
