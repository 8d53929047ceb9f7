"""Tests of HumanAwarenessAgent: who is there, from signs that fade."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.emotion_system.human_awareness_agent import HumanAwarenessAgent
from agents.emotion_system.presence import MAX_PEOPLE, Signs
from common.contracts.coordination import INTERACTIONS, InteractionHappened
from common.contracts.emotion import (
    PRESENCE,
    Emotion,
    EmotionalState,
    EmotionalStateReply,
    SignKind,
)
from common.contracts.speech import SPEECH_MARKS, SpeechMark, SpeechMarked
from common.contracts.vision import FACES, FaceSeen
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

SIGNS = st.lists(
    st.tuples(st.sampled_from(SignKind), st.floats(0, 1000), st.floats(0, 1)), max_size=10
)


async def test_nobody_is_there_at_first() -> None:
    """Without a sign nobody is there, and how long is unknown."""
    async with AgentHarness(HumanAwarenessAgent) as agent:
        presence = await agent.call("get_presence")

        assert (presence.present, presence.probability) == (False, 0.0)
        assert presence.idle_seconds is None


async def test_a_face_shows_a_person_until_it_fades() -> None:
    """Who is seen is there; after minutes without a sign they seem gone, and both are told."""
    async with AgentHarness(HumanAwarenessAgent) as agent:
        await agent.clock.settle()
        agent.peers.happen(FACES, FaceSeen(person="Anna", confidence=0.95, at=1.0))
        await agent.clock.settle()
        seen = await agent.call("get_presence")
        await agent.clock.advance(300)
        gone = await agent.call("get_presence")

        assert seen.present
        assert [each.person for each in seen.people] == ["Anna"]
        assert not gone.present
        assert gone.idle_seconds == pytest.approx(300)
        assert [told.present for told in agent.published(PRESENCE)] == [True, False]
        assert agent.published(PRESENCE)[0].person == "Anna"


async def test_speech_and_conversations_are_signs_too() -> None:
    """Somebody who speaks and asks is there, surer than by one sign alone."""
    async with AgentHarness(HumanAwarenessAgent) as agent:
        await agent.clock.settle()
        mark = SpeechMarked(mark=SpeechMark.START, at=0.0, probability=0.8)
        agent.peers.happen(SPEECH_MARKS, mark)
        await agent.clock.settle()
        heard = await agent.call("get_presence")
        happened = InteractionHappened(
            request_id="r", user_id="bert", session_id="s", text="hi", answer="hello", at=1.0
        )
        agent.peers.happen(INTERACTIONS, happened)
        await agent.clock.settle()
        talked = await agent.call("get_presence")

        assert 0.5 < heard.probability < talked.probability
        assert set(talked.signs) == {SignKind.SPEECH, SignKind.INTERACTION}
        assert [each.person for each in talked.people] == ["bert"]


async def test_other_senses_can_tell_of_signs() -> None:
    """A faint sign is not enough; what was noted is forgotten with the state."""
    async with AgentHarness(HumanAwarenessAgent) as agent:
        faint = await agent.call("note_sign", kind="motion", confidence=0.3)
        sure = await agent.call("note_sign", kind="input", person="Anna")
        await agent.call("clear_state")
        after = await agent.call("get_presence")

        assert not faint.present
        assert sure.present
        assert after.idle_seconds is None


async def test_emotion_comes_from_the_engine() -> None:
    """How a user seems to feel is what the engine says; without it nothing is known."""
    async with AgentHarness(HumanAwarenessAgent) as agent:
        state = EmotionalState(emotion=Emotion.JOY, valence=0.5, intensity=0.5)
        agent.peers.answer(
            "emotion_engine",
            "get_emotional_state",
            lambda request: EmotionalStateReply(user_id=request.user_id, state=state),
        )
        known = await agent.call("get_emotion", user_id="anna")
        agent.peers.fail("emotion_engine", "get_emotional_state", ErrorCode.TIMEOUT)
        unknown = await agent.call("get_emotion", user_id="anna")

        assert (known.state, known.known) == (state, True)
        assert (unknown.state.emotion, unknown.known) == (Emotion.NEUTRAL, False)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "smell"}, "kind"),
        ({"kind": "face", "confidence": 2.0}, "confidence"),
        ({"kind": "face", "person": "x" * 201}, "person"),
        ({}, "kind"),
    ],
)
async def test_malformed_signs_are_invalid(fields: dict[str, object], field: str) -> None:
    """A sign that is none is refused with its field."""
    async with AgentHarness(HumanAwarenessAgent) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("note_sign", **fields)

        assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, field)


def test_people_are_bounded() -> None:
    """Of very many people the latest are remembered."""
    signs = Signs()
    for number in range(MAX_PEOPLE + 10):
        signs.note(SignKind.FACE, float(number), person=f"p{number}")

    assert len(signs.picture(float(MAX_PEOPLE)).people) == MAX_PEOPLE


@given(SIGNS, st.floats(0, 1000))
def test_without_new_signs_presence_only_falls(
    signs: list[tuple[SignKind, float, float]], seconds: float
) -> None:
    """The probability is one, and never grows by waiting."""
    found = Signs()
    for kind, at, confidence in sorted(signs, key=lambda sign: sign[1]):
        found.note(kind, at, confidence)
    now = found.probability(1000.0)

    assert 0.0 <= found.probability(1000.0 + seconds) <= now <= 1.0
