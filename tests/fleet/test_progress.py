"""When a start counts as done, and when as failed: for processes and for containers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.contracts.registry import AgentRecord
from common.lifecycle import Phase
from fleet.clusters.container_progress import ContainerProgress
from fleet.clusters.local.child import LONGEST_DELAY, restart_delay
from fleet.clusters.local.plan import LaunchSpec, Plan
from fleet.clusters.local.progress import Progress


def make_plan(**needs: tuple[str, ...]) -> Plan:
    """Plan a process for each name, with what it depends on."""
    specs = (LaunchSpec(name, "module", "cell", {}, "log", on) for name, on in needs.items())
    return Plan("test", 1.0, {}, tuple(specs))


def record(name: str, phase: Phase, since: float) -> AgentRecord:
    """Write a record as an agent does."""
    return AgentRecord(
        slug=name,
        instance=name,
        endpoint="tcp://127.0.0.1:1",
        health_endpoint="",
        phase=phase,
        machine="mainpc",
        group="",
        since=since,
    )


def launched(name: str, at: float) -> dict[str, object]:
    """Write the event that a process was launched."""
    return {"event": "launched", "name": name, "at": at}


def ended(name: str, code: int) -> dict[str, object]:
    """Write the event that a process has ended."""
    return {"event": "ended", "name": name, "code": code, "at": 9.0}


def test_a_start_is_complete_when_all_are_ready() -> None:
    """The last agent that is ready completes the start."""
    progress = Progress(make_plan(registry=(), nlu=("registry",)))
    for name in ("registry", "nlu"):
        progress.saw_event(launched(name, 1.0))

    progress.saw_record(record("registry", Phase.READY, 1.2), 1.5)
    assert not progress.is_complete
    progress.saw_record(record("nlu", Phase.DEGRADED, 1.2), 2.0)

    assert progress.is_complete
    assert progress.timelines()["nlu"].ready == 2.0


def test_a_record_of_the_last_run_does_not_count() -> None:
    """A registry may remember a process that is gone."""
    progress = Progress(make_plan(nlu=()))
    progress.saw_event(launched("nlu", 5.0))

    assert not progress.saw_record(record("nlu", Phase.READY, 4.0), 5.1)
    assert not progress.is_complete


def test_an_end_takes_readiness_away() -> None:
    """A process that ended is not ready, however ready it was."""
    progress = Progress(make_plan(nlu=()))
    progress.saw_event(launched("nlu", 1.0))
    progress.saw_record(record("nlu", Phase.READY, 1.1), 1.2)

    progress.saw_event(ended("nlu", 75))

    assert not progress.is_complete


def test_three_crashes_are_a_failure() -> None:
    """One crash may be bad luck; three are not."""
    progress = Progress(make_plan(nlu=()))
    progress.saw_event(ended("nlu", 1))
    progress.saw_event(ended("nlu", 1))
    assert progress.failure is None

    progress.saw_event(ended("nlu", -9))

    assert progress.failure is not None
    assert progress.failure.why == "ended 3 times before it was ready, killed by signal 9"


def test_a_wrong_call_fails_at_once() -> None:
    """Another start does not change what the settings say."""
    progress = Progress(make_plan(nlu=()))

    progress.saw_event(ended("nlu", 2))

    assert progress.failure is not None
    assert progress.failure.why == "ended once before it was ready, with exit code 2"


def test_who_is_stuck_has_all_it_needs() -> None:
    """Of those that are not ready, the ones that only wait for others are not to blame."""
    progress = Progress(make_plan(registry=(), twin=("registry",), nlu=("twin",)))
    progress.saw_event(launched("registry", 1.0))
    progress.saw_record(record("registry", Phase.READY, 1.0), 1.0)

    assert [failure.name for failure in progress.stuck()] == ["twin"]


def test_one_crash_is_soon_made_good() -> None:
    """Whoever is killed once is started again before callers lose patience."""
    assert restart_delay(1) <= 0.1


@settings(deadline=None)
@given(st.integers(1, 1000))
def test_delays_grow_to_a_limit(crashes: int) -> None:
    """Each crash in a row makes the next delay longer, up to the longest."""
    assert restart_delay(crashes) <= restart_delay(crashes + 1) <= LONGEST_DELAY


def container_event(service: str, action: str, **attributes: str) -> dict[str, Any]:
    """Write an event as the engine does."""
    labels = {"com.docker.compose.service": service, **attributes}
    return {"Action": action, "timeNano": 5_000_000_000, "Actor": {"Attributes": labels}}


def test_containers_are_up_when_all_are_healthy() -> None:
    """Health is what the engine says it is."""
    progress = ContainerProgress(("nlu", "twin"))
    for service in ("nlu", "twin"):
        assert not progress.is_over
        progress.saw(container_event(service, "health_status: healthy"))

    assert progress.is_over
    assert progress.failure is None


@pytest.mark.parametrize(
    "events",
    [
        [container_event("nlu", "health_status: unhealthy")],
        [container_event("nlu", "die", exitCode="1")] * 3,
        [container_event("nlu", "die", exitCode="2")],
    ],
)
def test_a_sick_container_is_a_failure(events: list[dict[str, Any]]) -> None:
    """Unhealthy, crashed again and again, or told nonsense: the start has failed."""
    progress = ContainerProgress(("nlu",))
    for event in events:
        progress.saw(event)

    assert progress.is_over
    assert progress.failure is not None


def test_other_events_say_nothing() -> None:
    """A probe that runs is no change of health."""
    progress = ContainerProgress(("nlu",))

    assert progress.saw(container_event("nlu", "exec_create: /usr/bin/python3.11")) is None
    assert not progress.is_over
