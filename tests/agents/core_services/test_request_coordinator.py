"""Tests of RequestCoordinator: the queue, the flows and what survives a restart."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.agents.core_services.front_desk import (
    Harness,
    ask,
    judge,
    record,
    result_of,
    staff,
    understand,
)

from agents.core_services.request_coordinator import (
    ATTEMPTS,
    CAPACITY,
    WORKERS,
    RequestCoordinator,
)
from agents.core_services.request_queue import Ticket
from agents.core_services.request_store import KEEP_RESULT_SECONDS, PENDING
from common.contracts import coordination as c
from common.contracts import knowledge as k
from common.contracts import language as n
from common.contracts import session as s
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness


async def never(request: n.AnalyzeRequest) -> n.Analysis:
    """Never reply."""
    await asyncio.Event().wait()
    raise AssertionError("nothing sets the event")


def broken(request: n.RespondRequest) -> n.Wording:
    """Fail as no peer may."""
    raise RuntimeError("a fault")


async def assert_fails(
    agent: Harness, code: ErrorCode, field: str | None, action: str, /, **fields: Any
) -> str:
    """Check code and field of the error that an action answers and return its message."""
    with pytest.raises(ActionError) as caught:
        await agent.call(action, **fields)
    assert (caught.value.code, caught.value.field) == (code, field)
    return caught.value.message


async def test_small_talk_goes_through_the_whole_flow() -> None:
    """Context, analysis, chat, wording and memory are used in this order."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        result = await ask(agent)

        assert (result.status, result.answer) == (c.RequestStatus.DONE, "nice")
        assert [call.action for call in agent.peers.calls] == [
            "get_context",
            "analyze",
            "update_emotional_state",
            "chitchat",
            "respond",
            "add_interaction",
            "add_interaction",
        ]
        (said,) = agent.peers.calls_of("chitchat_agent", "chitchat")
        assert said.history == (n.Turn(role="user", text="earlier"),)
        noted = agent.peers.calls_of("session_memory_agent", "add_interaction")
        assert [(turn.role, turn.text) for turn in noted] == [
            ("user", "hello"),
            ("assistant", "nice"),
        ]
        assert result.metadata["degraded"] == []
        assert result.metadata["intent"] == "smalltalk"


async def test_remembering_adds_a_fact() -> None:
    """What is to be remembered goes to the knowledge base and is confirmed."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        understand(agent, n.Intent.REMEMBER, topic="boiler", content="it was serviced on 4 May")
        added = k.FactAdded(fact_id="f")
        agent.peers.answer("knowledge_base", "add_fact", lambda request: added)
        result = await ask(agent, "remember that the boiler was serviced on 4 May")

        (fact,) = agent.peers.calls_of("knowledge_base", "add_fact")
        assert (fact.topic, fact.content) == ("boiler", "it was serviced on 4 May")
        assert result.answer == "I will remember that: it was serviced on 4 May."
        assert result.metadata["fact_id"] == "f"


async def test_recall_answers_with_the_best_fact() -> None:
    """The content of the best fact becomes a sentence."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        understand(agent, n.Intent.RECALL, query="boiler serviced")
        fact = k.Fact(fact_id="f", topic="boiler", content="the boiler was serviced on 4 May")
        found = k.FactsFound(facts=(k.ScoredFact(fact=fact, score=2.0),))
        agent.peers.answer("knowledge_base", "search_facts", lambda request: found)
        assert (await ask(agent, "when?")).answer == "The boiler was serviced on 4 May."

        nothing = k.FactsFound(facts=())
        agent.peers.answer("knowledge_base", "search_facts", lambda request: nothing)
        assert "do not know" in str((await ask(agent, "when?")).answer)


async def test_only_an_allowed_command_is_executed() -> None:
    """Denied and unconfirmed commands never reach the command agent."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        understand(agent, n.Intent.COMMAND, command="lamp on")
        for decision, word in ((n.Decision.DENY, "may not"), (n.Decision.CONFIRM, "confirm")):
            judge(agent, decision)
            assert word in str((await ask(agent, "switch the lamp on")).answer)
        assert agent.peers.calls_of("advanced_command_handler", "execute_command") == ()

        judge(agent, n.Decision.ALLOW)
        outcome = n.CommandOutcome(
            command="lamp on", kind=n.CommandKind.BUILT_IN, succeeded=True, message="It is on."
        )
        agent.peers.answer("advanced_command_handler", "execute_command", lambda _: outcome)
        result = await ask(agent, "switch the lamp on", confirmed=True, user_id="ann")
        (order,) = agent.peers.calls_of("advanced_command_handler", "execute_command")
        assert (order.command, order.user_id, order.confirmed) == ("lamp on", "ann", True)
        assert result.answer == "It is on."


async def test_a_refused_command_is_an_answer() -> None:
    """What the command agent does not know is told to the user, not failed."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        agent.peers.know(record("advanced_command_handler"))
        understand(agent, n.Intent.COMMAND, command="fly")
        judge(agent, n.Decision.ALLOW)
        agent.peers.fail(
            "advanced_command_handler", "execute_command", ErrorCode.NOT_FOUND, "no such command"
        )
        result = await ask(agent, "fly")
        assert result.answer == "I could not do that: no such command."
        assert result.metadata["refused"] == "not_found"


