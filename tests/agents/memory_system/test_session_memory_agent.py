"""Tests of SessionMemoryAgent: sessions over a real memory service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.memory_orchestrator.memory_orchestrator_service import MemoryOrchestratorService
from agents.memory_system.session_memory_agent import (
    SessionMemoryAgent,
    within_budget,
)
from common.actions import actions_of
from common.contracts.session import Interaction, SessionContext
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness
from common.token_cost import token_cost

Harness = AgentHarness[SessionMemoryAgent]

CLIENT = "memory_client"
INTERACTIONS = st.lists(
    st.builds(
        Interaction,
        interaction_id=st.uuids().map(str),
        role=st.sampled_from(["user", "assistant"]),
        text=st.text(alphabet="ab ", min_size=1, max_size=40),
        at=st.just(0.0),
    ),
    max_size=10,
).map(tuple)


def connect(agent: Harness, service: AgentHarness[MemoryOrchestratorService]) -> None:
    """Let the real memory service answer in the place of the memory client."""
    for declared in actions_of(MemoryOrchestratorService):
        agent.peers.answer(CLIENT, declared.name, getattr(service.agent, declared.name))


@asynccontextmanager
async def sessions() -> AsyncIterator[Harness]:
    """Run the agent over a memory service that keeps what it is told."""
    async with (
        AgentHarness(MemoryOrchestratorService) as service,
        AgentHarness(SessionMemoryAgent, clock=service.clock) as agent,
    ):
        connect(agent, service)
        yield agent


async def say(agent: Harness, *texts: str, session_id: str = "s") -> None:
    """Add things said by the user and the assistant in turn."""
    for number, text in enumerate(texts):
        role = "assistant" if number % 2 else "user"
        await agent.call("add_interaction", session_id=session_id, role=role, text=text)


def texts(context: SessionContext) -> list[str]:
    """Return what was said, in order."""
    return [interaction.text for interaction in context.interactions]


async def assert_fails(
    agent: Harness, code: ErrorCode, field: str | None, action: str, /, **fields: Any
) -> None:
    """Check code and field of the error that an action answers."""
    with pytest.raises(ActionError) as caught:
        await agent.call(action, **fields)
    assert (caught.value.code, caught.value.field) == (code, field)


async def test_context_is_what_was_said_in_order() -> None:
    """A new session is empty, and then holds every turn with its role."""
    async with sessions() as agent:
        created = await agent.call("create_session", session_id="s", user_id="ann")
        assert (created.session_id, created.user_id) == ("s", "ann")
        assert texts(await agent.call("get_context", session_id="s")) == []

        await say(agent, "hello", "good day", "how are you?")
        context = await agent.call("get_context", session_id="s")
        assert texts(context) == ["hello", "good day", "how are you?"]
        assert [said.role for said in context.interactions] == ["user", "assistant", "user"]
        assert (context.user_id, context.dropped) == ("ann", 0)
        assert context.tokens == sum(map(token_cost, texts(context)))


async def test_a_session_without_an_id_gets_one() -> None:
    """Two sessions that name no id do not share one."""
    async with sessions() as agent:
        one = await agent.call("create_session")
        two = await agent.call("create_session")
        assert one.session_id != two.session_id


async def test_a_session_is_created_once() -> None:
    """The id of a session that exists conflicts."""
    async with sessions() as agent:
        await agent.call("create_session", session_id="s")
        await assert_fails(
            agent, ErrorCode.CONFLICT, "session_id", "create_session", session_id="s"
        )


async def test_limit_and_budget_keep_the_newest() -> None:
    """The last turns win, and what was left out is counted."""
    async with sessions() as agent:
        await agent.call("create_session", session_id="s")
        await say(agent, "one two three four", "five", "six")
        limited = await agent.call("get_context", session_id="s", limit=2)
        tight = await agent.call("get_context", session_id="s", token_budget=2)
        assert (texts(limited), limited.dropped) == (["five", "six"], 1)
        assert (texts(tight), tight.tokens, tight.dropped) == (["five", "six"], 2, 1)


async def test_search_stays_in_the_session_if_told_to() -> None:
    """With a session only its interactions are found, without one those of all."""
    async with sessions() as agent:
        for key in ("s", "t"):
            await agent.call("create_session", session_id=key)
            await say(agent, f"the violin of {key}", "I see", session_id=key)
        inside = await agent.call("search_interactions", query="violins", session_id="t")
        everywhere = await agent.call("search_interactions", query="violins")
        assert [match.interaction.text for match in inside.matches] == ["the violin of t"]
        assert {match.session_id for match in everywhere.matches} == {"s", "t"}


async def test_deletion_takes_everything_said_along() -> None:
    """A deleted session is gone with its interactions, and its id is free again."""
    async with sessions() as agent:
        await agent.call("create_session", session_id="s")
        await say(agent, "secret", "noted")
        assert (await agent.call("delete_session", session_id="s")).interactions == 2
        assert (await agent.call("search_interactions", query="secret")).matches == ()
        await agent.call("create_session", session_id="s")


async def test_sessions_survive_a_restart() -> None:
    """A second process has the context, because the first kept nothing to itself."""
    async with AgentHarness(MemoryOrchestratorService) as service:
        async with AgentHarness(SessionMemoryAgent) as agent:
            connect(agent, service)
            await agent.call("create_session", session_id="s")
            await say(agent, "hello")
        async with AgentHarness(SessionMemoryAgent) as agent:
            connect(agent, service)
            assert texts(await agent.call("get_context", session_id="s")) == ["hello"]


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("delete_session", {}),
        ("add_interaction", {"role": "user", "text": "x"}),
        ("get_context", {}),
        ("search_interactions", {"query": "x"}),
    ],
)
async def test_an_unknown_session_is_not_found(action: str, fields: dict[str, Any]) -> None:
    """Every action names the session that does not exist."""
    async with sessions() as agent:
        await assert_fails(
            agent, ErrorCode.NOT_FOUND, "session_id", action, session_id="no", **fields
        )


async def test_an_absent_memory_is_told() -> None:
    """Without the memory client every action is UNAVAILABLE."""
    async with AgentHarness(SessionMemoryAgent) as agent:
        said = {"session_id": "s", "role": "user", "text": "x"}
        for action, fields in (
            ("create_session", {}),
            ("delete_session", {"session_id": "s"}),
            ("add_interaction", said),
            ("get_context", {"session_id": "s"}),
            ("search_interactions", {"query": "x"}),
        ):
            await assert_fails(agent, ErrorCode.UNAVAILABLE, None, action, **fields)


@pytest.mark.parametrize(
    ("action", "fields", "field"),
    [
        ("create_session", {"session_id": "a b"}, "session_id"),
        ("create_session", {"user_id": ""}, "user_id"),
        ("delete_session", {}, "session_id"),
        ("add_interaction", {"session_id": "s", "role": "dog", "text": "x"}, "role"),
        ("add_interaction", {"session_id": "s", "role": "user", "text": " "}, "text"),
        ("get_context", {"session_id": "s", "token_budget": 0}, "token_budget"),
        ("search_interactions", {"query": ""}, "query"),
    ],
)
async def test_a_malformed_request_names_its_field(
    action: str, fields: dict[str, Any], field: str
) -> None:
    """Every action refuses nonsense with the name of the field."""
    async with AgentHarness(SessionMemoryAgent) as agent:
        await assert_fails(agent, ErrorCode.INVALID, field, action, **fields)


@settings(deadline=None)
@given(INTERACTIONS, st.integers(min_value=1, max_value=60))
def test_the_budget_is_kept_without_gaps(
    newest_first: tuple[Interaction, ...], budget: int
) -> None:
    """What fits is a run of the newest; one more would not have fitted."""
    kept, spent = within_budget(newest_first, budget)
    assert kept == tuple(reversed(newest_first[: len(kept)]))
    assert spent == sum(token_cost(said.text) for said in kept) <= budget
    if len(kept) < len(newest_first):
        assert spent + token_cost(newest_first[len(kept)].text) > budget
