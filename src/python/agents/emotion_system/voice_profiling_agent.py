"""
VoiceProfilingAgent: enrols speakers and tells later voices apart.

Measuring voices is in `voice_prints`, keeping and comparing them in `voice_album`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from common.agent import Agent, action
from common.contracts.speakers import (
    EnrollSpeakerRequest,
    ForgetSpeakerRequest,
    IdentifySpeakerRequest,
    SpeakerEnrolled,
    SpeakerForgotten,
    SpeakerIdentified,
    Speakers,
)
from common.messages import ActionError, ErrorCode, Query

if TYPE_CHECKING:  # importing them needs numpy
    from agents.emotion_system.voice_album import VoiceAlbum
    from agents.emotion_system.voice_prints import VoicePrint

MAX_BYTES = 24_000_000
FOLDER = "voices"


class VoiceProfilingAgent(Agent):
    """Learn voices by name, and name the voice of a recording."""

    async def start(self) -> None:
        """Leave the album closed until it is needed."""
        self._opened: VoiceAlbum | None = None
        self._working = asyncio.Lock()

    async def state_cleared(self) -> None:
        """Forget the voices, too: they are files, not documents."""
        async with self._working:
            album = await self._album()
            await asyncio.to_thread(album.clear)

    @action
    async def enroll_speaker(self, request: EnrollSpeakerRequest) -> SpeakerEnrolled:
        """Learn a recording of a speaker; more of them make the speaker better known."""
        async with self._working:
            album = await self._album()
            heard = await _heard(request.audio)
            name = request.speaker.strip()
            enrolled = await asyncio.to_thread(album.enroll, name, heard)
        return SpeakerEnrolled(enrolled=enrolled)

    @action
    async def identify_speaker(self, request: IdentifySpeakerRequest) -> SpeakerIdentified:
        """Say whose voice a recording has, or that it is nobody's who is known."""
        async with self._working:
            album = await self._album()
            heard = await _heard(request.audio)
            best, candidates = await asyncio.to_thread(album.identify, heard)
        return SpeakerIdentified(
            speaker=best.speaker if best else None,
            confidence=best.score if best else 0.0,
            candidates=candidates,
        )

    @action
    async def list_speakers(self, request: Query) -> Speakers:
        """Return who is known."""
        async with self._working:
            return Speakers(speakers=(await self._album()).speakers())

    @action
    async def forget_speaker(self, request: ForgetSpeakerRequest) -> SpeakerForgotten:
        """Forget the voice of a speaker."""
        async with self._working:
            album = await self._album()
            forgotten = await asyncio.to_thread(album.forget, request.speaker.strip())
        return SpeakerForgotten(forgotten=forgotten)

    async def _album(self) -> VoiceAlbum:
        if self._opened is None:
            folder = self.state_directory / FOLDER

            def opened() -> VoiceAlbum:
                from agents.emotion_system.voice_album import VoiceAlbum

                return VoiceAlbum(folder)

            self._opened = await asyncio.to_thread(opened)
        return self._opened


async def _heard(audio: bytes) -> VoicePrint:
    if len(audio) > MAX_BYTES:
        message = f"expected at most {MAX_BYTES} bytes, found {len(audio)}"
        raise ActionError(ErrorCode.INVALID, message, "audio")

    def measured() -> VoicePrint:
        from agents.emotion_system.voice_prints import print_of

        return print_of(audio)

    return await asyncio.to_thread(measured)
