"""Feelings on real processes: a mood that falls changes how the assistant speaks."""

from __future__ import annotations

import asyncio
from pathlib import Path

from common.contracts.emotion import (
    Emotion,
    EmotionalStateReply,
    EmotionQuery,
    EmpathicWording,
    EmpathyRequest,
    MoodReply,
    ToneReading,
    ToneRequest,
    UpdateEmotionRequest,
)
from fleet.testing.household import Household, household

AGENTS = ("emotion_engine", "mood_tracker_agent", "tone_detector", "empathy_agent")
TEXT = "The shop opens at nine."
CONVERSATION = (
    "Good morning, what a lovely day, I am happy!",
    "The printer does not work.",
    "I am disappointed, nothing works today.",
    "I feel sad and lonely.",
    "I am so sad, I want to cry.",
)


async def wording(home: Household) -> EmpathicWording:
    """Ask how to say the text to anna."""
    request = EmpathyRequest(user_id="anna", text=TEXT)
    return await home.call("empathy_agent", "choose_wording", request, EmpathicWording)


async def mood_after(home: Household, samples: int) -> MoodReply:
    """Return anna's mood as soon as it is made of so many samples."""
    async with asyncio.timeout(15):
        while True:
            request = EmotionQuery(user_id="anna")
            mood = await home.call("mood_tracker_agent", "get_current_mood", request, MoodReply)
            if mood.samples >= samples:
                return mood
            await asyncio.sleep(0.05)


async def say(home: Household, text: str) -> None:
    """Let anna say something."""
    request = UpdateEmotionRequest(user_id="anna", text=text)
    await home.call("emotion_engine", "update_emotional_state", request, EmotionalStateReply)


async def test_a_falling_mood_changes_wording_and_tone(tmp_path: Path) -> None:
    """
    A conversation that begins well and ends in tears is answered in another way at its end.

    The text itself stays; after a restart the mood is still known.
    """
    async with household(tmp_path, *AGENTS) as home:
        plain = await wording(home)
        await say(home, CONVERSATION[0])
        glad = await mood_after(home, 1)
        for text in CONVERSATION[1:]:
            await say(home, text)
        sad = await mood_after(home, len(CONVERSATION))
        comforting = await wording(home)
        request = ToneRequest(text=CONVERSATION[-1])
        tone = await home.call("tone_detector", "get_tone", request, ToneReading)
        await home.restart("mood_tracker_agent")
        after = await mood_after(home, len(CONVERSATION))

    assert plain.text == TEXT
    assert glad.valence > 0 > sad.valence
    assert sad.trend < 0
    assert comforting.emotion is tone.tone is Emotion.SADNESS
    assert TEXT in comforting.text
    assert comforting.text != TEXT
    assert comforting.settings.rate < plain.settings.rate
    assert (after.mood, after.valence) == (sad.mood, sad.valence)
