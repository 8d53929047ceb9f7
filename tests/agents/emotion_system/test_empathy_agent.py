"""Tests of EmpathyAgent: wording and voice follow the feeling, the text stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.emotion_system.emotion_engine import EmotionEngine
from agents.emotion_system.empathic_wording import MANNERS, voice_for, worded
from agents.emotion_system.empathy_agent import EmpathyAgent
from common.contracts.emotion import (
    EMOTIONS,
    Emotion,
    EmotionalState,
    EmotionalStateReply,
    EmotionChanged,
)
from common.contracts.speech import Saying, VoiceSettings
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness, MemoryFleet

SAD = EmotionalState(emotion=Emotion.SADNESS, valence=-0.7, arousal=0.3, intensity=0.8)
STATES = st.builds(EmotionalState, emotion=st.sampled_from(Emotion), intensity=st.floats(0, 1))


def feels(agent: AgentHarness[EmpathyAgent], state: EmotionalState) -> None:
    """Let the engine say that everybody feels so."""
    agent.peers.answer(
        "emotion_engine",
        "get_emotional_state",
        lambda request: EmotionalStateReply(user_id=request.user_id, state=state),
    )


async def test_sadness_is_answered_softly() -> None:
    """Who is sad is answered slower and quieter, with words of comfort around the text."""
    async with AgentHarness(EmpathyAgent) as agent:
        feels(agent, SAD)
        wording = await agent.call("choose_wording", user_id="anna", text="It is raining.")
        voice = await agent.call("get_voice_settings", user_id="anna")

        assert wording.text != "It is raining."
        assert "It is raining." in wording.text
        assert wording.emotion is Emotion.SADNESS
        assert voice.settings == wording.settings
        assert voice.settings.rate < 1
        assert voice.settings.volume < 1


async def test_calm_users_get_plain_words() -> None:
    """Nothing is added for who feels nothing, or next to nothing."""
    async with AgentHarness(EmpathyAgent) as agent:
        for state in (EmotionalState(), SAD.model_copy(update={"intensity": 0.1})):
            feels(agent, state)
            wording = await agent.call("choose_wording", text="It is ten.")
            assert wording.text == "It is ten."


async def test_without_the_engine_the_last_feeling_counts() -> None:
    """When the engine is away, what it told last is used, faded, and health says degraded."""
    async with AgentHarness(EmpathyAgent) as agent:
        await agent.clock.settle()
        state = SAD.model_copy(update={"updated_at": agent.clock.now()})
        told = EmotionChanged(user_id="anna", state=state, before=EmotionalState())
        agent.peers.happen(EMOTIONS, told)
        await agent.clock.settle()
        agent.peers.fail("emotion_engine", "get_emotional_state", ErrorCode.TIMEOUT)
        now = await agent.call("choose_wording", user_id="anna", text="Yes.")
        await agent.clock.advance(24 * 3600)
        later = await agent.call("choose_wording", user_id="anna", text="Yes.")
        health = await agent.call("get_health")

        assert now.emotion is Emotion.SADNESS
        assert later.text == "Yes."
        assert (health.status, health.engine_answers) == ("degraded", False)
        assert (health.users_known, health.texts_worded) == (1, 2)


async def test_updates_reach_the_engine() -> None:
    """A feeling that is told to empathy moves the engine, and the next wording."""
    async with MemoryFleet(EmotionEngine, EmpathyAgent) as fleet:
        updated = await fleet.call(
            "empathy_agent", "update_emotional_state", user_id="anna",
            text="I am absolutely furious!",
        )  # fmt: skip
        wording = await fleet.call("empathy_agent", "choose_wording", user_id="anna", text="Ok.")
        health = await fleet.call("empathy_agent", "get_health")

        assert updated.state.emotion is Emotion.ANGER
        assert wording.emotion is Emotion.ANGER
        assert wording.text != "Ok."
        assert health.status == "ok"


async def test_an_engine_that_is_away_cannot_be_updated() -> None:
    """The caller is told why the feeling was not taken."""
    async with AgentHarness(EmpathyAgent) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("update_emotional_state", text="I am sad")

        assert caught.value.code is ErrorCode.UNAVAILABLE


async def test_empathic_words_can_be_spoken() -> None:
    """The mouth gets the words and the voice; without it the words are the answer."""
    async with AgentHarness(EmpathyAgent) as agent:
        feels(agent, SAD)
        silent = await agent.call("speak_with_empathy", text="It is raining.")
        agent.peers.answer(
            "streaming_tts_agent", "speak", lambda _: Saying(utterance_id="u", waiting=0)
        )
        spoken = await agent.call("speak_with_empathy", text="It is raining.")
        said = agent.peers.calls_of("streaming_tts_agent", "speak")[-1]

        assert (silent.spoken, spoken.spoken) == (False, True)
        assert said.text == spoken.text
        assert said.settings == voice_for(SAD)


@pytest.mark.parametrize(
    ("action", "fields", "field"),
    [
        ("choose_wording", {"text": "x" * 10_001}, "text"),
        ("choose_wording", {"text": 3}, "text"),
        ("get_voice_settings", {"user_id": ""}, "user_id"),
        ("speak_with_empathy", {"text": "  "}, "text"),
        ("update_emotional_state", {"emotion": "hunger"}, "emotion"),
    ],
)
async def test_malformed_requests_are_invalid(
    action: str, fields: dict[str, object], field: str
) -> None:
    """A request that is not as stated is refused with its field."""
    async with AgentHarness(EmpathyAgent) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call(action, **fields)

        assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, field)


@given(st.text(max_size=500), STATES)
def test_the_text_itself_is_never_touched(text: str, state: EmotionalState) -> None:
    """Whatever is felt, the text is in its wording once, unchanged, and always the same way."""
    wording = worded(text, state)

    assert text in wording
    assert wording == worded(text, state)
    manner = MANNERS[state.emotion]
    around = (*manner.mild, *manner.strong, *manner.closers)
    assert len(wording) <= len(text) + 2 + 2 * max((len(each) for each in around), default=0)


@given(STATES)
def test_voices_are_within_their_limits(state: EmotionalState) -> None:
    """Every feeling has a voice that a speaker can be told."""
    settings = voice_for(state)

    assert VoiceSettings.model_validate(settings.model_dump()) == settings
    assert 0.8 <= settings.rate <= 1.15