async def test_no_command_runs_without_a_validator() -> None:
    """When nobody can validate a command, the request fails and names the agent."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        understand(agent, n.Intent.COMMAND, command="lamp on")
        result = await ask(agent, "switch the lamp on")
        assert result.status is c.RequestStatus.FAILED
        assert result.error is not None
        assert result.error.code == "unavailable"
        assert "intention_validator_agent" in result.error.message
        assert agent.peers.calls_of("advanced_command_handler", "execute_command") == ()


async def test_missing_helpers_make_the_answer_poorer_not_fail() -> None:
    """Without session memory, language analysis and responder the chat still answers."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        agent.peers.forget("session_memory_agent", "get_context")
        agent.peers.forget("nlu_agent", "analyze")
        agent.peers.forget("responder", "respond")
        result = await ask(agent)

        assert (result.status, result.answer) == (c.RequestStatus.DONE, "nice")
        degraded = result.metadata["degraded"]
        assert isinstance(degraded, list)
        assert [str(note).split()[1] for note in degraded] == [
            "session_memory_agent",
            "nlu_agent",
            "translation_service",
            "responder",
        ]
        assert agent.peers.calls_of("session_memory_agent", "add_interaction") == ()


async def test_a_session_begins_with_its_first_request() -> None:
    """A session that does not exist is created and has an empty history."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        agent.peers.know(record("session_memory_agent"))
        agent.peers.fail("session_memory_agent", "get_context", ErrorCode.NOT_FOUND)
        created = s.SessionCreated(session_id="new")
        agent.peers.answer("session_memory_agent", "create_session", lambda request: created)
        result = await ask(agent, session_id="new", user_id="ann")

        (new,) = agent.peers.calls_of("session_memory_agent", "create_session")
        assert (new.session_id, new.user_id) == ("new", "ann")
        assert result.metadata["degraded"] == []


async def test_a_dead_worker_is_left_alone() -> None:
    """After three failures in a row the breaker of that agent is open, others stay closed."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        agent.peers.fail("chitchat_agent", "chitchat", ErrorCode.TIMEOUT)
        for _ in range(4):
            result = await ask(agent)
        assert result.error is not None
        assert result.error.code == "unavailable"
        assert len(agent.peers.calls_of("chitchat_agent", "chitchat")) == 3
        breakers = (await agent.call("get_queue")).breakers
        assert (breakers["chitchat_agent"], breakers["nlu_agent"]) == ("open", "closed")


async def test_a_fault_in_one_request_leaves_the_workers_alive() -> None:
    """A reply that breaks the flow fails its request only."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        agent.peers.answer("responder", "respond", broken)
        result = await ask(agent)
        assert result.error is not None
        assert result.error.code == "internal"
        assert agent.agent.background.failed == ()


async def test_requests_wait_by_priority_and_the_queue_is_bounded() -> None:
    """With all workers busy, requests wait in order, up to the limit, and can be cancelled."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        gate = asyncio.Event()

        async def slow(request: n.AnalyzeRequest) -> n.Analysis:
            await gate.wait()
            return n.Analysis(intent=n.Intent.SMALLTALK, confidence=1.0)

        agent.peers.answer("nlu_agent", "analyze", slow)
        for _ in range(WORKERS):
            await agent.call("submit_request", type="text", data="busy")
            await agent.clock.settle()
        first = [
            (await agent.call("submit_request", type="text", data="x", **fields)).request_id
            for fields in (
                {"priority": 9},
                {"urgency": "critical"},
                {"user_kind": "guest"},
                {"user_kind": "owner"},
            )
        ]
        picture = await agent.call("get_queue")
        assert len(picture.running) == WORKERS
        assert [ticket.priority for ticket in picture.waiting] == [1, 1, 3, 9]
        assert [ticket.request_id for ticket in picture.waiting][-1] == first[0]
        waiting = await agent.call("get_result", request_id=first[0])
        assert waiting.status is c.RequestStatus.QUEUED

        cancelled = await agent.call("cancel_request", request_id=first[0])
        assert (cancelled.status, cancelled.error.code) == ("failed", "cancelled")
        running = picture.running[0].request_id
        await assert_fails(
            agent, ErrorCode.CONFLICT, "request_id", "cancel_request", request_id=running
        )
        calls = [
            agent.call("submit_request", type="background", data=str(number))
            for number in range(CAPACITY)
        ]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        refused = [error for error in outcomes if isinstance(error, ActionError)]
        assert [error.code for error in refused] == [ErrorCode.OVERLOADED] * 3

        gate.set()
        last = [outcome for outcome in outcomes if isinstance(outcome, c.RequestAccepted)][-1]
        assert (await result_of(agent, last.request_id)).status is c.RequestStatus.DONE


