"""Whose work the workers of RequestCoordinator do, as traces and logs tell it."""

from __future__ import annotations

import logging

import pytest

from agents.core_services.request_coordinator import RequestCoordinator
from agents.core_services.request_queue import Ticket
from agents.core_services.request_store import PENDING
from common.call_context import CallContext, correlated, current_call
from common.contracts import coordination as c
from common.contracts import language as n
from common.testing import AgentHarness

Harness = AgentHarness[RequestCoordinator]


def watched(agent: Harness) -> list[CallContext | None]:
    """Return, as it grows, what is current when the language agent is asked."""
    seen: list[CallContext | None] = []

    def analyze(request: n.AnalyzeRequest) -> n.Analysis:
        seen.append(current_call())
        return n.Analysis(intent=n.Intent.SMALLTALK, confidence=1.0)

    agent.peers.answer("nlu_agent", "analyze", analyze)
    return seen


async def finish(agent: Harness, request_id: str) -> None:
    """Wait for the end of a request, whatever it is."""
    await agent.call("get_result", request_id=request_id, wait_seconds=30)


async def test_a_worker_works_for_the_call_that_brought_the_request() -> None:
    """What is asked of others later has the caller's correlation id and hangs below its span."""
    async with AgentHarness(RequestCoordinator) as agent:
        seen = watched(agent)
        for number in "12":
            with correlated(f"c-{number}", "test", f"s-{number}"):
                accepted = await agent.call("submit_request", type="text", data="hello")
            await finish(agent, accepted.request_id)

    assert seen == [CallContext("c-1", "", None, "s-1"), CallContext("c-2", "", None, "s-2")]


async def test_a_restart_does_not_end_a_trace() -> None:
    """A request that is taken up again still belongs to the call that brought it."""
    harness = AgentHarness(RequestCoordinator)
    asked = c.SubmitRequest(type=c.RequestType.TEXT, data="hello")
    ticket = Ticket(
        request_id="r", request=asked, priority=1, submitted_at=1.0, correlation_id="c", span="s"
    )
    await harness.store.put(PENDING, "r", ticket.model_dump(mode="json"))
    seen = watched(harness)
    async with harness as agent:
        await finish(agent, "r")

    assert seen == [CallContext("c", "", None, "s")]


async def test_a_fault_is_logged_with_its_request(caplog: pytest.LogCaptureFixture) -> None:
    """The log line of a worker's fault has the correlation id of the request that met it."""
    found: list[CallContext | None] = []

    def note(record: logging.LogRecord) -> bool:
        found.append(current_call())
        return True

    def broken(request: n.AnalyzeRequest) -> n.Analysis:
        raise RuntimeError("a fault")

    async with AgentHarness(RequestCoordinator) as agent:
        agent.peers.answer("nlu_agent", "analyze", broken)
        agent.agent.log.addFilter(note)
        try:
            with correlated("c", "test", "s"):
                accepted = await agent.call("submit_request", type="text", data="hello")
            await finish(agent, accepted.request_id)
        finally:
            agent.agent.log.removeFilter(note)

    assert CallContext("c", "", None, "s") in found
    assert "request failed" in caplog.messages
