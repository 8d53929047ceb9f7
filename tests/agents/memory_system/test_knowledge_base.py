"""Tests of KnowledgeBase: facts by topic over a real memory service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.memory_orchestrator.memory_orchestrator_service import MemoryOrchestratorService
from agents.memory_system.knowledge_base import REVISIONS_KEPT, KnowledgeBase, tag_of
from common.actions import actions_of
from common.contracts.memory import AddMemoryRequest, MemoryAdded, MemoryHits
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

Harness = AgentHarness[KnowledgeBase]

CLIENT = "memory_client"
NAMES = ["boiler", "garden", "invoice", "train", "passport", "violin", "lamp", "router"]


@asynccontextmanager
async def knowledge() -> AsyncIterator[Harness]:
    """Run the knowledge base over a memory service that keeps what it is told."""
    async with (
        AgentHarness(MemoryOrchestratorService) as service,
        AgentHarness(KnowledgeBase, clock=service.clock) as agent,
    ):
        for declared in actions_of(MemoryOrchestratorService):
            agent.peers.answer(CLIENT, declared.name, getattr(service.agent, declared.name))
        yield agent


async def assert_fails(
    agent: Harness, code: ErrorCode, field: str | None, action: str, /, **fields: Any
) -> None:
    """Check code and field of the error that an action answers."""
    with pytest.raises(ActionError) as caught:
        await agent.call(action, **fields)
    assert (caught.value.code, caught.value.field) == (code, field)


async def test_a_fact_is_kept_as_a_long_memory() -> None:
    """A fact becomes a memory of the long tier with its topic as tag."""
    async with AgentHarness(KnowledgeBase) as agent:
        agent.peers.answer(CLIENT, "search_memory", lambda request: MemoryHits(hits=()))
        agent.peers.answer(CLIENT, "add_memory", lambda request: MemoryAdded(memory_id="m1"))
        reply = await agent.call("add_fact", topic="Boiler ", content="serviced on 4 May")

        (sent,) = agent.peers.calls_of(CLIENT, "add_memory")
        assert (reply.fact_id, reply.known) == ("m1", False)
        assert (sent.tier, sent.memory_type, sent.tags) == ("long", "fact", ("boiler",))
        assert sent.metadata["topic"] == "Boiler"


async def test_a_question_finds_the_fact() -> None:
    """What was said about the boiler answers a question about the boiler."""
    async with knowledge() as agent:
        await agent.call("add_fact", topic="boiler", content="the boiler was serviced on 4 May")
        await agent.call("add_fact", topic="garden", content="the garden was watered on 5 May")
        found = await agent.call("search_facts", query="when was the boiler serviced?")

        assert found.facts[0].fact.content == "the boiler was serviced on 4 May"
        assert found.facts[0].score > 0


async def test_the_topic_alone_finds_the_fact() -> None:
    """A fact whose words do not name its topic is found by the topic."""
    async with knowledge() as agent:
        await agent.call("add_fact", topic="boiler", content="serviced on 4 May")
        (hit,) = (await agent.call("search_facts", query="boiler")).facts
        assert hit.fact.topic == "boiler"


async def test_similar_word_forms_help_when_no_word_matches() -> None:
    """A spelling that no fact has still finds the nearest."""
    async with knowledge() as agent:
        await agent.call("add_fact", topic="plants", content="photosynthesis needs light")
        found = await agent.call("search_facts", query="fotosynthesis")
        assert [hit.fact.topic for hit in found.facts] == ["plants"]


async def test_the_same_fact_is_kept_once() -> None:
    """Told again in other letters, a fact is recognised and reinforced."""
    async with knowledge() as agent:
        first = await agent.call("add_fact", topic="Boiler", content="Serviced on 4 May.")
        again = await agent.call("add_fact", topic="boiler", content="serviced on 4 may")
        other = await agent.call("add_fact", topic="boiler", content="serviced on 5 May")

        assert (again.fact_id, again.known) == (first.fact_id, True)
        assert not other.known
        assert len(agent.peers.calls_of(CLIENT, "reinforce_memory")) == 1


async def test_a_fact_is_read_by_id_or_by_topic() -> None:
    """By id it is that fact, by topic the newest, whatever the case."""
    async with knowledge() as agent:
        old = await agent.call("add_fact", topic="lamp", content="red")
        await agent.clock.advance(1)
        await agent.call("add_fact", topic="Lamp", content="green")
        assert (await agent.call("get_fact", fact_id=old.fact_id)).fact.content == "red"
        assert (await agent.call("get_fact", topic="LAMP")).fact.content == "green"


async def test_an_update_keeps_the_history() -> None:
    """The old content moves to the history with the reason; the new one is found."""
    async with knowledge() as agent:
        key = (await agent.call("add_fact", topic="lamp", content="the lamp is red")).fact_id
        updated = await agent.call(
            "update_fact", fact_id=key, content="the lamp is green", reason="painted"
        )

        (before,) = updated.fact.history
        assert (before.content, before.reason) == ("the lamp is red", "painted")
        assert before.replaced_at == agent.clock.now()
        assert (await agent.call("get_fact", fact_id=key)).fact == updated.fact
        assert (await agent.call("search_facts", query="green")).facts[0].fact.fact_id == key


async def test_an_update_without_change_leaves_no_trace() -> None:
    """The same content again is no revision."""
    async with knowledge() as agent:
        key = (await agent.call("add_fact", topic="lamp", content="red")).fact_id
        assert (await agent.call("update_fact", fact_id=key, content=" red ")).fact.history == ()


async def test_the_history_is_bounded() -> None:
    """Only the last fifty revisions are kept, oldest first."""
    async with knowledge() as agent:
        key = (await agent.call("add_fact", topic="count", content="0")).fact_id
        for number in range(1, REVISIONS_KEPT + 3):
            reply = await agent.call("update_fact", fact_id=key, content=str(number))
        assert len(reply.fact.history) == REVISIONS_KEPT
        assert reply.fact.history[0].content == "2"


async def test_what_is_no_fact_is_not_found() -> None:
    """Unknown ids, unknown topics and memories of other types are no facts."""
    async with knowledge() as agent:
        request = AddMemoryRequest(content="just a note")
        note = await agent.peers.call(CLIENT, "add_memory", request, MemoryAdded)
        for key in ("no", note.memory_id):
            await assert_fails(agent, ErrorCode.NOT_FOUND, "fact_id", "get_fact", fact_id=key)
            await assert_fails(
                agent, ErrorCode.NOT_FOUND, "fact_id", "update_fact", fact_id=key, content="x"
            )
        await assert_fails(agent, ErrorCode.NOT_FOUND, "topic", "get_fact", topic="nothing")
        assert (await agent.call("search_facts", query="just a note")).facts == ()


async def test_an_absent_memory_is_told() -> None:
    """Without the memory client every action is UNAVAILABLE."""
    async with AgentHarness(KnowledgeBase) as agent:
        for action, fields in (
            ("add_fact", {"topic": "t", "content": "c"}),
            ("get_fact", {"fact_id": "f"}),
            ("update_fact", {"fact_id": "f", "content": "c"}),
            ("search_facts", {"query": "q"}),
        ):
            await assert_fails(agent, ErrorCode.UNAVAILABLE, None, action, **fields)


@pytest.mark.parametrize(
    ("action", "fields", "field"),
    [
        ("add_fact", {"topic": " ", "content": "c"}, "topic"),
        ("add_fact", {"topic": "t", "content": ""}, "content"),
        ("get_fact", {}, "body"),
        ("get_fact", {"fact_id": "f", "topic": "t"}, "body"),
        ("update_fact", {"fact_id": "f"}, "content"),
        ("search_facts", {"query": "q", "limit": 0}, "limit"),
    ],
)
async def test_a_malformed_request_names_its_field(
    action: str, fields: dict[str, Any], field: str
) -> None:
    """Every action refuses nonsense with the name of the field."""
    async with AgentHarness(KnowledgeBase) as agent:
        await assert_fails(agent, ErrorCode.INVALID, field, action, **fields)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
async def test_every_fact_is_found_by_its_topic(topics: list[str]) -> None:
    """However many facts there are, the one about a topic comes first for that topic."""
    async with knowledge() as agent:
        for topic in topics:
            await agent.call("add_fact", topic=topic, content=f"the {topic} is in place")
        for topic in topics:
            found = await agent.call("search_facts", query=f"where is the {topic}?")
            assert found.facts[0].fact.topic == topic


@settings(deadline=None)
@given(st.text(min_size=1, max_size=50).filter(str.strip))
def test_a_tag_does_not_depend_on_case_or_spacing(topic: str) -> None:
    """The tag of a topic is never empty and is its own tag."""
    assert tag_of(f"  {topic} ") == tag_of(topic)
    assert tag_of(tag_of(topic)) == tag_of(topic) != ""
