"""
AudioCapture: publishes sound in real time, from a microphone, a file, or whoever pushes it.

Changes no sound. What needs a device or numpy is imported where it is first used.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final, Literal

from agents.audio_interface.audio_messages import Captured, CaptureStatus, SessionRequest
from agents.audio_interface.capture_lines import CaptureLine, CaptureLines, Piece
from agents.audio_interface.chunks import expect_pcm, pcm_of, seconds_of
from common.agent import Agent, action
from common.configuration import Configuration
from common.contracts.speech import (
    CAPTURED_AUDIO,
    DEFAULT_SESSION,
    SAMPLE_RATE,
    AudioChunk,
    AudioItem,
    AudioTaken,
    PlayRecordingRequest,
    PushAudioRequest,
)
from common.messages import ActionError, Query

IDLE_SECONDS: Final = 600.0


class CaptureConfiguration(Configuration):
    """Where sound comes from by itself, and the WAV file, if it is one."""

    source: Literal["none", "microphone", "file"] = "none"
    file: str = ""
    session: str = DEFAULT_SESSION


class AudioCapture(Agent):
    """Publish each session's sound, a tenth of a second at a time."""

    topics = (CAPTURED_AUDIO,)
    configuration = CaptureConfiguration

    async def start(self) -> None:
        """Begin with the configured source, if there is one."""
        self._lines = CaptureLines()
        self._published = 0
        self._detail = ""
        source = self.configured(CaptureConfiguration).source
        if source == "file":
            self.spawn(self._play_file(), "file")
        elif source == "microphone":
            self.spawn(self._listen(), "microphone")

    @action
    async def push_audio(self, request: PushAudioRequest) -> AudioTaken:
        """Publish PCM as if a microphone had heard it, never faster than real time."""
        expect_pcm(request.pcm)
        return self._take(request.session_id, request.pcm, request.sample_rate, request.last)

    @action
    async def play_recording(self, request: PlayRecordingRequest) -> AudioTaken:
        """Publish a WAV file in real time, as a stream of its own."""
        pcm, rate = await asyncio.to_thread(pcm_of, request.audio)
        return self._take(request.session_id, pcm, rate, True)

    @action
    async def stream_audio(
        self, request: SessionRequest, incoming: AsyncIterator[AudioItem]
    ) -> AsyncIterator[Captured]:
        """Publish the sound of a stream, and say after each item where in time it lies."""
        async for item in incoming:
            expect_pcm(item.pcm)
            taken = self._take(request.session_id, item.pcm, item.sample_rate, item.last)
            yield Captured(start=taken.start, end=taken.end)

    @action
    async def get_status(self, request: Query) -> CaptureStatus:
        """Say where sound comes from, and how much of it waits."""
        return CaptureStatus(
            source=self.configured(CaptureConfiguration).source,
            detail=self._detail,
            sessions=self._lines.sessions(),
            waiting_seconds=self._lines.waiting_seconds(),
            published_chunks=self._published,
        )

    def _take(self, session_id: str, pcm: bytes, rate: int, last: bool) -> AudioTaken:
        line, is_new = self._lines.line(session_id, seconds_of(pcm, rate))
        start, end = line.put(pcm, rate, last)
        if is_new:
            self.spawn(self._publish(session_id, line), f"publish {session_id[:40]}")
        return AudioTaken(start=start, end=end)

    async def _publish(self, session_id: str, line: CaptureLine) -> None:
        due = self.clock.monotonic()
        while (piece := await self._next(line)) is not None:
            due = max(due, self.clock.monotonic()) + piece.seconds
            await self.clock.sleep(due - self.clock.monotonic())
            chunk = AudioChunk(
                session_id=session_id,
                start=piece.start,
                sample_rate=piece.rate,
                pcm=piece.pcm,
                last=piece.last,
            )
            self.events.publish(CAPTURED_AUDIO, chunk)
            self._published += 1
            if piece.last and line.is_empty:
                break
        self._lines.forget(session_id)

    async def _next(self, line: CaptureLine) -> Piece | None:
        if line.is_empty:
            idle = asyncio.ensure_future(self.clock.sleep(IDLE_SECONDS))
            coming = asyncio.ensure_future(line.come())
            try:
                await asyncio.wait((idle, coming), return_when=asyncio.FIRST_COMPLETED)
            finally:
                idle.cancel()
                coming.cancel()
        return None if line.is_empty else line.take()

    async def _play_file(self) -> None:
        configuration = self.configured(CaptureConfiguration)
        try:
            audio = await asyncio.to_thread(Path(configuration.file).read_bytes)
            pcm, rate = await asyncio.to_thread(pcm_of, audio)
            self._take(configuration.session, pcm, rate, True)
        except (OSError, ValueError, ActionError) as error:
            self._detail = f"the file cannot be played: {error}"
            self.log.error(self._detail)

    async def _listen(self) -> None:
        from agents.audio_interface.sound_device import DeviceError, microphone

        session = self.configured(CaptureConfiguration).session
        try:
            async for pcm in microphone(SAMPLE_RATE):
                self._take(session, pcm, SAMPLE_RATE, False)
        except (DeviceError, ActionError) as error:
            self._detail = str(error)
            self.log.warning("no microphone: %s", error)
