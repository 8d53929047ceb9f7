"""A request across a fleet, as `ask --trace` shows it."""

from __future__ import annotations

import asyncio
import io
import json
import os
from argparse import Namespace
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.core_services.request_coordinator import RequestCoordinator
from agents.core_services.service_registry import ServiceRegistry
from agents.language_processing.chitchat_agent import ChitchatAgent
from agents.language_processing.nlu_agent import NLUAgent
from agents.language_processing.responder import Responder
from agents.memory_orchestrator.memory_orchestrator_service import MemoryOrchestratorService
from agents.memory_system.memory_client import MemoryClient
from agents.memory_system.session_memory_agent import SessionMemoryAgent
from common.contracts.traces import Span
from common.testing.live import LiveFleet, running
from common.testing.ports import free_ports
from fleet import traces
from fleet.cli import ask
from fleet.cli.context import Context
from fleet.errors import FleetError, NotRunningError
from fleet.testing.models import agent_entry, make_model, model_document
from fleet.trace_tree import LANE, lay_out, render

GOLDEN = Path(__file__).parents[1] / "golden" / "trace" / "tree.txt"
NAMES = "abcd"
# Who asks for what when somebody says hello for the first time.
FLOW = """
ask: request_coordinator.get_result request_coordinator.submit_request
submit_request: session_memory_agent.get_context session_memory_agent.create_session
submit_request: session_memory_agent.add_interaction session_memory_agent.add_interaction
submit_request: nlu_agent.analyze chitchat_agent.chitchat responder.respond
get_context: memory_client.get_memory
create_session: memory_client.add_memory
add_interaction: memory_client.add_memory memory_client.add_memory
get_memory: memory_orchestrator_service.get_memory
add_memory: memory_orchestrator_service.add_memory memory_orchestrator_service.add_memory
add_memory: memory_orchestrator_service.add_memory
"""


def span(id: str, parent: str = "", **fields: Any) -> Span:
    """Return a span that took a millisecond."""
    known: dict[str, Any] = {"agent": "alpha", "instance": "alpha", "release": "", "action": id}
    times = {"started": 1000.0, "seconds": 0.001, "status": "success"}
    return Span(trace="c", id=id, parent=parent, **(known | times | fields))


def a_request() -> tuple[Span, ...]:
    """Return the spans of a text that was answered without its wording."""
    told = (
        ("ask", "", "fleet", "ask", 0.0, 0.0823, "success"),
        ("submit", "ask", "request_coordinator", "submit_request", 0.0021, 0.0042, "success"),
        ("result", "ask", "request_coordinator", "get_result", 0.0071, 0.0744, "success"),
        ("context", "submit", "session_memory_agent", "get_context", 0.0064, 0.0031, "success"),
        ("analyze", "submit", "nlu_agent", "analyze", 0.0108, 0.0017, "success"),
        ("facts", "submit", "knowledge_base", "search_facts", 0.0139, 0.0402, "success"),
        ("memory", "facts", "memory_client", "search_memory", 0.0152, 0.038, "success"),
        ("wording", "submit", "responder", "respond", 0.055, 0.02, "timeout"),
        ("lost", "gone", "cache_manager", "get", 0.03, 0.0, "not_found"),
    )
    return tuple(
        span(id, parent, agent=agent, action=action, started=1e9 + at, seconds=took, status=status)
        for id, parent, agent, action, at, took, status in told
    )


def test_a_tree_looks_as_recorded() -> None:
    """Each span is a line below the one that asked; UPDATE_GOLDEN=1 records it anew."""
    text = "\n".join(render(a_request())) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text)

    assert text == GOLDEN.read_text()


spans = st.lists(
    st.builds(
        span,
        st.sampled_from(NAMES),
        st.sampled_from(f"{NAMES}x"),
        started=st.floats(0, 2e9),
        seconds=st.floats(0, 1e6),
        status=st.sampled_from(["success", "timeout"]),
    )
)


@settings(deadline=None)
@given(spans)
def test_each_span_is_in_the_tree_once(found: Sequence[Span]) -> None:
    """Whoever is whose parent, in circles too and with ids twice, no span is lost or doubled."""
    placed = [place.span for place in lay_out(found)]

    assert len(placed) == len(found)
    assert sorted(map(repr, placed)) == sorted(map(repr, found))


@settings(deadline=None)
@given(spans)
def test_each_span_is_one_line_with_its_share(found: Sequence[Span]) -> None:
    """There is a line for each span, and every bar fits its lane and shows something."""
    lines = render(found)

    assert len(lines) == (len(found) + 1 if found else 0)
    for line in lines[1:]:
        (bar,) = (part for part in line.split("  ") if set(part) <= {".", "#"} and "#" in part)
        assert len(bar) == LANE


@settings(deadline=None)
@given(st.permutations(a_request()))
def test_the_order_in_which_agents_answer_does_not_matter(found: list[Span]) -> None:
    """The same spans are always the same tree."""
    assert render(found) == render(a_request())


