"""
StreamingSpeechRecognition: publishes live transcripts of what is said in the clean sound.

Understands nothing itself: stt_service does.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import Final

from agents.audio_interface.audio_messages import RecognitionStatus, SessionRequest
from agents.audio_interface.chunks import expect_pcm
from agents.audio_interface.live_transcript import LiveTranscript
from agents.audio_interface.utterances import Utterance
from common.agent import Agent, action
from common.configuration import Configuration
from common.contracts.speech import (
    CLEAN_AUDIO,
    SPEECH_MARKS,
    TRANSCRIPTS,
    WAKE_WORDS,
    AudioItem,
    TranscribeStreamRequest,
    TranscriptHeard,
    TranscriptItem,
)
from common.messages import ActionError, Query

MAX_SESSIONS: Final = 32
PARTIAL_SECONDS: Final = 0.5
AWAKE_SECONDS: Final = 8.0


class RecognitionConfiguration(Configuration):
    """Whether only what follows a wake word is understood."""

    wake_word_required: bool = False


class _Session:
    """What one session says, and how much of it was told."""

    def __init__(self) -> None:
        self.utterance = Utterance()
        self.live: LiveTranscript | None = None
        self.awake_until = 0.0
        self.told_at = 0.0


class StreamingSpeechRecognition(Agent):
    """Transcribe each utterance while it is being said."""

    topics = (TRANSCRIPTS,)
    configuration = RecognitionConfiguration

    async def start(self) -> None:
        """Begin to listen."""
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._transcripts = self._failures = 0
        self.spawn(self._hear_audio(), "clean audio")
        self.spawn(self._hear_marks(), "speech marks")
        self.spawn(self._hear_wake_words(), "wake words")

    @action
    async def recognise_stream(
        self, request: SessionRequest, incoming: AsyncIterator[AudioItem]
    ) -> AsyncIterator[TranscriptItem]:
        """Give what is understood of a stream, and publish it as the session's transcripts."""
        async with self.peers.stream(
            "stt_service", "transcribe_stream", TranscribeStreamRequest(), TranscriptItem
        ) as stream:

            async def pass_on() -> None:
                async for item in incoming:
                    await stream.send(item)
                await stream.end()

            passing = asyncio.create_task(pass_on())
            try:
                async for item in stream:
                    self._publish(request.session_id, item, 0.0)
                    yield item
            finally:
                passing.cancel()
                await asyncio.gather(passing, return_exceptions=True)

    @action
    async def get_status(self, request: Query) -> RecognitionStatus:
        """Say who is heard, who speaks, and how much was understood."""
        speaking = (name for name, each in self._sessions.items() if each.utterance.is_open)
        return RecognitionStatus(
            sessions=tuple(sorted(self._sessions)),
            listening=tuple(sorted(speaking)),
            transcripts=self._transcripts,
            failures=self._failures,
            wake_word_required=self.configured(RecognitionConfiguration).wake_word_required,
        )

    async def _hear_audio(self) -> None:
        async for delivery in self.peers.subscribe(CLEAN_AUDIO):
            chunk = delivery.event
            try:
                expect_pcm(chunk.pcm)
            except ActionError as error:
                self.log.warning("a chunk was left out: %s", error)
                continue
            session = self._session(chunk.session_id)
            pcm = session.utterance.hear(chunk)
            if session.live is not None:
                session.live.feed(pcm)
            if session.utterance.is_over or (chunk.last and session.utterance.is_open):
                self._close(session)

    async def _hear_marks(self) -> None:
        async for delivery in self.peers.subscribe(SPEECH_MARKS):
            session = self._session(delivery.event.session_id)
            was_open = session.utterance.is_open
            pcm = session.utterance.mark(delivery.event)
            if session.utterance.is_open and not was_open and self._is_awake(session):
                self._open(delivery.event.session_id, session, pcm)
            if session.utterance.is_over:
                self._close(session)

    async def _hear_wake_words(self) -> None:
        async for delivery in self.peers.subscribe(WAKE_WORDS):
            session = self._session(delivery.event.session_id)
            session.awake_until = self.clock.monotonic() + AWAKE_SECONDS

    def _is_awake(self, session: _Session) -> bool:
        required = self.configured(RecognitionConfiguration).wake_word_required
        return not required or self.clock.monotonic() <= session.awake_until

    def _session(self, session_id: str) -> _Session:
        found = self._sessions.setdefault(session_id, _Session())
        self._sessions.move_to_end(session_id)
        while len(self._sessions) > MAX_SESSIONS:
            _, oldest = self._sessions.popitem(last=False)
            self._close(oldest)
        return found

    def _open(self, session_id: str, session: _Session, pcm: bytes) -> None:
        start = session.utterance.start
        session.told_at = start

        def tell(item: TranscriptItem) -> None:
            at = start + item.seconds
            if item.final or (item.text and at - session.told_at >= PARTIAL_SECONDS):
                session.told_at = at
                self._publish(session_id, item, start)

        session.live = LiveTranscript(self.peers, tell)
        session.live.feed(pcm)
        self.spawn(self._run(session.live), f"utterance of {session_id[:40]}")

    def _close(self, session: _Session) -> None:
        session.utterance.close()
        if session.live is not None:
            session.live.end()
            session.live = None

    async def _run(self, live: LiveTranscript) -> None:
        try:
            await live.run()
        except ActionError as error:
            self._failures += 1
            self.log.warning("an utterance was not understood: %s", error)

    def _publish(self, session_id: str, item: TranscriptItem, start: float) -> None:
        if not item.text:
            return
        self._transcripts += 1
        event = TranscriptHeard(
            session_id=session_id,
            text=item.text,
            final=item.final,
            confidence=item.confidence,
            start=start,
            end=start + item.seconds,
        )
        self.events.publish(TRANSCRIPTS, event)
