"""Tests of MemoryClient: every action passes unchanged, and the breaker spares a dead service."""

from __future__ import annotations

from typing import Any

import pytest

from agents.memory_orchestrator.memory_orchestrator_service import MemoryOrchestratorService
from agents.memory_system.memory_client import MemoryClient
from common.actions import actions_of
from common.contracts.memory import Memory, MemoryFound
from common.contracts.registry import AgentRecord
from common.lifecycle import Phase
from common.messages import ActionError, ErrorCode
from common.peer_circuit import FAILURES, RESET_SECONDS
from common.testing import AgentHarness

Harness = AgentHarness[MemoryClient]

SERVICE = "memory_orchestrator_service"
OWN = {"get_circuit_breaker", "reset_circuit_breaker"}
RECORD = AgentRecord(
    slug=SERVICE,
    instance=SERVICE,
    endpoint="tcp://127.0.0.1:7140",
    health_endpoint="http://127.0.0.1:8140",
    phase=Phase.READY,
    machine="pc2",
    group="memory_orchestrator",
    since=1.0,
)


def connect(agent: Harness, service: AgentHarness[MemoryOrchestratorService]) -> None:
    """Let the real memory service answer what the client asks."""
    agent.peers.know(RECORD)
    for declared in actions_of(MemoryOrchestratorService):
        agent.peers.answer(SERVICE, declared.name, getattr(service.agent, declared.name))


async def assert_fails(agent: Harness, code: ErrorCode, action: str, /, **fields: Any) -> str:
    """Check the code of the error that an action answers and return its message."""
    with pytest.raises(ActionError) as caught:
        await agent.call(action, **fields)
    assert caught.value.code is code
    return caught.value.message


def test_client_and_service_have_the_same_actions() -> None:
    """The client answers what the service answers, with the same types, and its breaker."""
    forwarded = {
        declared.name: (declared.request, declared.reply)
        for declared in actions_of(MemoryClient)
        if declared.name not in OWN
    }
    served = {
        declared.name: (declared.request, declared.reply)
        for declared in actions_of(MemoryOrchestratorService)
    }
    assert forwarded == served
    assert len(served) == 15


async def test_every_action_reaches_the_service() -> None:
    """A tour through all fifteen actions has its effect in the store of the service."""
    async with (
        AgentHarness(MemoryOrchestratorService) as service,
        AgentHarness(MemoryClient) as agent,
    ):
        connect(agent, service)
        await agent.call("add_memory", content="rain falls", memory_id="a")
        batch = [{"content": "flood", "memory_id": "b", "parent_id": "a"}]
        await agent.call("batch_add_memories", memories=batch)
        await agent.call("add_relationship", source_id="a", target_id="b", relation="causes")
        group = await agent.call("create_context_group", name="weather")
        await agent.call("add_to_group", group_id=group.group_id, memory_ids=["a"])
        await agent.call("update_memory", memory_id="a", tags=["sky"])
        await agent.call("reinforce_memory", memory_id="a")

        assert (await agent.call("get_memory", memory_id="a")).memory.tags == ("sky",)
        assert len((await agent.call("batch_get_memories", memory_ids=["a", "b"])).memories) == 2
        assert (await agent.call("get_children", memory_id="a")).total == 1
        assert len((await agent.call("get_related", memory_id="b")).related) == 1
        assert (await agent.call("get_memories_by_group", group_id=group.group_id)).total == 1
        assert len((await agent.call("search_memory", query="rain")).hits) == 1
        assert len((await agent.call("semantic_search", query="rain")).hits) == 1
        await agent.call("delete_memory", memory_id="a", children="cascade")
        assert await service.store.scan("memories") == ()
        assert {call.action for call in agent.peers.calls} == {
            declared.name for declared in actions_of(MemoryOrchestratorService)
        }


async def test_the_breaker_opens_and_spares_the_service() -> None:
    """After three failures in a row the next call is refused without being sent."""
    async with AgentHarness(MemoryClient) as agent:
        agent.peers.fail(SERVICE, "get_memory", ErrorCode.TIMEOUT)
        for _ in range(FAILURES):
            await assert_fails(agent, ErrorCode.TIMEOUT, "get_memory", memory_id="m")
        told = await assert_fails(agent, ErrorCode.UNAVAILABLE, "get_memory", memory_id="m")

        assert "circuit is open" in told
        assert len(agent.peers.calls) == FAILURES
        found = await agent.call("get_circuit_breaker")
        assert (found.state, found.calls, found.failures, found.refused) == ("open", 4, 3, 1)
        assert found.last_error == "timeout: told to fail"


