"""
Responder: builds the final answer with tone and face context and passes it on to be spoken.

Wording is made by wording; what is kept between answers is made by conversation_context.
"""

from __future__ import annotations

from agents.language_processing.conversation_context import ConversationContext
from agents.language_processing.directory import is_serving
from agents.language_processing.wording import MAX_SPOKEN, shorten, word
from common.agent import Agent, action
from common.contracts.language import (
    EventTaken,
    EventType,
    GetStateRequest,
    Mood,
    NotifyEventRequest,
    ResponderState,
    RespondRequest,
    SpeakRequest,
    StopSpeakingRequest,
    Wording,
)
from common.messages import ActionError, Done, Request

VOICE = "streaming_tts_agent"
VOICE_SECONDS = 2.0
DEFAULT_SESSION = "default"
DROPPED = "You stopped me, so I dropped what I was saying."
MIN_FACE_CONFIDENCE = 0.5


class Responder(Agent):
    """Word answers; keep who was seen, how they feel and what waits to be spoken."""

    async def start(self) -> None:
        """Take up the context that has not expired."""
        self._context = ConversationContext(self.store, self.clock)

    @action
    async def respond(self, request: RespondRequest) -> Wording:
        """Return the final wording, and hand it to the voice when there is one."""
        session = request.session_id or DEFAULT_SESSION
        known = await self._context.read(session)
        mood = request.mood if request.mood is not Mood.NEUTRAL else known.mood or Mood.NEUTRAL
        dropped = await self._context.take_interrupt(session)
        worded = word(
            request.text,
            mood=mood,
            intent=request.intent,
            face=request.face or known.face,
            notice=DROPPED if dropped else "",
        )
        spoken = request.speak and await self._speak(session, worded.text)
        return Wording(
            text=worded.text,
            mood=mood,
            addressed=worded.addressed,
            interrupted=dropped > 0,
            truncated=worded.truncated,
            spoken=spoken,
        )

    @action
    async def notify_event(self, request: NotifyEventRequest) -> EventTaken:
        """Take note of a face, a mood, an interrupt or the end of speech."""
        session = request.session_id
        match request.type:
            case EventType.FACE_DETECTED if request.confidence < MIN_FACE_CONFIDENCE:
                # Greeting a stranger by a wrong name is worse than by none.
                return EventTaken(expires_at=self.clock.now())
            case EventType.FACE_DETECTED:
                return EventTaken(expires_at=await self._context.see(session, request.name or ""))
            case EventType.MOOD_DETECTED:
                mood = request.mood or Mood.NEUTRAL
                return EventTaken(expires_at=await self._context.feel(session, mood))
            case EventType.SPEECH_FINISHED:
                await self._context.finish_speech(session)
                return EventTaken(expires_at=self.clock.now())
        dropped, expires_at = await self._context.interrupt(session, request.reason)
        await self._tell_voice("stop_speaking", StopSpeakingRequest(session_id=session))
        return EventTaken(expires_at=expires_at, dropped_speech=dropped)

    @action
    async def get_state(self, request: GetStateRequest) -> ResponderState:
        """Return the context of a session that has not expired."""
        return await self._context.read(request.session_id)

    async def _speak(self, session: str, text: str) -> bool:
        spoken = shorten(text, MAX_SPOKEN)
        await self._context.add_speech(session, spoken)
        return await self._tell_voice("speak", SpeakRequest(text=spoken, session_id=session))

    async def _tell_voice(self, wish: str, request: Request) -> bool:
        if not is_serving(self.peers, VOICE):
            return False
        try:
            await self.peers.call(VOICE, wish, request, Done, timeout=VOICE_SECONDS)
        except ActionError as error:
            # The text is an answer too: a voice that fails must not take it away.
            self.log.warning("%s did not %s: %s", VOICE, wish, error)
            return False
        return True
