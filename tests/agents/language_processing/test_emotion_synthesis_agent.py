"""Tests of EmotionSynthesisAgent: texts carry a feeling, and stay true."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.language_processing.emotion_synthesis_agent import EmotionSynthesisAgent
from agents.language_processing.emotional_wording import FAINT, MANNERS, reword
from common.contracts.emotion import Emotion
from common.sentiment import sentiment_of
from common.testing import AgentHarness

FACT = "The boiler was serviced on 4 May by Mr Smith."
FELT = (Emotion.JOY, Emotion.SADNESS, Emotion.ANGER, Emotion.FEAR)
PLAIN = st.sampled_from(
    ("the", "boiler", "was", "good", "nice", "bad", "great", "Anna", "4", "12:30", "3.5", "May",
     "Paris", "a@example.com", '"good"', "unusual", "and", "fine.")
)  # fmt: skip


def facts(text: str) -> list[str]:
    """Return numbers, names, quotes and addresses in order."""
    return re.findall(r'"[^"]*"|\S*@\S*|\d[\d.:]*\d|\d|Anna|Paris|May', text)


async def test_a_text_carries_the_feeling() -> None:
    """A fact in another tone is still the fact."""
    async with AgentHarness(EmotionSynthesisAgent) as agent:
        found = await agent.call("synthesize_emotion", text=FACT, emotion="joy", intensity=0.9)

        assert found.changed
        assert FACT.rstrip(".") in found.text
        assert found.text.startswith(("Wonderful!", "Hooray!"))


async def test_neutral_and_faint_feelings_change_nothing() -> None:
    """What is not felt is not heard."""
    async with AgentHarness(EmotionSynthesisAgent) as agent:
        for emotion, intensity in (("neutral", 1.0), ("joy", FAINT / 2)):
            found = await agent.call(
                "synthesize_emotion", text=FACT, emotion=emotion, intensity=intensity
            )

            assert (found.text, found.changed) == (FACT, False)


@pytest.mark.parametrize("emotion", FELT)
def test_the_feeling_can_be_read_again(emotion: Emotion) -> None:
    """A strong feeling moves the sentiment of a neutral text to its own side."""
    told = sentiment_of(reword("The train is at eight.", emotion, 1.0))

    assert (told.valence > 0) == (emotion is Emotion.JOY)
    assert told.valence != 0.0


async def test_emotions_are_listed() -> None:
    """Every feeling but the neutral one has a manner."""
    async with AgentHarness(EmotionSynthesisAgent) as agent:
        found = await agent.call("list_emotions")

        assert {one.emotion for one in found.emotions} == set(Emotion) - {Emotion.NEUTRAL}
        assert set(MANNERS) == {one.emotion for one in found.emotions}


@settings(max_examples=200)
@given(
    words=st.lists(PLAIN, max_size=12),
    emotion=st.sampled_from(Emotion),
    intensity=st.floats(0.0, 1.0),
)
def test_facts_never_change(words: list[str], emotion: Emotion, intensity: float) -> None:
    """Numbers, names, quotes and addresses are the same, in the same order."""
    text = " ".join(words)

    assert facts(reword(text, emotion, intensity)) == facts(text)


@settings(max_examples=100)
@given(text=st.text(max_size=200), emotion=st.sampled_from(Emotion), intensity=st.floats(0.0, 1.0))
def test_any_text_is_survived(text: str, emotion: Emotion, intensity: float) -> None:
    """Whatever the text, rewording it gives one, always the same."""
    assert reword(text, emotion, intensity) == reword(text, emotion, intensity)
