"""Tests of MoodTrackerAgent: averages, histories and trends of feelings."""

from __future__ import annotations

import pytest

from agents.emotion_system.mood_tracker_agent import MoodTrackerAgent
from agents.emotion_system.moods import MAX_SAMPLES, MoodRecord, with_feeling
from common.contracts.emotion import EMOTIONS, Emotion, EmotionalState, EmotionChanged
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

DAY = 86_400.0
SAD = EmotionalState(emotion=Emotion.SADNESS, valence=-0.8, arousal=0.3, intensity=0.8)
GLAD = EmotionalState(emotion=Emotion.JOY, valence=0.8, arousal=0.6, intensity=0.8)


async def feel(
    agent: AgentHarness[MoodTrackerAgent], *states: EmotionalState, seconds: float = 60.0
) -> None:
    """Let the emotion engine tell these states of anna, one after the other."""
    await agent.clock.settle()
    for state in states:
        told = EmotionChanged(user_id="anna", state=state, before=EmotionalState())
        agent.peers.happen(EMOTIONS, told)
        await agent.clock.advance(seconds)


async def test_mood_follows_feelings_slowly() -> None:
    """One sad moment does not turn a good mood, several do."""
    async with AgentHarness(MoodTrackerAgent) as agent:
        await feel(agent, GLAD, GLAD, SAD)
        one = await agent.call("get_current_mood", user_id="anna")
        await feel(agent, SAD, SAD, SAD)
        four = await agent.call("get_current_mood", user_id="anna")

        assert one.mood is Emotion.JOY
        assert one.valence > 0 > four.valence
        assert (four.mood, four.samples) == (Emotion.SADNESS, 6)
        assert four.trend < 0


async def test_history_is_in_order_and_can_be_cut() -> None:
    """The history tells each moment; a limit keeps the latest ones."""
    async with AgentHarness(MoodTrackerAgent) as agent:
        await feel(agent, GLAD, SAD, GLAD)
        history = await agent.call("get_mood_history", user_id="anna")
        latest = await agent.call("get_mood_history", user_id="anna", limit=1)
        since = await agent.call("get_mood_history", user_id="anna", since=history.samples[1].at)

        assert [sample.emotion.value for sample in history.samples] == ["joy", "sadness", "joy"]
        assert latest.samples == history.samples[-1:]
        assert since.samples == history.samples[1:]


async def test_long_term_mood_is_told_by_days() -> None:
    """Each day has its mean; the trend says that the days get worse."""
    async with AgentHarness(MoodTrackerAgent) as agent:
        await feel(agent, GLAD, GLAD, seconds=1.0)
        await agent.clock.advance(DAY)
        await feel(agent, GLAD, SAD, seconds=1.0)
        await agent.clock.advance(DAY)
        await feel(agent, SAD, seconds=1.0)
        found = await agent.call("get_long_term_mood", user_id="anna")

        assert [day.samples for day in found.days] == [2, 2, 1]
        assert [round(day.valence, 6) for day in found.days] == [0.8, 0.0, -0.8]
        assert found.trend == pytest.approx(-0.8)
        assert found.valence == pytest.approx(0.16)


async def test_mood_survives_a_restart() -> None:
    """A new process goes on where the old one stopped."""
    async with AgentHarness(MoodTrackerAgent) as agent:
        await feel(agent, SAD, SAD)
        before = await agent.call("get_current_mood", user_id="anna")
        store, clock = agent.store, agent.clock
    async with AgentHarness(MoodTrackerAgent, store=store, clock=clock) as agent:
        assert await agent.call("get_current_mood", user_id="anna") == before


async def test_nobody_has_a_neutral_mood() -> None:
    """Who was never heard of has no history and a neutral mood."""
    async with AgentHarness(MoodTrackerAgent) as agent:
        mood = await agent.call("get_current_mood", user_id="nobody")
        days = await agent.call("get_long_term_mood", user_id="nobody")

        assert (mood.mood, mood.samples, mood.trend) == (Emotion.NEUTRAL, 0, 0.0)
        assert days.days == ()


@pytest.mark.parametrize(
    ("action", "field", "value"),
    [
        ("get_mood_history", "limit", 0),
        ("get_mood_history", "since", -1.0),
        ("get_mood_history", "since", float("inf")),
        ("get_long_term_mood", "days", 367),
        ("get_current_mood", "user_id", ""),
    ],
)
async def test_malformed_questions_are_invalid(action: str, field: str, value: object) -> None:
    """A question out of bounds is refused with its field."""
    async with AgentHarness(MoodTrackerAgent) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call(action, **{field: value})

        assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, field)


def test_records_are_bounded() -> None:
    """However long somebody is followed, the record keeps its size."""
    record = MoodRecord()
    for number in range(MAX_SAMPLES + 50):
        record = with_feeling(record, SAD, number * DAY * 2)

    assert len(record.samples) == MAX_SAMPLES
    assert record.count == MAX_SAMPLES + 50
    assert record.mood is Emotion.SADNESS