async def test_waiting_for_a_result_ends_when_the_time_is_over() -> None:
    """A result that does not come in time is reported as running."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        agent.peers.answer("nlu_agent", "analyze", never)
        accepted = await agent.call("submit_request", type="text", data="x")
        asked = asyncio.ensure_future(
            agent.call("get_result", request_id=accepted.request_id, wait_seconds=5)
        )
        await agent.clock.advance(5)
        assert (await asked).status is c.RequestStatus.RUNNING


async def test_unfinished_requests_are_taken_up_after_a_restart() -> None:
    """What was accepted before a stop is answered after the start, also what ran already."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        agent.peers.answer("nlu_agent", "analyze", never)
        accepted = await agent.call("submit_request", type="text", data="x")
        await agent.clock.settle()
        store, clock, peers = agent.store, agent.clock, agent.peers

    peers.forget("nlu_agent", "analyze")
    harness = AgentHarness(RequestCoordinator, store=store, clock=clock, peers=peers)
    async with harness as agent:
        result = await result_of(agent, accepted.request_id)
        assert (result.status, result.metadata["attempts"]) == (c.RequestStatus.DONE, 2)
        assert await store.scan(PENDING) == ()


async def test_a_request_that_stops_the_agent_again_and_again_is_given_up() -> None:
    """After three attempts that no process survived the request fails."""
    harness = AgentHarness(RequestCoordinator)
    ticket = Ticket(
        request_id="poison",
        request=c.SubmitRequest(type=c.RequestType.TEXT, data="x"),
        priority=1,
        submitted_at=1.0,
        attempts=ATTEMPTS,
    )
    await harness.store.put(PENDING, "poison", ticket.model_dump(mode="json"))
    async with harness as agent:
        result = await result_of(agent, "poison")
        assert result.error is not None
        assert "cut off" in result.error.message


async def test_results_are_kept_for_an_hour() -> None:
    """A result can be read again until it expires."""
    async with AgentHarness(RequestCoordinator) as agent:
        staff(agent)
        result = await ask(agent)
        assert await agent.call("get_result", request_id=result.request_id) == result
        await assert_fails(
            agent, ErrorCode.CONFLICT, "request_id", "cancel_request", request_id=result.request_id
        )
        agent.clock.set(agent.clock.now() + KEEP_RESULT_SECONDS)
        for action in ("get_result", "cancel_request"):
            await assert_fails(
                agent, ErrorCode.NOT_FOUND, "request_id", action, request_id=result.request_id
            )


async def test_cleared_state_forgets_what_waits() -> None:
    """After clear_state a waiting request is not known any more, and nobody waits for it."""
    async with AgentHarness(RequestCoordinator) as agent:
        accepted = await agent.call("submit_request", type="text", data="x")
        asked = asyncio.ensure_future(
            agent.call("get_result", request_id=accepted.request_id, wait_seconds=5)
        )
        assert (await agent.call("clear_state")).documents == 1
        with pytest.raises(ActionError):
            await asked
        assert (await agent.call("get_queue")).waiting == ()


@pytest.mark.parametrize(
    ("action", "fields", "field"),
    [
        ("submit_request", {"type": "smell", "data": "x"}, "type"),
        ("submit_request", {"type": "text", "data": " "}, "body"),
        ("submit_request", {"type": "text", "data": "x" * 10_001}, "data"),
        ("submit_request", {"type": "text", "data": "x", "priority": 11}, "priority"),
        ("submit_request", {"type": "text", "data": "x", "session_id": "a b"}, "session_id"),
        ("get_result", {"request_id": "r", "wait_seconds": 61}, "wait_seconds"),
        ("get_queue", {"type": "text"}, "type"),
        ("cancel_request", {}, "request_id"),
    ],
)
async def test_a_malformed_request_names_its_field(
    action: str, fields: dict[str, Any], field: str
) -> None:
    """Every action refuses nonsense with the name of the field."""
    async with AgentHarness(RequestCoordinator) as agent:
        await assert_fails(agent, ErrorCode.INVALID, field, action, **fields)