def test_a_child_stands_below_its_parent() -> None:
    """Depth counts the spans above, and a span with an unknown parent is a root."""
    found = (span("a"), span("b", "a"), span("c", "b"), span("d", "unknown"))

    assert {place.span.id: place.depth for place in lay_out(found)} == {
        "a": 0,
        "b": 1,
        "c": 2,
        "d": 0,
    }


@asynccontextmanager
async def talking() -> AsyncIterator[tuple[LiveFleet, dict[str, Any]]]:
    """Run agents that can answer small talk, and give the model of their fleet."""
    others = (ServiceRegistry, ChitchatAgent, NLUAgent, Responder, MemoryOrchestratorService)
    async with running(*others) as fleet:
        for agent in (RequestCoordinator, MemoryClient, SessionMemoryAgent):
            fleet.start(agent, calls=("*",))
        await fleet.ready()
        entries = [
            agent_entry(slug, int(process.endpoint.rpartition(":")[2]))
            for slug, process in fleet.processes.items()
        ]
        yield fleet, model_document(*entries, orchestrator="process")


def context(folder: Path, document: dict[str, Any], **options: Any) -> Context:
    """Return what `ask --trace` is given."""
    model = folder / "model.json"
    model.write_text(json.dumps(document | {"images": None}))
    asked = {"model": model, "state": folder / "state", "text": "hello", "session": "s"}
    how = {"timeout": 10.0, "trace": True, "json": False, "user": "anonymous", "confirm": False}
    files = {"audio": None, "image": None, "speak": None}
    namespace = Namespace(**(asked | how | files | options))
    return Context(namespace, {}, io.StringIO(), io.StringIO())


def written(stream: Any) -> str:
    """Return what went to a stream of a context."""
    text: str = stream.getvalue()
    return text


async def test_the_whole_flow_is_one_tree(tmp_path: Path) -> None:
    """What a worker does later hangs below the request that was accepted."""
    async with talking() as (_, document):
        asked = context(tmp_path, document, json=True)
        await asyncio.to_thread(ask.run, asked)

    found = json.loads(written(asked.stdout))
    trace = found["trace"]
    actions = {told["id"]: told["action"] for told in trace["spans"]}
    asked_for: dict[str, list[str]] = defaultdict(list)
    for told in trace["spans"]:
        asked_for[actions.get(told["parent"], "")].append(f"{told['agent']}.{told['action']}")
    expected: dict[str, list[str]] = defaultdict(list, {"": ["fleet.ask"]})
    for line in FLOW.strip().splitlines():
        asker, _, names = line.partition(": ")
        expected[asker] += names.split()
    assert found["answer"]
    assert {asker: sorted(names) for asker, names in asked_for.items()} == {
        asker: sorted(names) for asker, names in expected.items()
    }
    assert {told["trace"] for told in trace["spans"]} == {trace["correlation_id"]}
    assert trace["missing"] == []


async def test_the_tree_follows_the_answer(tmp_path: Path) -> None:
    """People see the answer, then who did what; agents that say nothing are named."""
    async with talking() as (_, document):
        (port,) = free_ports(1)
        document["agents"].append(agent_entry("ghost", port))
        asked = context(tmp_path, document)
        code = await asyncio.to_thread(ask.run, asked)

    answer, blank, headings, root, *rest = written(asked.stdout).splitlines()
    assert (code, blank) == (0, "")
    assert answer
    assert headings.split() == ["SPAN", "START", "TIME"]
    assert root.startswith("fleet.ask ")
    assert "      memory_client.get_memory " in "\n".join(rest)
    trace, missing, _ = written(asked.stderr).splitlines()
    assert trace.startswith("trace  ")
    assert missing == "no spans from ghost"


async def test_a_request_that_fails_is_traced_too(tmp_path: Path) -> None:
    """The tree shows how far it came before the error is told."""
    async with talking() as (fleet, document):
        await fleet.stop("chitchat_agent")
        asked = context(tmp_path, document)
        with pytest.raises(FleetError, match="chitchat"):
            await asyncio.to_thread(ask.run, asked)

    shown = written(asked.stdout)
    assert "failed" in shown.splitlines()[2]
    assert "nlu_agent.analyze" in shown


def test_without_a_fleet_everybody_is_missing(tmp_path: Path) -> None:
    """Nobody runs: the command says so and ends soon."""
    ports = free_ports(2)
    entries = [
        agent_entry("request_coordinator", ports[0]),
        agent_entry("service_registry", ports[1]),
    ]
    asked = context(tmp_path, model_document(*entries, orchestrator="process"), timeout=0.2)

    with pytest.raises(NotRunningError):
        ask.run(asked)
    assert "no spans from request_coordinator, service_registry" in written(asked.stderr)


def test_of_containers_only_published_ones_can_be_asked() -> None:
    """Addresses inside a network of containers mean nothing on this host."""
    coordinator = agent_entry("request_coordinator", 26002, replicas=2)
    model = make_model(coordinator, agent_entry("nlu_agent", 5709))

    assert traces.addresses(model) == (
        traces.Address("nlu_agent", "nlu_agent"),
        traces.Address("request_coordinator", "request_coordinator", "tcp://127.0.0.1:26002"),
        traces.Address("request_coordinator", "request_coordinator-2"),
        traces.Address("service_registry", "service_registry"),
    )
