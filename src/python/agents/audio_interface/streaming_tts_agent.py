"""
StreamingTTSAgent: says texts aloud, each sentence while the next one is still being made.

Makes no sound itself: tts_service does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final, Literal

from agents.audio_interface.audio_messages import SessionRequest, SpeakingStatus, Utterance
from agents.audio_interface.chunks import chunks, pcm_of, seconds_of
from agents.audio_interface.speech_line import SpeechLine
from common.agent import Agent, action
from common.configuration import Configuration
from common.contracts.speech import (
    INTERRUPTS,
    SPEAKING,
    SPOKEN_AUDIO,
    AudioChunk,
    Saying,
    SayRequest,
    SpeakingChanged,
    SpeakingStopped,
    SpeakRequest,
    Spoken,
    StopSpeakingRequest,
)
from common.messages import ActionError, ErrorCode
from common.sentences import pieces

if TYPE_CHECKING:
    from agents.audio_interface.sound_device import Loudspeaker

MAX_SESSIONS: Final = 32
SYNTHESIS_SECONDS: Final = 30.0


class SpeakingConfiguration(Configuration):
    """Where it is played: nowhere but in events, or on the machine's loudspeaker, too."""

    device: Literal["none", "loudspeaker"] = "none"


class StreamingTTSAgent(Agent):
    """Say each session's texts one after the other, in real time."""

    topics = (SPEAKING, SPOKEN_AUDIO)
    configuration = SpeakingConfiguration

    async def start(self) -> None:
        """Begin to listen for interrupts."""
        self._lines: dict[str, SpeechLine] = {}
        self._count = 0
        self._device: str = self.configured(SpeakingConfiguration).device
        self.spawn(self._hear_interrupts(), "interrupts")

    @action
    async def speak(self, request: SayRequest) -> Saying:
        """Say a text after what waits already."""
        line = self._lines.get(request.session_id)
        if line is None and len(self._lines) >= MAX_SESSIONS:
            message = f"expected at most {MAX_SESSIONS} sessions that are spoken to"
            raise ActionError(ErrorCode.OVERLOADED, message)
        is_new = line is None
        line = line or SpeechLine()
        self._count += 1
        utterance_id = f"utterance-{self._count:06d}"
        waiting = line.put(utterance_id, request)
        if is_new:
            self._lines[request.session_id] = line
            self.spawn(self._run(request.session_id, line), f"say {request.session_id[:40]}")
        return Saying(utterance_id=utterance_id, waiting=waiting)

    @action
    async def stop_speaking(self, request: StopSpeakingRequest) -> SpeakingStopped:
        """Stop what is being said to a session, and drop what waits."""
        return SpeakingStopped(dropped=self._stop(request.session_id))

    @action
    async def get_status(self, request: SessionRequest) -> SpeakingStatus:
        """Say what is being said to a session, and what waits."""
        line = self._lines.get(request.session_id, SpeechLine())
        said = (line.current,) if line.current else ()
        waiting = tuple(
            Utterance(utterance_id=name, text=each.text) for name, each in (*said, *line.waiting)
        )
        return SpeakingStatus(
            session_id=request.session_id,
            speaking=line.current is not None,
            waiting=waiting,
            device=self._device,
        )

    def _stop(self, session_id: str) -> int:
        line = self._lines.get(session_id)
        return line.drop() if line is not None else 0

    async def _hear_interrupts(self) -> None:
        async for delivery in self.peers.subscribe(INTERRUPTS):
            if dropped := self._stop(delivery.event.session_id):
                self.log.info("interrupted", extra={"dropped": dropped})

    async def _run(self, session_id: str, line: SpeechLine) -> None:
        try:
            while (request := line.next()) is not None:
                line.saying = asyncio.create_task(self._say(session_id, request))
                await asyncio.wait((line.saying,))
                if not line.saying.cancelled():
                    line.saying.result()
        finally:
            del self._lines[session_id]
            if line.saying is not None:
                line.saying.cancel()

    async def _say(self, session_id: str, request: SayRequest) -> None:
        self._tell(session_id, True, request.text)
        speaker = await self._speaker()
        stopped, at = True, 0.0
        due = self.clock.monotonic()
        try:
            async for pcm, rate in self._sounds(request):
                due = max(due, self.clock.monotonic())
                for piece in chunks(pcm, rate):
                    self._publish(session_id, piece, rate, at)
                    if speaker is not None:
                        await asyncio.to_thread(speaker.play, piece, rate)
                    at += seconds_of(piece, rate)
                    due += seconds_of(piece, rate)
                    await self.clock.sleep(due - self.clock.monotonic())
            stopped = False
        finally:
            if speaker is not None:
                speaker.stop()
            self._publish(session_id, b"", 16_000, at, last=True)
            self._tell(session_id, False, request.text, stopped=stopped)

    async def _sounds(self, request: SayRequest) -> AsyncIterator[tuple[bytes, int]]:
        """Make the next sentence while the one before is being heard."""
        sentences = pieces(request.text)
        making = [asyncio.create_task(self._make(text, request)) for text in sentences[:1]]
        try:
            for text in (*sentences[1:], None):
                made = await making[-1] if making else None
                making = [asyncio.create_task(self._make(text, request))] if text else []
                if made is not None:
                    yield made
        finally:
            for task in making:
                task.cancel()

    async def _make(self, text: str, request: SayRequest) -> tuple[bytes, int] | None:
        asked = SpeakRequest(text=text, settings=request.settings)
        try:
            spoken = await self.peers.call(
                "tts_service", "speak", asked, Spoken, timeout=SYNTHESIS_SECONDS
            )
            return await asyncio.to_thread(pcm_of, spoken.audio)
        except ActionError as error:
            self.log.warning("a sentence was not said: %s", error)
            return None

    async def _speaker(self) -> Loudspeaker | None:
        if self._device != "loudspeaker":
            return None
        from agents.audio_interface.sound_device import DeviceError, Loudspeaker

        try:
            return await asyncio.to_thread(Loudspeaker)
        except DeviceError as error:
            self._device = f"none: {error}"
            self.log.warning("no loudspeaker: %s", error)
            return None

    def _tell(self, session_id: str, speaking: bool, text: str, *, stopped: bool = False) -> None:
        event = SpeakingChanged(
            session_id=session_id, speaking=speaking, text=text, stopped=stopped
        )
        self.events.publish(SPEAKING, event)

    def _publish(
        self, session_id: str, pcm: bytes, rate: int, at: float, *, last: bool = False
    ) -> None:
        chunk = AudioChunk(session_id=session_id, start=at, sample_rate=rate, pcm=pcm, last=last)
        self.events.publish(SPOKEN_AUDIO, chunk)
