"""Tests of NLUAgent: what is wanted and what is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.language_processing.entities import MAX_ENTITIES, find_entities
from agents.language_processing.intent_rules import RULES
from agents.language_processing.intents import analyze
from agents.language_processing.nlu_agent import NLUAgent, NLUConfiguration
from agents.language_processing.topics import topic_of
from common.contracts.language import MAX_TEXT, Intent
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

UTTERANCES = tuple(
    (str(text), Intent(intent))
    for text, intent in json.loads(Path(__file__).with_name("utterances.json").read_text())
)


def found(text: str) -> list[tuple[str, str]]:
    """Return kind and value of every entity written in a text."""
    return [(entity.kind, entity.value) for entity in find_entities(text)]


async def test_remember_names_topic_and_content() -> None:
    """A statement to remember comes back as its topic, its content and its date."""
    async with AgentHarness(NLUAgent) as agent:
        analysis = await agent.call(
            "analyze", text="Remember that the boiler was serviced on 4 May."
        )

        assert analysis.intent is Intent.REMEMBER
        assert analysis.first("topic") == "boiler"
        assert analysis.first("content") == "the boiler was serviced on 4 May"
        assert analysis.first("date") == "4 May"
        assert analysis.confidence > 0.8


async def test_recall_names_the_query() -> None:
    """A question comes back as a query without its question mark."""
    async with AgentHarness(NLUAgent) as agent:
        analysis = await agent.call("analyze", text="when was the boiler serviced?")

        assert analysis.intent is Intent.RECALL
        assert analysis.first("query") == "when was the boiler serviced"


async def test_context_topic_resolves_it() -> None:
    """A question about `it` asks for the topic that the context names."""
    async with AgentHarness(NLUAgent) as agent:
        told = await agent.call(
            "analyze", text="when was it serviced?", context={"topic": "the boiler"}
        )
        untold = await agent.call("analyze", text="when was it serviced?", context={"topic": 4})

        assert told.first("query") == "when was the boiler serviced"
        assert untold.first("query") == "when was it serviced"


async def test_too_long_text_is_invalid() -> None:
    """Text past the limit, and a request without text, are refused with the field."""
    async with AgentHarness(NLUAgent) as agent:
        for fields in ({"text": "x" * (MAX_TEXT + 1)}, {}, {"text": 7}):
            with pytest.raises(ActionError) as caught:
                await agent.call("analyze", **fields)

            assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, "text")


def test_labelled_utterances_are_understood() -> None:
    """At least nine of ten labelled utterances get their intent."""
    wrong = [(text, analyze(text).intent) for text, intent in UTTERANCES
             if analyze(text).intent is not intent]  # fmt: skip

    assert len(UTTERANCES) >= 60
    assert len(wrong) <= len(UTTERANCES) / 10, wrong


def test_labelled_utterances_cover_every_intent() -> None:
    """Every intent has labelled utterances, and no rule is just a copy of one."""
    assert {intent for _, intent in UTTERANCES} == set(Intent)
    assert not {text for text, _ in UTTERANCES} & {rule.pattern for rule in RULES}


async def test_reminders_name_their_moment() -> None:
    """A reminder comes back as its task, and the seconds or the moment in the user's zone."""
    zone = NLUConfiguration(time_zone="Europe/Berlin")
    async with AgentHarness(NLUAgent, configuration=zone) as agent:
        soon = await agent.call("analyze", text="remind me in 3 seconds to turn off the stove")
        later = await agent.call("analyze", text="remind me at 18:30 to call mum")
        never = await agent.call("analyze", text="remind me to call mum")

        assert (soon.first("task"), soon.first("seconds")) == ("turn off the stove", "3")
        # The clock of the test stands at 15:06 UTC, a summer's day.
        assert (later.first("task"), later.first("at")) == (
            "call mum",
            "2025-06-15T18:30:00+02:00",
        )
        assert [never.first(kind) for kind in ("task", "seconds", "at")] == [None] * 3


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "\0"])
def test_a_zone_that_is_none_is_refused(name: str) -> None:
    """A mistake in the configuration is told when the agent starts."""
    with pytest.raises(ValueError, match="Europe/Berlin"):
        NLUConfiguration(time_zone=name)


