"""
StreamingInterruptHandler: notices the user speaking over the assistant, so that it stops.

What is an interruption is not known here: barge_in.py decides.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from agents.audio_interface.audio_messages import (
    InterruptDone,
    InterruptHistory,
    InterruptHistoryRequest,
    InterruptRequest,
)
from agents.audio_interface.barge_in import BargeIn
from common.agent import Agent, action
from common.contracts.speech import (
    INTERRUPTS,
    SPEAKING,
    SPEECH_MARKS,
    TRANSCRIPTS,
    Interrupted,
    SpeechMark,
)
from common.newest import Newest

MAX_SESSIONS: Final = 64
KEPT_INTERRUPTS: Final = 100


class StreamingInterruptHandler(Agent):
    """Listen to both sides of each session, and say when they collide."""

    topics = (INTERRUPTS,)

    async def start(self) -> None:
        """Begin to listen."""
        self._sessions: Newest[str, BargeIn] = Newest(MAX_SESSIONS)
        self._history: deque[Interrupted] = deque(maxlen=KEPT_INTERRUPTS)
        self.spawn(self._hear_assistant(), "speaking")
        self.spawn(self._hear_marks(), "speech marks")
        self.spawn(self._hear_words(), "transcripts")

    @action
    async def interrupt(self, request: InterruptRequest) -> InterruptDone:
        """Stop the assistant now, whatever it hears."""
        session = self._session(request.session_id)
        was_speaking = session.is_speaking
        self._tell(request.session_id, session, request.reason)
        return InterruptDone(was_speaking=was_speaking)

    @action
    async def get_interrupts(self, request: InterruptHistoryRequest) -> InterruptHistory:
        """Return the newest interruptions, and who is being spoken to."""
        speaking = (name for name, each in self._sessions.items() if each.is_speaking)
        return InterruptHistory(
            interrupts=tuple(reversed(self._history))[: request.limit],
            speaking=tuple(sorted(speaking)),
            echoes_ignored=sum(each.echoes for each in self._sessions.values()),
        )

    async def _hear_assistant(self) -> None:
        async for delivery in self.peers.subscribe(SPEAKING):
            event = delivery.event
            self._session(event.session_id).assistant(event.speaking, event.text)

    async def _hear_marks(self) -> None:
        async for delivery in self.peers.subscribe(SPEECH_MARKS):
            event = delivery.event
            session = self._session(event.session_id)
            reason = session.speech(event.mark is SpeechMark.END, event.at)
            if reason:
                self._tell(event.session_id, session, reason)

    async def _hear_words(self) -> None:
        async for delivery in self.peers.subscribe(TRANSCRIPTS):
            session = self._session(delivery.event.session_id)
            reason = session.words(delivery.event.text)
            if reason:
                self._tell(delivery.event.session_id, session, reason)

    def _session(self, session_id: str) -> BargeIn:
        found = self._sessions.get(session_id) or BargeIn()
        self._sessions[session_id] = found
        return found

    def _tell(self, session_id: str, session: BargeIn, reason: str) -> None:
        session.interrupted()
        event = Interrupted(session_id=session_id, reason=reason, at=self.clock.now())
        self._history.append(event)
        self.events.publish(INTERRUPTS, event)
        self.log.info("interrupted", extra={"reason": reason})
