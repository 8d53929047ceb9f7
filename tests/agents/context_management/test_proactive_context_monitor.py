"""Tests of ProactiveContextMonitor: help is offered when it fits, and not too often."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.context_management.help_rules import RULES, offers_for, pause_of
from agents.context_management.proactive_context_monitor import MAX_NOTES, ProactiveContextMonitor
from common.contracts.coordination import INTERACTIONS, InteractionHappened
from common.contracts.proactive import OFFERS, ContextKind, ContextNote
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

Agent = AgentHarness[ProactiveContextMonitor]
NOTES = st.lists(
    st.builds(
        ContextNote,
        text=st.text(min_size=1, max_size=80),
        user_id=st.just("u"),
        kind=st.sampled_from(ContextKind),
        failed=st.booleans(),
        at=st.floats(0, 2000),
    ),
    max_size=12,
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("The deadline of the report is near", "deadline"),
        ("I have an appointment at the dentist", "deadline"),
        ("I must not forget the milk", "deadline"),
        ("I'm stuck with this form", "stuck"),
        ("I have no idea how that works", "stuck"),
    ],
)
async def test_words_that_call_for_help(text: str, reason: str) -> None:
    """A deadline or a dead end in what the user says is a chance to help."""
    async with AgentHarness(ProactiveContextMonitor) as agent:
        taken = await agent.call("add_context", text=text, user_id="anna")
        (offer,) = agent.published(OFFERS)

        assert taken.offers == (reason,)
        assert (offer.reason, offer.user_id) == (reason, "anna")
        assert offer.text.endswith("?")


@pytest.mark.parametrize(
    "text", ["The cat sleeps", "What time is it?", "Turn on the light", "I like this song"]
)
async def test_ordinary_words_call_for_nothing(text: str) -> None:
    """Nobody is bothered over everyday talk."""
    async with AgentHarness(ProactiveContextMonitor) as agent:
        taken = await agent.call("add_context", text=text)

        assert taken.offers == ()
        assert agent.published(OFFERS) == ()


async def test_repeated_failures_call_for_help() -> None:
    """The third failure in a quarter of an hour is one too many; of two users it is not."""
    async with AgentHarness(ProactiveContextMonitor) as agent:
        made = [
            await agent.call(
                "add_context", text=f"job {n} broke", kind="event", failed=True, user_id=user
            )
            for n, user in enumerate(("anna", "anna", "bert", "anna"))
        ]

        assert [taken.offers for taken in made] == [(), (), (), ("repeated_failures",)]


async def test_failures_long_ago_do_not_count() -> None:
    """What failed an hour before is not held against now."""
    async with AgentHarness(ProactiveContextMonitor) as agent:
        for _ in range(3):
            taken = await agent.call("add_context", text="broke", kind="event", failed=True)
            await agent.clock.advance(3600)

        assert taken.offers == ()


async def test_asking_again_and_no_answer_are_noticed() -> None:
    """A question that was not answered, and one that is asked again, are chances."""
    async with AgentHarness(ProactiveContextMonitor) as agent:
        await agent.call("add_context", text="When does the museum open?")
        unanswered = await agent.call("add_context", text="I don't know that.", kind="answered")
        again = await agent.call("add_context", text="When does the museum open today?")

        assert unanswered.offers == ("unanswered_question",)
        assert again.offers == ("asked_again",)


async def test_low_mood_is_noticed() -> None:
    """Three sad sentences in a row are answered by an offer to talk."""
    async with AgentHarness(ProactiveContextMonitor) as agent:
        for text in ("I am so sad", "Everything is terrible", "I feel lonely and hopeless"):
            taken = await agent.call("add_context", text=text)

        assert taken.offers == ("low_mood",)


async def test_an_offer_is_not_made_again_until_its_pause_is_over() -> None:
    """The same chance is not taken twice in a row, for one user; another one is."""
    async with AgentHarness(ProactiveContextMonitor) as agent:
        first = await agent.call("add_context", text="I am stuck", user_id="anna")
        second = await agent.call("add_context", text="I am stuck", user_id="anna")
        other = await agent.call("add_context", text="I am stuck", user_id="bert")
        await agent.clock.advance(pause_of("stuck"))
        third = await agent.call("add_context", text="I am stuck", user_id="anna")

        assert [taken.offers for taken in (first, second, other, third)] == [
            ("stuck",), (), ("stuck",), ("stuck", "low_mood"),
        ]  # fmt: skip


async def test_conversations_are_watched() -> None:
    """What the coordinator tells is context, too."""
    async with AgentHarness(ProactiveContextMonitor) as agent:
        await agent.clock.settle()
        happened = InteractionHappened(
            request_id="r", user_id="anna", session_id="s", text="Who won the cup?",
            answer="I don't know.", at=1.0,
        )  # fmt: skip
        agent.peers.happen(INTERACTIONS, happened)
        async with asyncio.timeout(5):
            while not agent.published(OFFERS):
                await asyncio.sleep(0)
        history = await agent.call("get_context_history", user_id="anna")

        assert [note.kind.value for note in history.notes] == ["said", "answered"]
        assert agent.published(OFFERS)[0].reason == "unanswered_question"


async def test_history_is_kept_by_user_bounded_and_cleared() -> None:
    """The latest notes are there until they are cleared, of one user or of all."""
    async with AgentHarness(ProactiveContextMonitor) as agent:
        for number in range(MAX_NOTES + 5):
            user = "anna" if number % 2 else "bert"
            await agent.call("add_context", text=f"note {number}", kind="event", user_id=user)
        hers = await agent.call("get_context_history", user_id="anna", limit=2)
        cleared = await agent.call("clear_context_history", user_id="anna")
        rest = await agent.call("clear_context_history")
        nothing = await agent.call("get_context_history")

        assert [note.text for note in hers.notes] == ["note 1001", "note 1003"]
        assert cleared.notes + rest.notes == MAX_NOTES
        assert nothing.notes == ()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "x", "kind": "dream"}, "kind"),
        ({"text": "x", "user_id": "u" * 201}, "user_id"),
        ({"text": "x" * 10_001}, "text"),
    ],
)
async def test_malformed_context_is_invalid(fields: dict[str, object], field: str) -> None:
    """A note that is none is refused with its field."""
    async with AgentHarness(ProactiveContextMonitor) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("add_context", **fields)

        assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, field)


@settings(deadline=None, max_examples=50)
@given(NOTES)
def test_any_notes_give_known_offers_surest_first(notes: list[ContextNote]) -> None:
    """Whatever was said, offers are those of the rules, in order, each once."""
    offers = offers_for(sorted(notes, key=lambda note: note.at))
    reasons = [offer.reason for offer in offers]

    assert set(reasons) <= {rule.reason for rule in RULES}
    assert len(set(reasons)) == len(reasons)
    assert [offer.confidence for offer in offers] == sorted(
        (offer.confidence for offer in offers), reverse=True
    )
