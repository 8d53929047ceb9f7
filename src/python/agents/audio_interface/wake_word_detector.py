"""
WakeWordDetector: publishes when it hears the wake word in the clean sound.

How words are spotted is not known here; keyword_spotter.py is imported with the first sound.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from pydantic import Field

from agents.audio_interface.audio_messages import (
    Detected,
    DetectRequest,
    WakeWordHit,
    WakeWordSettings,
    WakeWordStatus,
)
from agents.audio_interface.chunks import expect_pcm
from common.agent import Agent, action
from common.configuration import Configuration
from common.contracts.speech import CLEAN_AUDIO, WAKE_WORDS, AudioChunk, WakeWordHeard
from common.messages import ActionError, Query
from common.newest import Newest

if TYPE_CHECKING:
    from agents.audio_interface.keyword_spotter import Hit, KeywordSpotter

MAX_SESSIONS: Final = 8


class WakeWordConfiguration(Configuration):
    """The phrase to listen for, and how sure it must be: a lower threshold hears it more often."""

    word: str = Field(default="computer", pattern=r"^[A-Za-z' ]+$", max_length=60)
    threshold: float = Field(default=1e-20, ge=1e-60, le=1.0)


class WakeWordDetector(Agent):
    """Listen to each session's stream for itself."""

    topics = (WAKE_WORDS,)
    configuration = WakeWordConfiguration

    async def start(self) -> None:
        """Begin to listen."""
        configured = self.configured(WakeWordConfiguration)
        self._word = configured.word.lower()
        self._threshold = configured.threshold
        self._spotters: Newest[str, tuple[KeywordSpotter, float]] = Newest(MAX_SESSIONS)
        self._heard = 0
        self.spawn(self._listen(), "clean audio")

    @action
    async def get_status(self, request: Query) -> WakeWordStatus:
        """Say what it listens for, and how often it was heard."""
        return self._status()

    @action
    async def set_wake_word(self, request: WakeWordSettings) -> WakeWordStatus:
        """Listen for another phrase, until the next start."""
        word = " ".join(request.word.lower().split())
        await asyncio.to_thread(_expect_known, word)
        self._word, self._threshold = word, request.threshold
        self._spotters.clear()
        return self._status()

    @action
    async def detect(self, request: DetectRequest) -> Detected:
        """Find the wake word in a WAV file."""
        hits = await asyncio.to_thread(_spot, request.audio, self._word, self._threshold)
        found = (WakeWordHit(word=self._word, at=hit.at, score=hit.score) for hit in hits)
        return Detected(hits=tuple(found))

    async def _listen(self) -> None:
        async for delivery in self.peers.subscribe(CLEAN_AUDIO):
            try:
                await self._take(delivery.event)
            except ActionError as error:
                self.log.warning("a chunk was left out: %s", error)

    async def _take(self, chunk: AudioChunk) -> None:
        expect_pcm(chunk.pcm)
        kept = self._spotters.get(chunk.session_id)
        if kept is None or chunk.start == 0.0:
            made = await asyncio.to_thread(_new_spotter, self._word, self._threshold)
            kept = made, chunk.start
        if chunk.last:
            self._spotters.pop(chunk.session_id, None)
        else:
            self._spotters[chunk.session_id] = kept
        spotter, began = kept
        hit = await asyncio.to_thread(_hear, spotter, chunk)
        if hit is not None:
            self._tell(chunk.session_id, began + hit.at, hit.score)

    def _tell(self, session_id: str, at: float, score: float) -> None:
        self._heard += 1
        event = WakeWordHeard(session_id=session_id, word=self._word, at=at, score=score)
        self.events.publish(WAKE_WORDS, event)

    def _status(self) -> WakeWordStatus:
        return WakeWordStatus(word=self._word, threshold=self._threshold, heard=self._heard)


def _new_spotter(word: str, threshold: float) -> KeywordSpotter:
    from agents.audio_interface.keyword_spotter import KeywordSpotter

    return KeywordSpotter(word, threshold)


def _expect_known(word: str) -> None:
    from agents.audio_interface.keyword_spotter import expect_known

    expect_known(word)


def _hear(spotter: KeywordSpotter, chunk: AudioChunk) -> Hit | None:
    from common.sound import from_pcm

    return spotter.take(from_pcm(chunk.pcm, chunk.sample_rate))


def _spot(audio: bytes, word: str, threshold: float) -> tuple[Hit, ...]:
    from agents.audio_interface.keyword_spotter import spot
    from common.sound import read_wav

    return spot(read_wav(audio), word, threshold)
