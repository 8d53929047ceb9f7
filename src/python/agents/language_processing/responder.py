"""
Responder: builds the final answer with tone and face context and passes it on to be spoken.

Wording is made by wording, the tone chosen by answer_tone; what is kept between answers is kept by
conversation_context.
"""

from __future__ import annotations

from typing import TypeVar

from agents.language_processing.answer_tone import chosen, tone_for
from agents.language_processing.conversation_context import ConversationContext
from agents.language_processing.directory import is_serving
from agents.language_processing.wording import MAX_SPOKEN, shorten, word
from common.agent import Agent, action
from common.contracts.emotion import EMOTIONS
from common.contracts.language import (
    EventTaken,
    EventType,
    GetStateRequest,
    Intent,
    Mood,
    NotifyEventRequest,
    ResponderState,
    RespondRequest,
    Wording,
)
from common.contracts.speech import (
    DEFAULT_SESSION,
    INTERRUPTS,
    Saying,
    SayRequest,
    SpeakingStopped,
    StopSpeakingRequest,
)
from common.contracts.vision import FACES, FaceSeen
from common.messages import ActionError, Reply, Request

VOICE = "streaming_tts_agent"
VOICE_SECONDS = 2.0
DROPPED = "You stopped me, so I dropped what I was saying."
MIN_FACE_CONFIDENCE = 0.5

R = TypeVar("R", bound=Reply)


class Responder(Agent):
    """Word answers; keep who was seen, how they feel and what waits to be spoken."""

    async def start(self) -> None:
        """Take up the context that has not expired, and hear what happens around."""
        self._context = ConversationContext(self.store, self.clock)
        self.spawn(self._watch_faces(), "faces")
        self.spawn(self._watch_feelings(), "feelings")
        self.spawn(self._watch_interrupts(), "interrupts")

    @action
    async def respond(self, request: RespondRequest) -> Wording:
        """Return the final wording, and hand it to the voice when there is one."""
        session = request.session_id or DEFAULT_SESSION
        known = await self._context.read(session)
        felt = await self._context.mood_of(request.user_id) if request.user_id else None
        mood = chosen(request.mood, known.mood, felt)
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
        stop = StopSpeakingRequest(session_id=session, reason=request.reason)
        await self._tell_voice("stop_speaking", stop, SpeakingStopped)
        return EventTaken(expires_at=expires_at, dropped_speech=dropped)

    @action
    async def get_state(self, request: GetStateRequest) -> ResponderState:
        """Return the context of a session that has not expired."""
        return await self._context.read(request.session_id)

    async def _watch_faces(self) -> None:
        async for delivery in self.peers.subscribe(FACES):
            await self._greet(delivery.event)

    async def _watch_feelings(self) -> None:
        async for delivery in self.peers.subscribe(EMOTIONS):
            tone = tone_for(delivery.event.state)
            await self._context.note_feeling(delivery.event.user_id, tone)

    async def _watch_interrupts(self) -> None:
        # Who noticed the interrupt stops the voice; here it is only remembered.
        async for delivery in self.peers.subscribe(INTERRUPTS):
            await self._context.interrupt(delivery.event.session_id, delivery.event.reason)

    async def _greet(self, seen: FaceSeen) -> None:
        if seen.confidence < MIN_FACE_CONFIDENCE:
            return
        before = (await self._context.read(seen.session_id)).face
        await self._context.see(seen.session_id, seen.person)
        if before != seen.person:
            hello = word("Hello!", intent=Intent.GREETING, face=seen.person)
            await self._speak(seen.session_id, hello.text)

    async def _speak(self, session: str, text: str) -> bool:
        spoken = shorten(text, MAX_SPOKEN)
        await self._context.add_speech(session, spoken)
        return await self._tell_voice("speak", SayRequest(text=spoken, session_id=session), Saying)

    async def _tell_voice(self, wish: str, request: Request, reply: type[R]) -> bool:
        if not is_serving(self.peers, VOICE):
            return False
        try:
            await self.peers.call(VOICE, wish, request, reply, timeout=VOICE_SECONDS)
        except ActionError as error:
            # The text is an answer too: a voice that fails must not take it away.
            self.log.warning("%s did not %s: %s", VOICE, wish, error)
            return False
        return True