async def test_the_breaker_tries_again_after_a_while() -> None:
    """Half a minute later one call is let through, and its success closes the breaker."""
    async with AgentHarness(MemoryClient) as agent:
        agent.peers.fail(SERVICE, "get_memory", ErrorCode.UNAVAILABLE)
        for _ in range(FAILURES):
            await assert_fails(agent, ErrorCode.UNAVAILABLE, "get_memory", memory_id="m")
        await agent.clock.advance(RESET_SECONDS)
        assert (await agent.call("get_circuit_breaker")).state == "half_open"
        answer = MemoryFound(memory=Memory(memory_id="m", content="back"))
        agent.peers.answer(SERVICE, "get_memory", lambda request: answer)

        assert (await agent.call("get_memory", memory_id="m")).memory.content == "back"
        assert (await agent.call("get_circuit_breaker")).state == "closed"


async def test_a_service_that_was_started_anew_is_trusted() -> None:
    """The failures of a process that died are not held against the one that took its place."""
    async with AgentHarness(MemoryClient) as agent:
        agent.peers.know(RECORD)
        agent.peers.fail(SERVICE, "get_memory", ErrorCode.UNAVAILABLE)
        for _ in range(FAILURES):
            await assert_fails(agent, ErrorCode.UNAVAILABLE, "get_memory", memory_id="m")
        assert (await agent.call("get_circuit_breaker")).state == "open"

        agent.peers.know(
            RECORD.model_copy(update={"since": RECORD.since + 1, "phase": Phase.WAITING})
        )
        assert (await agent.call("get_circuit_breaker")).state == "open"
        agent.peers.know(RECORD.model_copy(update={"since": RECORD.since + 1}))
        answer = MemoryFound(memory=Memory(memory_id="m", content="back"))
        agent.peers.answer(SERVICE, "get_memory", lambda request: answer)

        assert (await agent.call("get_memory", memory_id="m")).memory.content == "back"


async def test_reset_lets_calls_through_at_once() -> None:
    """An operator who knows that the service is back need not wait."""
    async with AgentHarness(MemoryClient) as agent:
        agent.peers.fail(SERVICE, "get_memory", ErrorCode.UNAVAILABLE)
        for _ in range(FAILURES):
            await assert_fails(agent, ErrorCode.UNAVAILABLE, "get_memory", memory_id="m")
        assert (await agent.call("reset_circuit_breaker")).state == "closed"
        await assert_fails(agent, ErrorCode.UNAVAILABLE, "get_memory", memory_id="m")
        assert len(agent.peers.calls) == FAILURES + 1


async def test_a_missing_memory_is_no_failure() -> None:
    """NOT_FOUND of a service that works passes through and leaves the breaker closed."""
    async with (
        AgentHarness(MemoryOrchestratorService) as service,
        AgentHarness(MemoryClient) as agent,
    ):
        connect(agent, service)
        for _ in range(FAILURES + 1):
            await assert_fails(agent, ErrorCode.NOT_FOUND, "get_memory", memory_id="no")
        assert (await agent.call("get_circuit_breaker")).state == "closed"


async def test_a_missing_service_is_not_a_missing_memory() -> None:
    """NOT_FOUND about the agent itself becomes UNAVAILABLE, and counts."""
    async with AgentHarness(MemoryClient) as agent:
        agent.peers.fail(SERVICE, "get_memory", ErrorCode.NOT_FOUND, "no agent is registered")
        for _ in range(FAILURES):
            await assert_fails(agent, ErrorCode.UNAVAILABLE, "get_memory", memory_id="m")
        assert (await agent.call("get_circuit_breaker")).state == "open"


@pytest.mark.parametrize("action", [declared.name for declared in actions_of(MemoryClient)])
async def test_nonsense_is_refused_at_the_door(action: str) -> None:
    """No action forwards a field that it does not know."""
    async with AgentHarness(MemoryClient) as agent:
        await assert_fails(agent, ErrorCode.INVALID, action, nonsense=1)
        assert agent.peers.calls == []