@pytest.mark.parametrize(
    ("text", "implied"),
    [
        ("what does example.org/a say about tea?", {"url": "https://example.org/a",
                                                    "query": "tea"}),
        ("read http://localhost:8000/a.html.", {"url": "http://localhost:8000/a.html"}),
        ("please write a python function that adds", {"language": "python"}),
        ("what is 15% of 80?", {"question": "what is 15% of 80?"}),
        ("think step by step: is 91 prime", {"question": "is 91 prime"}),
    ],
)  # fmt: skip
def test_what_is_asked_of_others_is_named(text: str, implied: dict[str, str]) -> None:
    """Pages come with their address, code with its language, hard questions whole."""
    analysis = analyze(text)

    assert {kind: analysis.first(kind) for kind in implied} == implied


def test_rule_ids_are_unique() -> None:
    """A rule id names one rule."""
    assert len({rule.rule_id for rule in RULES}) == len(RULES)


@settings(deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_analyzed(text: str) -> None:
    """No text raises, entities lie where they say, and the same text gives the same answer."""
    analysis = analyze(text)

    assert analysis == analyze(text)
    for entity in analysis.entities:
        assert entity.value
        assert entity.start == -1 or 0 <= entity.start < entity.end <= len(text)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(
        ["remember that ", "remind me ", "what is ", "my name is ", "search ", "thanks "]
    ),
    st.text(max_size=200),
)
def test_any_continuation_is_analyzed(beginning: str, text: str) -> None:
    """Nothing after a known beginning raises either."""
    assert 0.0 <= analyze(beginning + text).confidence <= 1.0


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("what is 2 plus 3 times 4?", "calculate 2 + 3 * 4"),
        ("how much is 10 divided by 4", "calculate 10 / 4"),
        ("2 to the power of 8", "calculate 2 ** 8"),
        ("what time is it?", "time"),
        ("how is the system doing?", "status"),
        ("forget everything you know about the boiler", "forget the boiler"),
        ("look up the plumber", "search the plumber"),
        ("hey, could you please turn on the lights", "turn on the lights"),
    ],
)
def test_commands_are_made_canonical(text: str, command: str) -> None:
    """A command comes back in the words that the command agents know."""
    assert analyze(text).first("command") == command


def test_entities_are_found_in_order() -> None:
    """Dates, times, durations, numbers, quotations and addresses are told apart."""
    text = 'mail a.b@example.org "two words" on 4 May at 5:30 pm, wait 3 seconds, www.example.org 7'

    assert found(text) == [
        ("email", "a.b@example.org"),
        ("quoted", "two words"),
        ("date", "4 May"),
        ("time", "5:30 pm"),
        ("duration", "3 seconds"),
        ("url", "www.example.org"),
        ("number", "7"),
    ]


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("tomorrow then", ("date", "tomorrow")),
        ("on 2027-05-04", ("date", "2027-05-04")),
        ("May 4th, 2027 it is", ("date", "May 4th, 2027")),
        ("next Tuesday", ("date", "next Tuesday")),
        ("half an hour", ("duration", "half an hour")),
        ("at 7 o'clock", ("time", "7 o'clock")),
        ("it is -3.5 outside", ("number", "-3.5")),
        ("he said 'well done' twice", ("quoted", "well done")),
        ("My name is Anna Karenina and I stay", ("person", "Anna Karenina")),
        ("my name\u2019s anna", ("person", "anna")),
    ],
)
def test_single_entities(text: str, entity: tuple[str, str]) -> None:
    """Each kind of entity is found as it was written."""
    assert entity in found(text)


@pytest.mark.parametrize(
    ("content", "topic"),
    [
        ("the boiler was serviced on 4 May", "boiler"),
        ("I parked the car on level 3", "car"),
        ("Anna's phone number is 555", "Anna's phone number"),
        ("the key to the shed hangs behind the door", "key"),
        ("we need milk", "milk"),
        ("boiler", "boiler"),
        ("?", "?"),
    ],
)
def test_topics(content: str, topic: str) -> None:
    """A statement is about its subject, or its object after a pronoun."""
    assert topic_of(content) == topic


def test_entities_are_bounded() -> None:
    """A text of numbers only has a bounded number of entities."""
    assert len(find_entities("1 " * 5_000)) == MAX_ENTITIES
