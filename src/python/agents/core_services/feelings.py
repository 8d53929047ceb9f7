"""
Feelings: those of the user are noted, and answered in kind.

Both are soft: without them an answer is plain. No lexicon and no wording may enter.
"""

from __future__ import annotations

from typing import Final

from agents.core_services.question import Question
from agents.core_services.worker_calls import Trace, WorkerCalls
from common.contracts import emotion as e
from common.contracts.coordination import Submission
from common.contracts.speech import VoiceSettings

ENGINE: Final = "emotion_engine"
EMPATHY: Final = "empathy_agent"


class Feelings:
    """Ask who reads feelings, and who answers them."""

    def __init__(self, calls: WorkerCalls) -> None:
        self._calls = calls

    async def of(self, request: Submission, text: str, trace: Trace) -> e.Emotion:
        """Let a text change what the user seems to feel, and return that."""
        said = e.UpdateEmotionRequest(
            user_id=request.user_id, text=text, source="request_coordinator"
        )
        found = await self._calls.ask_if_there(
            trace, ENGINE, "update_emotional_state", said, e.EmotionalStateReply
        )
        emotion = found.state.emotion if found is not None else e.Emotion.NEUTRAL
        if emotion is not e.Emotion.NEUTRAL:
            trace.facts["emotion"] = emotion.value
        return emotion

    async def worded(self, question: Question, text: str) -> str:
        """Return an answer as it fits the user's feelings."""
        if question.emotion is e.Emotion.NEUTRAL:
            return text
        wanted = e.EmpathyRequest(user_id=question.request.user_id, text=text)
        found = await self._calls.ask_if_there(
            question.trace, EMPATHY, "choose_wording", wanted, e.EmpathicWording
        )
        return (found.text.strip() or text) if found is not None else text

    async def voice(self, request: Submission, trace: Trace) -> VoiceSettings | None:
        """Return how to speak to the user."""
        wanted = e.EmpathyRequest(user_id=request.user_id)
        found = await self._calls.ask_if_there(
            trace, EMPATHY, "get_voice_settings", wanted, e.EmpathyReply
        )
        return found.settings if found is not None else None
