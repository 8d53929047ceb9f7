"""Tests of Responder: wording, faces, moods, interrupts and the voice."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.language_processing.conversation_context import (
    FACE_SECONDS,
    FEELING_SECONDS,
    INTERRUPT_SECONDS,
)
from agents.language_processing.responder import DROPPED, Responder
from agents.language_processing.wording import MAX_SHOWN, MAX_SPOKEN, shorten, word
from common.contracts.emotion import EMOTIONS, Emotion, EmotionalState, EmotionChanged
from common.contracts.language import Intent, Mood
from common.contracts.registry import AgentRecord
from common.contracts.speech import INTERRUPTS, Interrupted, Saying, SpeakingStopped
from common.contracts.vision import FACES, FaceSeen
from common.lifecycle import Phase
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

VOICE = AgentRecord(
    slug="streaming_tts_agent", instance="one", endpoint="tcp://127.0.0.1:1",
    health_endpoint="", phase=Phase.READY, machine="mainpc", group="", since=0.0,
)  # fmt: skip


def give_voice(agent: AgentHarness[Responder]) -> None:
    """Let the voice speak and stop."""
    agent.peers.know(VOICE)
    saying = Saying(utterance_id="u", waiting=0)
    agent.peers.answer("streaming_tts_agent", "speak", lambda _: saying)
    stopped = SpeakingStopped(dropped=1)
    agent.peers.answer("streaming_tts_agent", "stop_speaking", lambda _: stopped)


def change_feeling(agent: AgentHarness[Responder], emotion: Emotion, intensity: float) -> None:
    """Let the emotion engine tell how Anna feels."""
    state = EmotionalState(emotion=emotion, intensity=intensity)
    agent.peers.happen(
        EMOTIONS, EmotionChanged(user_id="anna", state=state, before=EmotionalState())
    )


async def test_answer_gets_its_final_form() -> None:
    """An answer is capitalised, gets its full stop and single spaces."""
    async with AgentHarness(Responder) as agent:
        wording = await agent.call("respond", text="  the boiler was\nserviced on 4 May ")

        assert wording.text == "The boiler was serviced on 4 May."
        assert (wording.mood, wording.spoken, wording.interrupted) == (Mood.NEUTRAL, False, False)


@pytest.mark.parametrize(
    ("text", "mood", "worded"),
    [
        ("that failed", Mood.APOLOGETIC, "I am sorry. That failed."),
        ("sorry, that failed!", Mood.APOLOGETIC, "Sorry, that failed."),
        ("it is done", Mood.CHEERFUL, "Great! It is done!"),
        ("Great news", Mood.CHEERFUL, "Great news!"),
        ("it is done", Mood.NEUTRAL, "It is done."),
        ("really?", Mood.NEUTRAL, "Really?"),
        ('he said "yes."', Mood.NEUTRAL, 'He said "yes."'),
        ("anna@example.org", Mood.NEUTRAL, "anna@example.org."),
        ("iPhone found", Mood.NEUTRAL, "iPhone found."),
        ("Great! it is done! Yes!", Mood.GENTLE, "It is done. Yes."),
        ("Great!", Mood.GENTLE, "Great."),
    ],
)
def test_moods_colour_the_wording(text: str, mood: Mood, worded: str) -> None:
    """Each mood has its tone, and nothing is said twice."""
    assert word(text, mood=mood).text == worded


@pytest.mark.parametrize(
    ("text", "intent", "worded"),
    [
        ("Hello! What can I do?", Intent.GREETING, "Hello Anna! What can I do?"),
        ("hi there. How are you?", Intent.GREETING, "Hi there Anna. How are you?"),
        ("Good morning, sunshine", Intent.GREETING, "Good morning Anna, sunshine."),
        ("Welcome back", Intent.GREETING, "Anna, Welcome back."),
        ("Hello Anna!", Intent.GREETING, "Hello Anna!"),
        ("Goodbye!", Intent.FAREWELL, "Anna, Goodbye!"),
        ("It is 4.", Intent.COMMAND, "It is 4."),
    ],
)
def test_faces_are_greeted_by_name(text: str, intent: Intent, worded: str) -> None:
    """A recognised face is named in greetings and farewells, once."""
    assert word(text, intent=intent, face="Anna").text == worded


async def test_detected_face_is_greeted_until_it_expires() -> None:
    """A face event names the person in the greetings of its session for a while."""
    async with AgentHarness(Responder) as agent:
        taken = await agent.call("notify_event", type="face_detected", name="Anna", session_id="s1")
        here = await agent.call("respond", text="hello", intent="greeting", session_id="s1")
        elsewhere = await agent.call("respond", text="hello", intent="greeting", session_id="s2")
        await agent.clock.advance(FACE_SECONDS)
        later = await agent.call("respond", text="hello", intent="greeting", session_id="s1")

        assert taken.expires_at == agent.clock.now()
        assert (here.text, here.addressed) == ("Hello Anna.", "Anna")
        assert (elsewhere.text, elsewhere.addressed) == ("Hello.", None)
        assert later.addressed is None


async def test_uncertain_face_is_ignored() -> None:
    """A face that is not recognised well is not greeted by name."""
    async with AgentHarness(Responder) as agent:
        await agent.call("notify_event", type="face_detected", name="Anna", confidence=0.2)

        assert (await agent.call("get_state")).face is None


async def test_detected_mood_colours_neutral_answers() -> None:
    """A mood event colours answers that bring no mood of their own."""
    async with AgentHarness(Responder) as agent:
        await agent.call("notify_event", type="mood_detected", mood="cheerful")
        neutral = await agent.call("respond", text="it is done")
        own = await agent.call("respond", text="it failed", mood="apologetic")

        assert neutral.text == "Great! It is done!"
        assert own.text == "I am sorry. It failed."


@pytest.mark.parametrize(
    ("emotion", "intensity", "answer"),
    [
        (Emotion.SADNESS, 0.9, "It is done."),
        (Emotion.ANGER, 0.9, "It is done."),
        (Emotion.JOY, 0.9, "Great! It is done!"),
        (Emotion.SADNESS, 0.1, "Great! It is done!"),
        (Emotion.NEUTRAL, 0.9, "Great! It is done!"),
    ],
)
async def test_nobody_who_is_sad_is_cheered_at(
    emotion: Emotion, intensity: float, answer: str
) -> None:
    """What the emotion engine tells of a user changes the tone of answers to that user."""
    async with AgentHarness(Responder) as agent:
        await agent.clock.settle()
        change_feeling(agent, emotion, intensity)
        await agent.clock.settle()
        hers = await agent.call("respond", text="it is done", mood="cheerful", user_id="anna")
        his = await agent.call("respond", text="it is done", mood="cheerful", user_id="tom")

        assert (hers.text, his.text) == (answer, "Great! It is done!")


async def test_feelings_pass() -> None:
    """A feeling is forgotten after a while, or when it has turned neutral."""
    async with AgentHarness(Responder) as agent:
        await agent.clock.settle()
        change_feeling(agent, Emotion.JOY, 0.9)
        await agent.clock.settle()
        happy = await agent.call("respond", text="it is done", user_id="anna")
        change_feeling(agent, Emotion.NEUTRAL, 0.0)
        await agent.clock.settle()
        calm = await agent.call("respond", text="it is done", user_id="anna")
        change_feeling(agent, Emotion.JOY, 0.9)
        await agent.clock.settle()
        await agent.clock.advance(FEELING_SECONDS)
        later = await agent.call("respond", text="it is done", user_id="anna")

        assert [said.mood for said in (happy, calm, later)] == [
            Mood.CHEERFUL,
            Mood.NEUTRAL,
            Mood.NEUTRAL,
        ]


async def test_who_is_seen_is_greeted_once() -> None:
    """A known face is said hello to when it comes, and named in greetings from then on."""
    async with AgentHarness(Responder) as agent:
        give_voice(agent)
        await agent.clock.settle()
        for person, confidence in (("Anna", 0.9), ("Anna", 0.9), ("Tom", 0.2)):
            seen = FaceSeen(person=person, confidence=confidence, session_id="s1", at=1.0)
            agent.peers.happen(FACES, seen)
            await agent.clock.settle()
        spoken = agent.peers.calls_of("streaming_tts_agent", "speak")
        answer = await agent.call(
            "respond", text="hello", intent="greeting", session_id="s1", speak=False
        )

        assert [(said.text, said.session_id) for said in spoken] == [("Hello Anna!", "s1")]
        assert answer.addressed == "Anna"


async def test_who_is_spoken_over_drops_what_waits() -> None:
    """An interrupt that was noticed elsewhere is remembered; who noticed it stops the voice."""
    async with AgentHarness(Responder) as agent:
        give_voice(agent)
        await agent.clock.settle()
        await agent.call("respond", text="a long story", session_id="s1")
        agent.peers.happen(INTERRUPTS, Interrupted(session_id="s1", reason="user spoke", at=1.0))
        await agent.clock.settle()
        answer = await agent.call("respond", text="yes?", session_id="s1", speak=False)

        assert answer.text == f"{DROPPED} Yes?"
        assert agent.peers.calls_of("streaming_tts_agent", "stop_speaking") == ()


async def test_interrupt_drops_pending_speech_and_is_mentioned_once() -> None:
    """An interrupt drops what waits to be spoken; the next answer says so, the one after not."""
    async with AgentHarness(Responder) as agent:
        await agent.call("respond", text="a long story", session_id="s1")
        waiting = await agent.call("get_state", session_id="s1")
        taken = await agent.call("notify_event", type="interrupt", session_id="s1")
        stopped = await agent.call("get_state", session_id="s1")
        first = await agent.call("respond", text="yes?", session_id="s1")
        second = await agent.call("respond", text="well", session_id="s1")

        assert waiting.pending_speech == ("A long story.",)
        assert taken.dropped_speech == 1
        assert (stopped.pending_speech, stopped.interrupted) == ((), True)
        assert (first.text, first.interrupted) == (f"{DROPPED} Yes?", True)
        assert (second.text, second.interrupted) == ("Well.", False)


async def test_interrupt_of_silence_is_not_mentioned() -> None:
    """An interrupt that dropped nothing, or is long ago, is not mentioned."""
    async with AgentHarness(Responder) as agent:
        await agent.call("notify_event", type="interrupt")
        silent = await agent.call("respond", text="yes")
        taken = await agent.call("notify_event", type="interrupt", reason="door bell")
        await agent.clock.advance(INTERRUPT_SECONDS)
        late = await agent.call("respond", text="yes")

        assert not silent.interrupted
        assert taken.dropped_speech == 1
        assert not late.interrupted


async def test_second_interrupt_keeps_the_first_in_mind() -> None:
    """Two interrupts before an answer count together."""
    async with AgentHarness(Responder) as agent:
        await agent.call("respond", text="a story")
        await agent.call("notify_event", type="interrupt")
        again = await agent.call("notify_event", type="interrupt")
        answer = await agent.call("respond", text="yes")

        assert again.dropped_speech == 0
        assert answer.interrupted


async def test_speech_ends() -> None:
    """Speech no longer waits when it was spoken, silent or its time has passed."""
    async with AgentHarness(Responder) as agent:
        await agent.call("respond", text="silent", speak=False)
        assert (await agent.call("get_state")).pending_speech == ()

        await agent.call("respond", text="one")
        await agent.call("respond", text="two")
        assert (await agent.call("get_state")).pending_speech == ("One.", "Two.")

        await agent.call("notify_event", type="speech_finished")
        assert (await agent.call("get_state")).pending_speech == ()

        await agent.call("respond", text="three")
        await agent.clock.advance(60)
        assert (await agent.call("get_state")).pending_speech == ()


async def test_voice_speaks_and_stops() -> None:
    """A voice that the directory has ready speaks the answer and stops at an interrupt."""
    async with AgentHarness(Responder) as agent:
        give_voice(agent)
        wording = await agent.call("respond", text="hello", session_id="s1")
        await agent.call("notify_event", type="interrupt", session_id="s1")
        (spoken,) = agent.peers.calls_of("streaming_tts_agent", "speak")
        (stopped,) = agent.peers.calls_of("streaming_tts_agent", "stop_speaking")

        assert wording.spoken
        assert (spoken.text, spoken.session_id) == ("Hello.", "s1")
        assert stopped.session_id == "s1"


async def test_failing_voice_does_not_cost_the_answer() -> None:
    """The text is answered even when the voice fails."""
    async with AgentHarness(Responder) as agent:
        agent.peers.know(VOICE)
        agent.peers.fail("streaming_tts_agent", "speak", ErrorCode.TIMEOUT)
        wording = await agent.call("respond", text="hello")

        assert (wording.text, wording.spoken) == ("Hello.", False)


async def test_context_outlives_the_process() -> None:
    """A new process still knows who is there."""
    async with AgentHarness(Responder) as agent:
        await agent.call("notify_event", type="face_detected", name="Anna")
        store, clock = agent.store, agent.clock
    async with AgentHarness(Responder, store=store, clock=clock) as agent:
        assert (await agent.call("get_state")).face == "Anna"


@pytest.mark.parametrize(
    ("action", "fields", "field"),
    [
        ("respond", {}, "text"),
        ("respond", {"text": " "}, "text"),
        ("respond", {"text": "x", "mood": "furious"}, "mood"),
        ("respond", {"text": "x", "intent": "fly"}, "intent"),
        ("notify_event", {}, "type"),
        ("notify_event", {"type": "earthquake"}, "type"),
        ("notify_event", {"type": "face_detected"}, "body"),
        ("notify_event", {"type": "mood_detected"}, "body"),
        ("notify_event", {"type": "face_detected", "name": "A", "confidence": 2}, "confidence"),
        ("get_state", {"session_id": ""}, "session_id"),
    ],
)
async def test_malformed_requests_are_invalid(
    action: str, fields: dict[str, object], field: str
) -> None:
    """A request that is not as stated is refused with the field."""
    async with AgentHarness(Responder) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call(action, **fields)

        assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, field)


async def test_long_answers_are_shortened() -> None:
    """An answer that is too long ends at a sentence and says so; speech is shorter still."""
    async with AgentHarness(Responder) as agent:
        whole = await agent.call("respond", text="This is a sentence. " * 100)
        cut = await agent.call("respond", text="This is a sentence. " * 400)
        (spoken, _) = (await agent.call("get_state")).pending_speech

        assert (whole.truncated, cut.truncated) == (False, True)
        assert len(cut.text) <= MAX_SHOWN
        assert cut.text.endswith("sentence.")
        assert len(spoken) <= MAX_SPOKEN


@settings(deadline=None)
@given(st.text(max_size=300), st.integers(5, 100))
def test_shortened_texts_fit(text: str, limit: int) -> None:
    """A shortened text fits; one that fits already stays."""
    short = shorten(text, limit)

    assert len(short) <= limit
    assert short == text or len(text) > limit


@settings(deadline=None)
@given(
    st.text(min_size=1, max_size=300),
    st.sampled_from(Mood),
    st.none() | st.sampled_from(Intent),
    st.none() | st.text(min_size=1, max_size=80),
)
def test_wording_is_settled(text: str, mood: Mood, intent: Intent | None, face: str | None) -> None:
    """Every answer ends, fits, and does not change when worded again without a mood."""
    once = word(text, mood=mood, intent=intent, face=face).text

    assert once
    assert len(once) <= MAX_SHOWN
    assert word(once).text == once
