"""Tests of RemoteConnectorAgent: server, manager, embedded engine, and what is kept."""

from __future__ import annotations

from typing import Any

import pytest

from agents.web_services.remote_connector_agent import (
    KEPT_SECONDS,
    MOST_MODELS,
    RemoteConnectorAgent,
)
from common.contracts.models import (
    MODEL_CHANGES,
    Engine,
    Generation,
    ModelChanged,
    ModelPhase,
)
from common.contracts.registry import AgentRecord
from common.lifecycle import Phase
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness
from common.testing.model_server import SmallModelServer

MANAGER = "model_manager_agent"
RECORD = AgentRecord(
    slug=MANAGER, instance="one", endpoint="tcp://127.0.0.1:1", health_endpoint="",
    phase=Phase.READY, machine="mainpc", group="", since=0.0,
)  # fmt: skip
SUM = "What is 6 * 7?"


def connecting(server: SmallModelServer) -> AgentHarness[RemoteConnectorAgent]:
    """Return the agent over a server."""
    return AgentHarness(RemoteConnectorAgent, configuration=server.configuration())


async def test_the_server_is_asked_first() -> None:
    """With a server nobody else is asked."""
    async with SmallModelServer(models=("small", "large")) as server, connecting(server) as agent:
        agent.peers.know(RECORD)
        found = await agent.call("generate", prompt=SUM, system="Be brief.", model="large")

        assert (found.text, found.model, found.engine) == ("42", "large", Engine.SERVER)
        assert server.requests[-1].messages[0] == {"role": "system", "content": "Be brief."}
        assert agent.peers.calls == []


async def test_the_manager_is_the_second_way() -> None:
    """When the server fails, the manager of the other machine answers."""
    async with SmallModelServer() as server, connecting(server) as agent:
        server.fail(500)
        agent.peers.know(RECORD)
        agent.peers.answer(MANAGER, "generate", lambda _: Generation(text="hi", model="gguf"))
        found = await agent.call("generate", prompt=SUM)
        status = await agent.call("check_status")

    assert (found.text, found.model) == ("hi", "gguf")
    assert status.answered == {"manager": 1}
    assert (status.server_configured, status.server_healthy) == (True, False)
    assert "500" in status.problem


async def test_the_embedded_engine_is_the_last_and_says_why() -> None:
    """Its note tells what failed before, and what to configure."""
    async with SmallModelServer() as server, connecting(server) as agent:
        server.hang()
        agent.peers.know(RECORD)
        agent.peers.fail(MANAGER, "generate", ErrorCode.OVERLOADED)
        await server.close()
        found = await agent.call("generate", prompt=SUM)

    assert (found.text, found.engine, found.cached) == ("42", Engine.EMBEDDED, False)
    assert "model server failed (unavailable" in found.note
    assert "model_manager_agent failed (overloaded" in found.note
    assert "MODEL_SERVER_URL" in found.note


async def test_a_failing_manager_is_left_alone_for_a_while() -> None:
    """After three failures it is not asked for half a minute."""
    async with AgentHarness(RemoteConnectorAgent) as agent:
        agent.peers.know(RECORD)
        agent.peers.fail(MANAGER, "generate", ErrorCode.TIMEOUT)
        for _ in range(5):
            await agent.call("generate", prompt=SUM)
        status = await agent.call("check_status")
        asked = len(agent.peers.calls_of(MANAGER, "generate"))

    assert (asked, status.circuit) == (3, "open")


async def test_answers_are_kept_for_an_hour_and_over_a_restart() -> None:
    """The same request is not sent twice; another one, a hot one and a conversation are."""
    async with SmallModelServer() as server:
        async with connecting(server) as agent:
            await agent.call("generate", prompt=SUM)
            store, clock = agent.store, agent.clock
        again = AgentHarness(
            RemoteConnectorAgent, configuration=server.configuration(), store=store, clock=clock
        )
        async with again as agent:
            kept = await agent.call("generate", prompt=SUM)
            status = await agent.call("check_status")
            hot = await agent.call("generate", prompt=SUM, temperature=1.0)
            talk = await agent.call("generate", prompt=SUM, conversation_id="c")
            await clock.advance(KEPT_SECONDS)
            late = await agent.call("generate", prompt=SUM)

    assert (kept.text, kept.cached, status.kept_responses) == ("42", True, 1)
    assert [each.cached for each in (hot, talk, late)] == [False, False, False]


async def test_what_becomes_of_models_is_known() -> None:
    """Told by an action or heard as an event; of too many the oldest is forgotten."""
    async with AgentHarness(RemoteConnectorAgent) as agent:
        await agent.clock.settle()
        changed = ModelChanged(model="a", backend="x", phase=ModelPhase.LOADED, at=1.0)
        agent.peers.happen(MODEL_CHANGES, changed)
        await agent.clock.settle()
        await agent.call("model_status_update", model="b", phase="failed", backend="y")
        one = await agent.call("check_status", model="b")
        every = await agent.call("check_status")
        for number in range(MOST_MODELS):
            taken = await agent.call("model_status_update", model=f"m{number}", phase="loaded")
        with pytest.raises(ActionError) as caught:
            await agent.call("check_status", model="a")

    assert [(each.model, each.phase) for each in one.models] == [("b", ModelPhase.FAILED)]
    assert [each.model for each in every.models] == ["a", "b"]
    assert taken.models == MOST_MODELS
    assert caught.value.code is ErrorCode.NOT_FOUND


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("generate", {"prompt": "  "}),
        ("generate", {"prompt": "x" * 50_001}),
        ("generate", {"prompt": "x", "max_tokens": 0}),
        ("generate", {"prompt": "x", "model": "a b"}),
        ("model_status_update", {"model": "a", "phase": "asleep"}),
        ("check_status", {"model": ""}),
    ],
)
async def test_malformed_requests_are_invalid(action: str, fields: dict[str, Any]) -> None:
    """Prompts, limits and names are checked."""
    async with AgentHarness(RemoteConnectorAgent) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call(action, **fields)

    assert caught.value.code is ErrorCode.INVALID
