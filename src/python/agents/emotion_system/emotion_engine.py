"""
EmotionEngine: what each user seems to feel now, and an event whenever that changes.

How feelings move and fade is in `feelings`, how texts are read in `common.sentiment`. What users
say is told by the request coordinator, which needs the answer before it words its own; its events
are not read here, because every text would count twice.
"""

from __future__ import annotations

import asyncio

from agents.emotion_system.feelings import faded, feeling_of, moved
from common.agent import Agent, action
from common.bounded_documents import BoundedDocuments
from common.contracts.emotion import (
    EMOTIONS,
    EmotionalState,
    EmotionalStateReply,
    EmotionChanged,
    EmotionQuery,
    UpdateEmotionRequest,
)
from common.messages import ActionError, ErrorCode
from common.sentiment import Sentiment, sentiment_of

KEPT_SECONDS = 24 * 3600.0
MAX_USERS = 1_000


class EmotionEngine(Agent):
    """Keep the state of each user, let it fade, and tell when somebody shows a feeling."""

    topics = (EMOTIONS,)

    async def start(self) -> None:
        """Take up who is known."""
        self._moving = asyncio.Lock()
        self._states = BoundedDocuments(
            self.store, self.clock, "states", most=MAX_USERS, seconds=KEPT_SECONDS
        )
        await self._states.load()

    async def state_cleared(self) -> None:
        """Forget who is known."""
        await self._states.load()

    @action
    async def get_emotional_state(self, request: EmotionQuery) -> EmotionalStateReply:
        """Say what a user feels by now; who was never heard of is neutral."""
        state = await self._state(request.user_id)
        return EmotionalStateReply(user_id=request.user_id, state=state)

    @action
    async def update_emotional_state(self, request: UpdateEmotionRequest) -> EmotionalStateReply:
        """Move the state by a feeling that was seen, or by one that a text shows."""
        if request.emotion is not None:
            felt = feeling_of(request.emotion, request.intensity)
        elif request.text.strip():
            felt = await asyncio.to_thread(sentiment_of, request.text)
        else:
            raise ActionError(ErrorCode.INVALID, "expected a text or an emotion, found neither")
        state = await self._move(request.user_id, felt, request.source)
        return EmotionalStateReply(user_id=request.user_id, state=state)

    async def _state(self, user_id: str) -> EmotionalState:
        document = await self._states.get(user_id)
        kept = EmotionalState.model_validate(document) if document else EmotionalState()
        return faded(kept, self.clock.now())

    async def _move(self, user_id: str, felt: Sentiment, source: str) -> EmotionalState:
        async with self._moving:
            before = await self._state(user_id)
            state = moved(before, felt, self.clock.now())
            await self._states.put(user_id, state.model_dump(mode="json"))
        changed = EmotionChanged(user_id=user_id, state=state, before=before, source=source)
        self.events.publish(EMOTIONS, changed)
        return state
