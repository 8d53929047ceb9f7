"""
EmpathyAgent: voice settings and wording that fit how the user feels.

Words and voices are data in `empathic_wording`; what the user feels, the emotion engine knows.
"""

from __future__ import annotations

from agents.emotion_system.empathic_wording import voice_for, worded
from agents.emotion_system.feelings import faded
from common.agent import Agent, action
from common.contracts.emotion import (
    EMOTIONS,
    EmotionalState,
    EmotionalStateReply,
    EmotionQuery,
    EmpathicSpeech,
    EmpathicSpeechRequest,
    EmpathicWording,
    EmpathyHealth,
    EmpathyReply,
    EmpathyRequest,
    UpdateEmotionRequest,
)
from common.contracts.speech import Saying, SayRequest
from common.messages import ActionError, Query
from common.newest import Newest

ENGINE = "emotion_engine"
MOUTH = "streaming_tts_agent"
ENGINE_SECONDS = 2.0
MAX_USERS = 1_000


class EmpathyAgent(Agent):
    """Word answers for how a user feels; without the engine, for what was heard of it last."""

    async def start(self) -> None:
        """Listen to the emotion engine."""
        self._heard: Newest[str, EmotionalState] = Newest(MAX_USERS)
        self._worded = 0
        self._answers = True
        self.spawn(self._follow(), "emotions")

    async def state_cleared(self) -> None:
        """Forget what was heard."""
        self._heard.clear()

    @action
    async def get_voice_settings(self, request: EmpathyRequest) -> EmpathyReply:
        """Say how to speak to a user now."""
        state = await self._state(request.user_id)
        return EmpathyReply(emotion=state.emotion, settings=voice_for(state))

    @action
    async def choose_wording(self, request: EmpathyRequest) -> EmpathicWording:
        """Surround a text with words that fit; the text itself stays as it is."""
        state = await self._state(request.user_id)
        self._worded += 1
        return EmpathicWording(
            text=worded(request.text, state), emotion=state.emotion, settings=voice_for(state)
        )

    @action
    async def speak_with_empathy(self, request: EmpathicSpeechRequest) -> EmpathicSpeech:
        """Word a text for a user and have it spoken in the voice that fits."""
        state = await self._state(request.user_id)
        text = worded(request.text, state)
        self._worded += 1
        say = SayRequest(text=text, session_id=request.session_id, settings=voice_for(state))
        spoken = True
        try:
            await self.peers.call(MOUTH, "speak", say, Saying)
        except ActionError as error:
            self.log.warning("nobody spoke it: %s", error)
            spoken = False
        return EmpathicSpeech(text=text, emotion=state.emotion, spoken=spoken)

    @action
    async def update_emotional_state(self, request: UpdateEmotionRequest) -> EmotionalStateReply:
        """Hand a feeling that was noticed on to the emotion engine; answer what it made of it."""
        reply = await self.peers.call(
            ENGINE, "update_emotional_state", request, EmotionalStateReply, timeout=ENGINE_SECONDS
        )
        self._heard[request.user_id] = reply.state
        return reply

    @action
    async def get_health(self, request: Query) -> EmpathyHealth:
        """Say whether the engine answers, and what was done."""
        await self._state("anonymous")
        return EmpathyHealth(
            status="ok" if self._answers else "degraded",
            engine_answers=self._answers,
            users_known=len(self._heard),
            texts_worded=self._worded,
        )

    async def _state(self, user_id: str) -> EmotionalState:
        try:
            reply = await self.peers.call(
                ENGINE,
                "get_emotional_state",
                EmotionQuery(user_id=user_id),
                EmotionalStateReply,
                timeout=ENGINE_SECONDS,
            )
        except ActionError as error:
            self.log.warning("emotion engine did not answer: %s", error)
            self._answers = False
            return faded(self._heard.get(user_id) or EmotionalState(), self.clock.now())
        self._answers = True
        return reply.state

    async def _follow(self) -> None:
        async for delivery in self.peers.subscribe(EMOTIONS):
            self._heard[delivery.event.user_id] = delivery.event.state
