"""Tests of UnifiedSystemAgent: what it knows of agents, whom it has restarted, what it cleans."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from agents.core_services.unified_system_agent import UnifiedSystemAgent
from common.contracts.recovery import RestartStarted
from common.contracts.registry import AgentRecord
from common.contracts.twin import AgentPicture, AgentPictures
from common.lifecycle import Phase
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

HUB = "observability_hub"
DAY = 86_400.0


def record_of(slug: str, phase: Phase = Phase.READY, *needs: str) -> AgentRecord:
    """Return the directory's record of an agent."""
    return AgentRecord(
        slug=slug, instance="one", endpoint="tcp://127.0.0.1:1", health_endpoint="", phase=phase,
        machine="mainpc", group="language_processing", since=5.0, depends_on=needs,
    )  # fmt: skip


def controlling(**fields: Any) -> AgentHarness[UnifiedSystemAgent]:
    """Return the agent in a fleet of three agents of which one is gone and one starts."""
    harness = AgentHarness(UnifiedSystemAgent, **fields)
    harness.peers.know(
        record_of("nlu_agent"),
        record_of("responder", Phase.WAITING, "nlu_agent", "memory_client"),
        record_of(HUB),
    )
    gone = AgentPicture(
        slug="memory_client", instance="one", endpoint="tcp://127.0.0.1:2", phase="gone"
    )
    harness.peers.answer(
        "system_digital_twin", "get_all_agents", lambda _: AgentPictures(agents=(gone,))
    )
    harness.peers.answer(
        HUB,
        "restart_agent",
        lambda request: RestartStarted(restart_id="r1", order=((request.agent,),)),
    )
    return harness


async def test_services_are_listed_with_those_that_are_gone() -> None:
    """Directory and twin together know all; a filter leaves some out."""
    async with controlling() as agent:
        found = await agent.call("list_services")
        ready = await agent.call("list_services", phase="ready", machine="mainpc")

    assert [each.service for each in found.services] == [
        "memory_client", "nlu_agent", HUB, "responder",
    ]  # fmt: skip
    assert [each.service for each in ready.services] == ["nlu_agent", HUB]
    assert found.note == ""


async def test_without_the_twin_the_directory_is_told() -> None:
    """What could not be asked is in the note."""
    async with controlling() as agent:
        agent.peers.fail("system_digital_twin", "get_all_agents", ErrorCode.UNAVAILABLE)
        found = await agent.call("list_services")

    assert len(found.services) == 3
    assert "unavailable" in found.note


async def test_a_status_names_what_is_missing() -> None:
    """An agent that waits is told with whom it waits for, by slug or name."""
    async with controlling() as agent:
        status = await agent.call("get_service_status", service="Responder")

    assert (status.service, status.is_serving) == ("responder", False)
    assert status.missing == ("memory_client",)


@pytest.mark.parametrize("action", ["restart_service", "stop_service", "start_service"])
async def test_orders_go_through_the_hub(action: str) -> None:
    """An agent that does not serve is restarted by the hub, never by this agent."""
    async with controlling() as agent:
        taken = await agent.call(action, service="responder")
        orders = agent.peers.calls_of(HUB, "restart_agent")

        assert (taken.service, taken.restart_id) == ("responder", "r1")
        assert [order.agent for order in orders] == ["responder"]
        assert agent.peers.calls_of("responder", "restart") == ()


async def test_what_serves_need_not_be_started() -> None:
    """Starting an agent that serves does nothing, and says so."""
    async with controlling() as agent:
        taken = await agent.call("start_service", service="NLUAgent")

        assert (taken.service, taken.restart_id) == ("nlu_agent", None)
        assert agent.peers.calls_of(HUB, "restart_agent") == ()


@pytest.mark.parametrize(
    ("action", "service", "code"),
    [
        ("get_service_status", "nobody", ErrorCode.NOT_FOUND),
        ("restart_service", "nobody", ErrorCode.NOT_FOUND),
        ("start_service", "memory_client", ErrorCode.UNAVAILABLE),
        ("restart_service", "memory_client", ErrorCode.UNAVAILABLE),
        ("stop_service", HUB, ErrorCode.DENIED),
        ("restart_service", "../etc", ErrorCode.INVALID),
        ("stop_service", "", ErrorCode.INVALID),
    ],
)
async def test_what_cannot_be_done_is_refused(action: str, service: str, code: ErrorCode) -> None:
    """Unknown agents, ones that are gone and vital ones are told apart."""
    async with controlling() as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call(action, service=service)

    assert (caught.value.code, caught.value.field) == (code, "service")


async def test_a_hub_that_is_away_is_told() -> None:
    """Without the hub nobody is restarted."""
    async with controlling() as agent:
        agent.peers.fail(HUB, "restart_agent", ErrorCode.UNAVAILABLE)
        with pytest.raises(ActionError) as caught:
            await agent.call("restart_service", service="nlu_agent")

    assert caught.value.code is ErrorCode.UNAVAILABLE


async def test_the_host_is_described() -> None:
    """Resources, platform and the agents by phase are told."""
    async with controlling() as agent:
        info = await agent.call("get_system_info")

    assert info.host.memory_total > info.own_memory > 0
    assert info.agents == {"ready": 2, "waiting": 1}
    assert info.python.startswith("3.")


async def test_only_old_temporary_files_of_its_own_go(tmp_path: Path) -> None:
    """Names that say so and the folder `temp` count; links are not followed, others stay."""
    own, outside = tmp_path / "own", tmp_path / "outside"
    for path in ("old.tmp", "new.tmp", "keep.db", "temp/old", "deep/old.part"):
        (own / path).parent.mkdir(parents=True, exist_ok=True)
        (own / path).write_text("12345")
    outside.mkdir()
    (outside / "foreign.tmp").write_text("12345")
    (own / "temp" / "link").symlink_to(outside)
    async with controlling(state_directory=own) as agent:
        now = agent.clock.now()
        for path in ("old.tmp", "keep.db", "temp/old", "deep/old.part"):
            os.utime(own / path, (now - DAY, now - DAY))
        os.utime(outside / "foreign.tmp", (now - DAY, now - DAY))
        os.utime(own / "new.tmp", (now, now))
        tried = await agent.call("cleanup_system", dry_run=True)
        done = await agent.call("cleanup_system")
        again = await agent.call("cleanup_system")

    left = {str(path.relative_to(own)) for path in own.rglob("*") if path.is_file()}
    assert (tried.files, tried.freed_bytes, tried.dry_run) == (3, 15, True)
    assert (done.files, again.files) == (3, 0)
    assert left == {"new.tmp", "keep.db"}
    assert (outside / "foreign.tmp").exists()


@pytest.mark.parametrize("seconds", [-1, "soon", 1e300])
async def test_ages_that_are_none_are_invalid(seconds: Any) -> None:
    """An age is a number from zero on."""
    async with controlling() as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("cleanup_system", older_than_seconds=seconds)

    assert caught.value.code is ErrorCode.INVALID
