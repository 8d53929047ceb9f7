"""
HumanAwarenessAgent: whether somebody is there, who, and how they seem to feel.

What signs are worth is in `presence`; seeing and hearing belong to other agents.
"""

from __future__ import annotations

from agents.emotion_system.presence import Signs
from common.agent import Agent, action
from common.contracts.coordination import INTERACTIONS
from common.contracts.emotion import (
    ANYBODY,
    PRESENCE,
    EmotionalState,
    EmotionalStateReply,
    EmotionQuery,
    HumanEmotion,
    NoteSignRequest,
    Presence,
    PresenceChanged,
    SignKind,
)
from common.contracts.speech import SPEECH_MARKS, SpeechMark
from common.contracts.vision import FACES
from common.messages import ActionError, Query

ENGINE = "emotion_engine"
ENGINE_SECONDS = 2.0
LOOK_SECONDS = 5.0


class HumanAwarenessAgent(Agent):
    """Take in signs of people, and tell when somebody comes or seems to be gone."""

    topics = (PRESENCE,)

    async def start(self) -> None:
        """Begin to watch, with nobody there."""
        self._signs = Signs()
        self._was_present = False
        self.spawn(self._see(), "faces")
        self.spawn(self._hear(), "speech")
        self.spawn(self._talk(), "conversations")
        self.spawn(self._look_again(), "absence")

    async def state_cleared(self) -> None:
        """Forget every sign."""
        self._signs = Signs()
        self._was_present = False

    @action
    async def get_presence(self, request: Query) -> Presence:
        """Say how likely somebody is there, who, and how long nothing was heard of them."""
        return self._signs.picture(self.clock.now())

    @action
    async def note_sign(self, request: NoteSignRequest) -> Presence:
        """Take in a sign that another sense has seen."""
        self._note(request.kind, request.confidence, request.person.strip())
        return self._signs.picture(self.clock.now())

    @action
    async def get_emotion(self, request: EmotionQuery) -> HumanEmotion:
        """Say how a user seems to feel, as far as the emotion engine knows."""
        state, known = EmotionalState(), True
        try:
            reply = await self.peers.call(
                ENGINE,
                "get_emotional_state",
                request,
                EmotionalStateReply,
                timeout=ENGINE_SECONDS,
            )
            state = reply.state
        except ActionError as error:
            self.log.warning("emotion engine did not answer: %s", error)
            known = False
        presence = self._signs.probability(self.clock.now())
        return HumanEmotion(user_id=request.user_id, state=state, known=known, presence=presence)

    def _note(self, kind: SignKind, confidence: float = 1.0, person: str = "") -> None:
        self._signs.note(kind, self.clock.now(), confidence, person[:200])
        self._tell_change(person[:200])

    def _tell_change(self, person: str = "") -> None:
        now = self.clock.now()
        picture = self._signs.picture(now)
        if picture.present is self._was_present:
            return
        self._was_present = picture.present
        changed = PresenceChanged(
            present=picture.present, probability=picture.probability, person=person, at=now
        )
        self.events.publish(PRESENCE, changed)

    async def _see(self) -> None:
        async for delivery in self.peers.subscribe(FACES):
            self._note(SignKind.FACE, delivery.event.confidence, delivery.event.person)

    async def _hear(self) -> None:
        async for delivery in self.peers.subscribe(SPEECH_MARKS):
            if delivery.event.mark is not SpeechMark.END:
                self._note(SignKind.SPEECH, delivery.event.probability)

    async def _talk(self) -> None:
        async for delivery in self.peers.subscribe(INTERACTIONS):
            user = delivery.event.user_id
            self._note(SignKind.INTERACTION, person="" if user == ANYBODY else user)

    async def _look_again(self) -> None:
        while True:
            await self.clock.sleep(LOOK_SECONDS)
            self._tell_change()
