"""Tests of EmotionEngine: how feelings move, fade and are told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.emotion_system.emotion_engine import MAX_USERS, EmotionEngine
from agents.emotion_system.feelings import HALF_LIFE, faded, feeling_of, moved
from common.contracts.coordination import INTERACTIONS, InteractionHappened
from common.contracts.emotion import EMOTIONS, Emotion, EmotionalState
from common.messages import ActionError, ErrorCode
from common.sentiment import Sentiment
from common.testing import AgentHarness

SENTIMENTS = st.builds(
    Sentiment,
    valence=st.floats(-1, 1),
    arousal=st.floats(0, 1),
    emotion=st.sampled_from(Emotion),
    intensity=st.floats(0, 1),
)


async def test_words_move_the_state_and_are_told() -> None:
    """A sad text makes its user sad, nobody else, and subscribers hear it."""
    async with AgentHarness(EmotionEngine) as agent:
        await agent.call(
            "update_emotional_state", user_id="anna", text="I am so sad and lonely", source="chat"
        )
        hers = await agent.call("get_emotional_state", user_id="anna")
        his = await agent.call("get_emotional_state", user_id="bert")
        (told,) = agent.published(EMOTIONS)

        assert hers.state.emotion is Emotion.SADNESS
        assert hers.state.valence < -0.3
        assert his.state.emotion is Emotion.NEUTRAL
        assert (told.user_id, told.source, told.before.emotion) == ("anna", "chat", "neutral")
        assert told.state == hers.state


async def test_a_feeling_that_was_seen_counts_as_it_is() -> None:
    """An emotion by name needs no text."""
    async with AgentHarness(EmotionEngine) as agent:
        reply = await agent.call("update_emotional_state", emotion="anger", intensity=0.9)

        assert reply.state.emotion is Emotion.ANGER
        assert reply.state.arousal > 0.4


async def test_feelings_fade_to_neutral() -> None:
    """Half is gone after a half-life, and everything after an hour or two."""
    async with AgentHarness(EmotionEngine) as agent:
        fresh = await agent.call("update_emotional_state", emotion="joy", intensity=1.0)
        await agent.clock.advance(HALF_LIFE)
        later = await agent.call("get_emotional_state")
        await agent.clock.advance(10 * HALF_LIFE)
        gone = await agent.call("get_emotional_state")

        assert later.state.valence == pytest.approx(fresh.state.valence / 2)
        assert later.state.emotion is Emotion.JOY
        assert gone.state.emotion is Emotion.NEUTRAL


async def test_what_the_coordinator_told_does_not_count_again_when_it_is_answered() -> None:
    """A text moves the state once: by the call, not by the event that follows it."""
    async with AgentHarness(EmotionEngine) as agent:
        text = "I hate this, I am furious!"
        told = await agent.call("update_emotional_state", user_id="anna", text=text)
        happened = InteractionHappened(
            request_id="r1", user_id="anna", session_id="s", text=text, answer="Oh.", at=1.0
        )
        agent.peers.happen(INTERACTIONS, happened)
        await agent.clock.settle()
        now = await agent.call("get_emotional_state", user_id="anna")

        assert now.state == told.state
        assert len(agent.published(EMOTIONS)) == 1


async def test_state_survives_a_restart_and_stays_bounded() -> None:
    """A new process knows what the old one knew; the longest unheard user goes first."""
    async with AgentHarness(EmotionEngine) as agent:
        for number in range(MAX_USERS + 1):
            await agent.call("update_emotional_state", user_id=f"u{number}", emotion="joy")
        store, clock = agent.store, agent.clock
    async with AgentHarness(EmotionEngine, store=store, clock=clock) as agent:
        first = await agent.call("get_emotional_state", user_id="u0")
        last = await agent.call("get_emotional_state", user_id=f"u{MAX_USERS}")

        assert first.state.emotion is Emotion.NEUTRAL
        assert last.state.emotion is Emotion.JOY


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, None),
        ({"text": "  "}, None),
        ({"text": "x" * 10_001}, "text"),
        ({"emotion": "hunger"}, "emotion"),
        ({"emotion": "joy", "intensity": 1.1}, "intensity"),
        ({"emotion": "joy", "intensity": float("nan")}, "intensity"),
        ({"emotion": "joy", "user_id": ""}, "user_id"),
    ],
)
async def test_malformed_updates_are_invalid(fields: dict[str, Any], field: str | None) -> None:
    """An update that is not as stated, or says nothing, is refused."""
    async with AgentHarness(EmotionEngine) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("update_emotional_state", **fields)

        assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, field)


@given(st.lists(st.tuples(SENTIMENTS, st.floats(0, 1e7)), max_size=20))
def test_any_sequence_of_feelings_stays_within_bounds(
    feelings: list[tuple[Sentiment, float]],
) -> None:
    """Whatever is felt in whatever order, the state is a valid one."""
    state, now = EmotionalState(), 0.0
    for felt, seconds in feelings:
        now += seconds
        state = moved(state, felt, now)
        assert EmotionalState.model_validate(state.model_dump()) == state


@given(st.sampled_from(Emotion), st.floats(0, 1), st.floats(0, 1e6), st.floats(0, 1e6))
def test_fading_twice_is_fading_once(
    emotion: Emotion, intensity: float, first: float, second: float
) -> None:
    """It does not matter how often somebody asks while a feeling fades."""
    state = moved(EmotionalState(), feeling_of(emotion, intensity), 0.0)
    once = faded(state, first + second)
    twice = faded(faded(state, first), first + second)

    assert twice.intensity == pytest.approx(once.intensity)
    assert twice.valence == pytest.approx(once.valence)
