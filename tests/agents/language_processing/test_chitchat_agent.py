"""Tests of ChitchatAgent: the embedded conversationalist and the way to a model."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.language_processing.chitchat_agent import (
    KEPT_SECONDS,
    KEPT_TURNS,
    ChitchatAgent,
    prompt_for,
)
from agents.language_processing.dialogue_rules import CORPUS, RULES
from agents.language_processing.small_talk import reflect, reply_to
from common.contracts.language import MAX_TEXT, Turn
from common.contracts.models import Engine, Generation
from common.contracts.registry import AgentRecord
from common.lifecycle import Phase
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

PROMPTS = tuple((rule, prompt) for rule, prompts, _ in CORPUS for prompt in prompts)
CONNECTOR = AgentRecord(
    slug="remote_connector_agent", instance="one", endpoint="tcp://127.0.0.1:1",
    health_endpoint="", phase=Phase.READY, machine="pc2", group="", since=0.0,
)  # fmt: skip


def said(role: str, text: str) -> dict[str, str]:
    """Return a turn as JSON."""
    return {"role": role, "text": text}


async def test_embedded_engine_says_so() -> None:
    """Without a model the embedded engine answers and the metadata says it."""
    async with AgentHarness(ChitchatAgent) as agent:
        answer = await agent.call("chitchat", text="hello there!", session_id="s1")

        assert answer.text.startswith("Hello!")
        assert answer.metadata.engine == "embedded"
        assert answer.metadata.note == "no model is connected"


async def test_history_makes_replies_vary() -> None:
    """The same joke is not told twice in a row, in one session and across a restart."""
    async with AgentHarness(ChitchatAgent) as agent:
        first = await agent.call("chitchat", text="tell me a joke", session_id="s1")
        store = agent.store
    async with AgentHarness(ChitchatAgent, store=store) as agent:
        second = await agent.call("chitchat", text="tell me a joke", session_id="s1")
        other = await agent.call("chitchat", text="tell me a joke", session_id="s2")

        assert first.text != second.text
        assert other.text == first.text


async def test_given_history_wins() -> None:
    """History in the request is used instead of what the agent remembers."""
    async with AgentHarness(ChitchatAgent) as agent:
        first = await agent.call("chitchat", text="thanks")
        second = await agent.call(
            "chitchat", text="thanks", user_id="anna", history=[said("assistant", first.text)]
        )

        assert second.text != first.text


async def test_clear_history_forgets_one_session() -> None:
    """Clearing forgets the session that is named and tells how much that was."""
    async with AgentHarness(ChitchatAgent) as agent:
        await agent.call("chitchat", text="hello", session_id="s1")
        await agent.call("chitchat", text="hello", user_id="anna")
        cleared = await agent.call("clear_history", session_id="s1")
        again = await agent.call("clear_history", session_id="s1")
        hers = await agent.call("clear_history", user_id="anna")

        assert (cleared.cleared, cleared.turns) == (True, 2)
        assert (again.cleared, again.turns) == (False, 0)
        assert (hers.cleared, hers.turns) == (True, 2)


async def test_history_is_bounded_and_expires() -> None:
    """A session keeps its last turns only, and those for 30 days."""
    async with AgentHarness(ChitchatAgent) as agent:
        for number in range(KEPT_TURNS):
            await agent.call("chitchat", text=f"message {number}", session_id="s1")
        document = await agent.store.get("history", "session/s1")
        assert document is not None
        turns = document["turns"]
        assert isinstance(turns, list)
        assert len(turns) == KEPT_TURNS

        await agent.clock.advance(KEPT_SECONDS)
        assert await agent.store.get("history", "session/s1") is None


async def test_model_answers_when_it_is_there() -> None:
    """A model that the directory has ready gets the conversation and answers."""
    async with AgentHarness(ChitchatAgent) as agent:
        agent.peers.know(CONNECTOR)
        agent.peers.answer(
            "remote_connector_agent", "generate", lambda _: Generation(text=" Hi! ", model="tiny")
        )
        answer = await agent.call("chitchat", text="hello", history=[said("user", "earlier")])
        (request,) = agent.peers.calls_of("remote_connector_agent", "generate")

        assert (answer.text, answer.metadata.engine) == ("Hi!", "remote")
        assert request.prompt.endswith("user: earlier\nuser: hello\nassistant:")


async def test_rules_that_stand_in_for_a_model_are_not_preferred() -> None:
    """A connector that has no model itself is not worth more than the rules here."""
    async with AgentHarness(ChitchatAgent) as agent:
        agent.peers.know(CONNECTOR)
        generated = Generation(text="I cannot say.", engine=Engine.EMBEDDED)
        agent.peers.answer("remote_connector_agent", "generate", lambda _: generated)
        answer = await agent.call("chitchat", text="hello")

        assert (answer.text, answer.metadata.engine) != ("I cannot say.", "remote")
        assert answer.metadata.engine == "embedded"


@pytest.mark.parametrize("generated", ["", "  "])
async def test_silent_model_is_replaced(generated: str) -> None:
    """A model that generates nothing is replaced by the embedded engine."""
    async with AgentHarness(ChitchatAgent) as agent:
        agent.peers.know(CONNECTOR)
        agent.peers.answer(
            "remote_connector_agent", "generate", lambda _: Generation(text=generated)
        )
        answer = await agent.call("chitchat", text="hello")

        assert answer.metadata.engine == "embedded"


async def test_failing_model_is_left_alone_for_a_while() -> None:
    """After three failures the embedded engine answers without asking, until time has passed."""
    async with AgentHarness(ChitchatAgent) as agent:
        agent.peers.know(CONNECTOR)
        agent.peers.fail("remote_connector_agent", "generate", ErrorCode.TIMEOUT)
        for _ in range(5):
            answer = await agent.call("chitchat", text="hello")
            assert answer.metadata.engine == "embedded"
        asked = len(agent.peers.calls_of("remote_connector_agent", "generate"))
        await agent.clock.advance(31)
        await agent.call("chitchat", text="hello")

        assert answer.metadata.note == "the model did not answer: unavailable"
        assert asked == 3
        assert len(agent.peers.calls_of("remote_connector_agent", "generate")) == 4


async def test_model_that_is_not_ready_is_not_asked() -> None:
    """A connector that is still starting is not asked."""
    async with AgentHarness(ChitchatAgent) as agent:
        agent.peers.know(CONNECTOR.model_copy(update={"phase": Phase.WAITING}))
        answer = await agent.call("chitchat", text="hello")

        assert answer.metadata.engine == "embedded"
        assert agent.peers.calls == []


@pytest.mark.parametrize(
    ("action", "fields", "field"),
    [
        ("chitchat", {}, "text"),
        ("chitchat", {"text": " "}, "text"),
        ("chitchat", {"text": "x" * (MAX_TEXT + 1)}, "text"),
        ("chitchat", {"text": "x", "history": [{"role": "robot", "text": ""}]}, "history.0.role"),
        ("clear_history", {"session_id": ""}, "session_id"),
    ],
)
async def test_malformed_requests_are_invalid(
    action: str, fields: dict[str, object], field: str
) -> None:
    """A request that is not as stated is refused with the field."""
    async with AgentHarness(ChitchatAgent) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call(action, **fields)

        assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, field)


@pytest.mark.parametrize(("rule", "prompt"), PROMPTS)
def test_corpus_prompts_find_their_replies(rule: str, prompt: str) -> None:
    """Every prompt of the corpus is answered by its own entry, shouted too."""
    assert reply_to(prompt).rule == rule
    assert reply_to(f"{prompt.upper()}!").rule == rule


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("I need a holiday from my job", "What would it change for you if you got a holiday from "
         "your job?"),
        ("I am so sad", "I am sorry that you feel sad. Would you like to tell me why?"),
        ("I lost my key yesterday", "So you lost your key yesterday. How was that?"),
        ("my sister was here", "Tell me more about your sister."),
        ("I think you are right", "Why do you think that I am right?"),
        ("blue", "I see. Tell me more."),
    ],
)  # fmt: skip
def test_rules_reflect_what_was_said(text: str, reply: str) -> None:
    """A rule quotes the user with the persons turned."""
    assert reply_to(text).text == reply


@pytest.mark.parametrize(
    ("text", "turned"),
    [
        ("my dog and I", "your dog and you"),
        ("you are mine", "I am yours"),
        ("I am with you.", "you are with me"),
        ("they are here", "they are here"),
        ("Myself and mY car", "yourself and your car"),
    ],
)
def test_reflection_turns_persons(text: str, turned: str) -> None:
    """First and second person change places; others stay."""
    assert reflect(text) == turned


@settings(deadline=None)
@given(st.text(max_size=300), st.lists(st.text(max_size=20), max_size=5))
def test_any_text_gets_a_reply(text: str, earlier: list[str]) -> None:
    """Every text gets a reply without open placeholders, always the same one."""
    history = [Turn(role="assistant", text=line) for line in earlier]
    reply = reply_to(text, history)

    assert reply.text.strip()
    assert reply == reply_to(text, history)


def test_replies_go_round_before_they_repeat() -> None:
    """All replies of a rule are used before one comes again, the oldest first."""
    replies = next(replies for rule, _, replies in RULES if rule == "anything")
    history: list[Turn] = []
    for _ in range(2 * len(replies)):
        history.append(Turn(role="assistant", text=reply_to("blue", history).text))

    assert [turn.text for turn in history] == [*replies, *replies]


@settings(deadline=None)
@given(st.lists(st.text(max_size=5000), max_size=50), st.text(min_size=1, max_size=10_000))
def test_prompts_are_bounded(earlier: list[str], text: str) -> None:
    """A prompt fits in the request, whatever was said before."""
    history = tuple(Turn(role="user", text=line) for line in earlier)

    assert len(prompt_for(text, history)) < 50_000
