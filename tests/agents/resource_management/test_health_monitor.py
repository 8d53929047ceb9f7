"""Tests of HealthMonitor: who is alive, who died, who came back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from agents.resource_management.health_monitor import HealthMonitor, HealthMonitorConfiguration
from agents.resource_management.liveness import copy_of, health_of
from common.contracts.fleet_health import AGENT_HEALTH, AgentHealth
from common.contracts.registry import AgentRecord
from common.lifecycle import Phase
from common.testing import AgentHarness

SLOWLY = HealthMonitorConfiguration(
    poll_seconds=300, look_seconds=60, answer_seconds=0.5, grace_seconds=20
)


def record(
    slug: str, health: str = "http://127.0.0.1:1", *, phase: Phase = Phase.READY, since: float = 1.0
) -> AgentRecord:
    """Return the record of one agent of the machine."""
    return AgentRecord(
        slug=slug,
        instance=slug,
        endpoint="tcp://127.0.0.1:1",
        health_endpoint=health,
        phase=phase,
        machine="pc2",
        group="task_processing",
        since=since,
    )


@asynccontextmanager
async def health_port() -> AsyncIterator[str]:
    """Serve a health port that answers every GET."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nalive\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def slow() -> AgentHarness[HealthMonitor]:
    """Return a monitor that looks when the test asks."""
    return AgentHarness(HealthMonitor, configuration=SLOWLY)


async def test_an_agent_that_answers_is_alive() -> None:
    """Its phase is the one of its record; agents of other machines are not looked at."""
    async with health_port() as url, slow() as agent:
        far = record("nlu_agent").model_copy(update={"machine": "mainpc"})
        agent.peers.know(record("cache_manager", url), far)
        status = await agent.call("check_now")

        assert [(told.agent, told.alive, told.phase) for told in status.agents] == [
            ("cache_manager", True, "ready")
        ]
        assert status.down == ()


async def test_a_silent_agent_dies_and_comes_back() -> None:
    """Two rounds of silence are a death, told once; an answer is the recovery."""
    async with slow() as agent:
        async with health_port() as url:
            agent.peers.know(record("cache_manager", url))
            await agent.call("check_now")
        assert (await agent.call("check_now")).down == ()
        died_at = agent.clock.now()
        (down,) = (await agent.call("check_now")).down
        assert (down.agent, down.phase, down.since) == ("cache_manager", "unreachable", died_at)
        await agent.call("check_now")

        async with health_port() as url:
            agent.peers.know(record("cache_manager", url, since=2.0))
            assert (await agent.call("check_now")).down == ()
        told = agent.published(AGENT_HEALTH)
        assert [(event.was_alive, event.alive) for event in told] == [
            (None, True),
            (True, False),
            (False, True),
        ]
        assert not told[1].orderly


async def test_who_is_down_is_known_over_a_restart() -> None:
    """A new monitor still says since when, and waits a while before it misses anybody else."""
    async with health_port() as url, slow() as agent:
        agent.peers.know(record("cache_manager", url))
        await agent.call("check_now")
        store, clock = agent.store, agent.clock
    again = AgentHarness(HealthMonitor, configuration=SLOWLY, store=store, clock=clock)
    async with again as agent:
        assert (await agent.call("check_now")).down == ()
        await clock.advance(SLOWLY.grace_seconds)
        (down,) = (await agent.call("check_now")).down

        assert (down.agent, down.phase, down.since) == ("cache_manager", "gone", clock.now())


async def test_rounds_are_logged_as_metrics() -> None:
    """How long a round took is told to the performance monitor; it may be away."""
    async with slow() as agent:
        await agent.call("check_now")

        assert (
            agent.peers.calls_of("performance_monitor", "log_metric")[0].agent == "health_monitor"
        )


ALIVE = AgentHealth(agent="a", alive=True, phase="ready", since=5.0)


@pytest.mark.parametrize(
    ("records", "silences", "before", "expected"),
    [
        ((record("a"),), 0, None, (True, "ready", False, 0)),
        ((record("a"),), 1, ALIVE, (True, "ready", False, 0)),
        ((record("a"),), 2, ALIVE, (False, "unreachable", False, 1)),
        ((record("a", phase=Phase.DEGRADED),), 0, ALIVE, (True, "degraded", False, 0)),
        ((), 0, ALIVE, (False, "gone", True, 0)),
        ((), 0, ALIVE.model_copy(update={"alive": False, "phase": "unreachable", "deaths": 1}),
         (False, "gone", False, 1)),
        ((record("a", phase=Phase.WAITING), record("a", since=2.0)), 0, ALIVE,
         (True, "ready", False, 0)),
    ],
)  # fmt: skip
def test_what_two_looks_say(
    records: tuple[AgentRecord, ...],
    silences: int,
    before: AgentHealth | None,
    expected: tuple[bool, str, bool, int],
) -> None:
    """Silence is a death, a record that is taken along is not, the best copy counts."""
    silent = {copy_of(record): silences for record in records}
    found = health_of("a", records, silent, before, now=9.0, most_silent=2)

    assert (found.alive, found.phase, found.orderly, found.deaths) == expected


def test_a_change_of_phase_keeps_the_time() -> None:
    """Since when an agent is alive or down does not change with its phase."""
    found = health_of("a", [record("a", phase=Phase.DEGRADED)], {}, ALIVE, now=9.0, most_silent=2)

    assert (found.phase, found.since) == ("degraded", ALIVE.since)
