"""
EmotionSynthesisAgent: rewrites a text so that it carries a feeling.

What a feeling sounds like is data in emotional_wording. Facts, numbers and names never change.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from agents.language_processing.emotional_wording import FAINT, MANNERS, reword
from common.agent import Agent, action
from common.contracts.emotion import Emotion, SynthesizedEmotion, SynthesizeEmotionRequest
from common.messages import Query, Reply


class EmotionManner(BaseModel):
    """What one feeling adds to a text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    emotion: Emotion
    openings: tuple[str, ...]
    closings: tuple[str, ...]


class EmotionList(Reply):
    """Answer `list_emotions`; below `faint` a text stays as it is."""

    emotions: tuple[EmotionManner, ...]
    faint: float
    synthesized: int


class EmotionSynthesisAgent(Agent):
    """Give texts a feeling."""

    async def start(self) -> None:
        """Begin to count."""
        self._synthesized = 0

    @action
    async def synthesize_emotion(self, request: SynthesizeEmotionRequest) -> SynthesizedEmotion:
        """Return the text with a feeling of this intensity."""
        text = reword(request.text, request.emotion, request.intensity)
        changed = text != request.text
        self._synthesized += changed
        return SynthesizedEmotion(text=text, emotion=request.emotion, changed=changed)

    @action
    async def list_emotions(self, request: Query) -> EmotionList:
        """Say which feelings a text can carry, and how they sound."""
        emotions = tuple(
            EmotionManner(
                emotion=emotion,
                openings=tuple(one for degree in manner.openings for one in degree),
                closings=tuple(one for degree in manner.closings for one in degree),
            )
            for emotion, manner in sorted(MANNERS.items())
        )
        return EmotionList(emotions=emotions, faint=FAINT, synthesized=self._synthesized)
