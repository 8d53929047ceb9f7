"""Tests of SystemDigitalTwin: pictures of agents, history and forecasts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.core_services.agent_pictures import KEEP_GONE_SECONDS, MAX_ANNOUNCED
from agents.core_services.forecast import forecast
from agents.core_services.system_digital_twin import (
    KEEP_SECONDS,
    MAX_DEVICES,
    SAMPLE_SECONDS,
    SystemDigitalTwin,
)
from agents.core_services.timeline import PAGE, Timeline
from common.contracts.registry import AgentRecord
from common.contracts.twin import (
    AgentPictures,
    HistoryKind,
    HostSample,
    Severity,
    SimulateLoadRequest,
    VramSample,
)
from common.lifecycle import Phase
from common.messages import ActionError, ErrorCode
from common.state.memory import MemoryStore
from common.testing import AgentHarness, FakeClock, FakePeers

Harness = AgentHarness[SystemDigitalTwin]

GIB = 1 << 30
HOST = HostSample(
    at=1.0,
    cpu_count=4,
    cpu_percent=50.0,
    memory_total=8 * GIB,
    memory_available=4 * GIB,
    disk_total=100 * GIB,
    disk_free=50 * GIB,
)
LOADS = st.builds(
    SimulateLoadRequest,
    cpu=st.floats(0.01, 8),
    memory=st.integers(0, 8 * GIB),
    disk=st.integers(0, 100 * GIB),
    vram=st.integers(0, 8 * GIB),
    replicas=st.integers(1, 50),
)


def record(slug: str, phase: Phase = Phase.READY, since: float = 1.0) -> AgentRecord:
    """Return a record of the registry."""
    return AgentRecord(
        slug=slug,
        instance=f"{slug}-1",
        endpoint="tcp://10.0.0.1:5709",
        health_endpoint="http://10.0.0.1:6709",
        phase=phase,
        machine="mainpc",
        group="g",
        since=since,
    )


class Directory(FakePeers):
    """Let a test take agents out of the directory."""

    def lose(self, *slugs: str) -> None:
        """Forget the records of these agents."""
        self._records = {key: kept for key, kept in self._records.items() if key[0] not in slugs}


def slugs(pictures: AgentPictures) -> list[str]:
    """Return the slugs in order."""
    return [picture.slug for picture in pictures.agents]


async def assert_fails(
    agent: Harness, code: ErrorCode, field: str | None, action: str, /, **fields: Any
) -> None:
    """Check code and field of the error that an action answers."""
    with pytest.raises(ActionError) as caught:
        await agent.call(action, **fields)
    assert (caught.value.code, caught.value.field) == (code, field)


async def test_the_three_lists_tell_agents_apart() -> None:
    """Serving agents are ok, announced ones registered, vanished ones still known."""
    peers = Directory()
    async with AgentHarness(SystemDigitalTwin, peers=peers) as agent:
        peers.know(
            record("nlu_agent"), record("responder", Phase.STARTING), record("old", Phase.DEGRADED)
        )
        await agent.clock.advance(SAMPLE_SECONDS)
        peers.lose("old")
        await agent.clock.advance(SAMPLE_SECONDS)
        await agent.call("register_agent", agent="camera", endpoint="tcp://10.0.0.2:1")

        assert slugs(await agent.call("get_all_agents")) == [
            "camera",
            "nlu_agent",
            "old",
            "responder",
        ]
        assert slugs(await agent.call("get_registered_agents")) == [
            "camera",
            "nlu_agent",
            "responder",
        ]
        assert slugs(await agent.call("get_ok_agents")) == ["nlu_agent"]
        phases = (await agent.call("get_metrics")).agents
        assert phases == {"unknown": 1, "ready": 1, "gone": 1, "starting": 1}


async def test_an_agent_is_found_by_slug_or_class_name() -> None:
    """NLUAgent and nlu_agent are the same; an unknown name is NOT_FOUND."""
    async with AgentHarness(SystemDigitalTwin) as agent:
        agent.peers.know(record("nlu_agent"))
        for name in ("nlu_agent", "NLUAgent"):
            (picture,) = (await agent.call("get_agent_info", agent=name)).agents
            assert (picture.slug, picture.phase) == ("nlu_agent", "ready")
        for action in ("get_agent_info", "get_agent_endpoint"):
            await assert_fails(agent, ErrorCode.NOT_FOUND, "agent", action, agent="nobody")


async def test_what_an_agent_announces_joins_its_record() -> None:
    """Capabilities told to the twin are shown with its phase, after a restart too."""
    async with AgentHarness(SystemDigitalTwin) as agent:
        agent.peers.know(record("nlu_agent"))
        await agent.call(
            "register_agent",
            agent="NLUAgent",
            instance="nlu_agent-1",
            endpoint="tcp://10.0.0.1:5709",
            capabilities=["analyze"],
        )
        store, peers = agent.store, agent.peers
    async with AgentHarness(SystemDigitalTwin, store=store, peers=peers) as agent:
        (picture,) = (await agent.call("get_agent_info", agent="nlu_agent")).agents
        assert (picture.phase, picture.announced) == ("ready", True)
        assert picture.capabilities == ("analyze",)


async def test_the_endpoint_is_that_of_a_ready_instance() -> None:
    """Of several instances a ready one is named; of a vanished agent none."""
    peers = Directory()
    async with AgentHarness(SystemDigitalTwin, peers=peers) as agent:
        waiting = record("nlu_agent", Phase.WAITING).model_copy(update={"instance": "a"})
        peers.know(waiting, record("nlu_agent"))
        await agent.clock.advance(SAMPLE_SECONDS)
        found = await agent.call("get_agent_endpoint", agent="nlu_agent")
        assert (found.instance, found.phase) == ("nlu_agent-1", "ready")
        assert found.endpoint == "tcp://10.0.0.1:5709"

        peers.lose("nlu_agent")
        await agent.clock.advance(SAMPLE_SECONDS)
        await assert_fails(
            agent, ErrorCode.UNAVAILABLE, "agent", "get_agent_endpoint", agent="nlu_agent"
        )


async def test_changes_of_phase_become_events() -> None:
    """An agent that comes, changes and goes leaves three events, the last a warning."""
    peers = Directory()
    async with AgentHarness(SystemDigitalTwin, peers=peers) as agent:
        for phase in (Phase.STARTING, Phase.READY, Phase.READY):
            peers.know(record("nlu_agent", phase))
            await agent.clock.advance(SAMPLE_SECONDS)
        peers.lose("nlu_agent")
        await agent.clock.advance(SAMPLE_SECONDS)

        entries = (await agent.call("get_history", kind="events", source="nlu_agent")).entries
        assert [entry.data["data"]["after"] for entry in entries] == ["gone", "ready", "starting"]
        assert entries[0].severity is Severity.WARNING


async def test_a_vanished_agent_is_forgotten_after_a_week() -> None:
    """The picture of an agent that is gone does not stay for ever."""
    peers = Directory()
    async with AgentHarness(SystemDigitalTwin, peers=peers) as agent:
        peers.know(record("nlu_agent"))
        await agent.clock.advance(SAMPLE_SECONDS)
        peers.lose("nlu_agent")
        await agent.clock.advance(SAMPLE_SECONDS)
        agent.clock.set(agent.clock.now() + KEEP_GONE_SECONDS)
        await agent.clock.advance(2 * SAMPLE_SECONDS)
        assert slugs(await agent.call("get_all_agents")) == []
        assert await agent.store.scan("seen") == ()


async def test_the_host_is_sampled_again_and_again() -> None:
    """Each interval leaves a sample of this machine in the history, until it expires."""
    async with AgentHarness(SystemDigitalTwin) as agent:
        await agent.clock.advance(2 * SAMPLE_SECONDS)
        host = (await agent.call("get_metrics")).host
        history = await agent.call("get_history")

        assert host.memory_total > 0
        assert 0 <= host.cpu_percent <= 100
        assert len(history.entries) == 3
        assert history.entries[0].data == host.model_dump(mode="json")
        assert (await agent.call("get_history", since=host.at)).entries == history.entries[:1]

        agent.clock.set(agent.clock.now() + KEEP_SECONDS[HistoryKind.METRICS])
        assert (await agent.call("get_history")).entries == ()


async def test_events_and_errors_are_found_by_source_and_severity() -> None:
    """What was recorded is queried newest first, by who said it and how bad it is."""
    async with AgentHarness(SystemDigitalTwin) as agent:
        for severity in ("info", "warning", "critical"):
            await agent.call(
                "publish_event", event_type="test", source="a", severity=severity, data={"n": 1}
            )
            await agent.clock.advance(1)
        await agent.call("publish_event", event_type="test", source="b")
        recorded = await agent.call("report_error", source="a", message="disk full")

        bad = await agent.call("get_history", kind="events", severity="warning")
        mine = await agent.call("get_history", kind="events", source="a", limit=1)
        (error,) = (await agent.call("get_history", kind="errors")).entries
        assert [entry.severity for entry in bad.entries] == [Severity.CRITICAL, Severity.WARNING]
        assert [entry.severity for entry in mine.entries] == [Severity.CRITICAL]
        assert mine.entries[0].data == {"event_type": "test", "data": {"n": 1}}
        assert (error.source, error.severity, error.at) == ("a", Severity.ERROR, recorded.at)
        assert error.data["message"] == "disk full"


async def test_gpu_memory_is_taken_in_and_remembered() -> None:
    """The newest sample of each device is a metric, all are history."""
    async with AgentHarness(SystemDigitalTwin) as agent:
        for used in (2 * GIB, 3 * GIB):
            reply = await agent.call(
                "update_vram_metrics", device="gpu0", total=8 * GIB, used=used, models={"m": used}
            )
            await agent.clock.advance(1)
        (sample,) = (await agent.call("get_metrics")).vram
        assert (reply.free, sample.used) == (5 * GIB, 3 * GIB)
        assert len((await agent.call("get_history", kind="vram")).entries) == 2


async def test_a_load_that_is_too_large_says_what_breaks() -> None:
    """More memory than the host has does not fit; a little does; a GPU nobody reported breaks."""
    async with AgentHarness(SystemDigitalTwin) as agent:
        total = (await agent.call("get_metrics")).host.memory_total
        huge = await agent.call("simulate_load", memory=total, replicas=2)
        small = await agent.call("simulate_load", memory=1)
        gpu = await agent.call("simulate_load", vram=1)
        assert (huge.fits, huge.resources[0].verdict) == (False, "breaks")
        assert huge.breaks[0].startswith("memory: 2 x ")
        assert small.fits
        assert gpu.breaks == ("vram: no GPU has reported its memory",)


async def test_cleared_state_leaves_what_is_there_now() -> None:
    """After clear_state announcements and history are gone, the directory is not."""
    async with AgentHarness(SystemDigitalTwin) as agent:
        agent.peers.know(record("nlu_agent"))
        await agent.call("register_agent", agent="camera", endpoint="tcp://10.0.0.2:1")
        await agent.call("report_error", source="a", message="x")
        await agent.call("clear_state")
        assert slugs(await agent.call("get_all_agents")) == ["nlu_agent"]
        assert (await agent.call("get_history", kind="errors")).entries == ()


@pytest.mark.parametrize(
    ("action", "fields", "field"),
    [
        ("register_agent", {"agent": "a", "endpoint": "nowhere"}, "endpoint"),
        ("register_agent", {"agent": "a b", "endpoint": "tcp://h:1"}, "agent"),
        ("get_agent_info", {}, "agent"),
        ("get_agent_endpoint", {"agent": ""}, "agent"),
        ("get_all_agents", {"phase": "ready"}, "phase"),
        ("get_registered_agents", {"phase": "ready"}, "phase"),
        ("get_ok_agents", {"phase": "ready"}, "phase"),
        ("get_metrics", {"of": "host"}, "of"),
        ("get_history", {"kind": "gossip"}, "kind"),
        ("get_history", {"limit": 0}, "limit"),
        ("simulate_load", {}, "body"),
        ("simulate_load", {"cpu": -1}, "cpu"),
        ("publish_event", {"event_type": "", "source": "a"}, "event_type"),
        ("report_error", {"source": "a", "message": "m", "severity": "fine"}, "severity"),
        ("update_vram_metrics", {"total": 1, "used": 2}, "body"),
        ("update_vram_metrics", {"total": 0, "used": 0}, "total"),
    ],
)
async def test_a_malformed_request_names_its_field(
    action: str, fields: dict[str, Any], field: str
) -> None:
    """Every action refuses nonsense with the name of the field."""
    async with AgentHarness(SystemDigitalTwin) as agent:
        await assert_fails(agent, ErrorCode.INVALID, field, action, **fields)


@settings(deadline=None)
@given(LOADS, st.lists(st.integers(0, 8 * GIB), max_size=3))
def test_a_forecast_agrees_with_itself(load: SimulateLoadRequest, used: list[int]) -> None:
    """It fits just when nothing breaks, and the number of replicas that fit does fit."""
    devices = [
        VramSample(device=str(number), total=8 * GIB, used=each, at=0.0)
        for number, each in enumerate(used)
    ]
    found = forecast(load, HOST, devices)
    assert found.fits == (not found.breaks) == (found.replicas_that_fit >= load.replicas)
    assert found.fits == all(room.verdict != "breaks" for room in found.resources)
    if 1 <= found.replicas_that_fit <= 1_000:
        smaller = load.model_copy(update={"replicas": found.replicas_that_fit})
        assert forecast(smaller, HOST, devices).fits


@settings(deadline=None)
@given(LOADS, st.integers(1, 50))
def test_more_replicas_never_leave_more(load: SimulateLoadRequest, extra: int) -> None:
    """Headroom shrinks with the load."""
    more = load.model_copy(update={"replicas": load.replicas + extra})
    for less_used, more_used in zip(
        forecast(load, HOST, ()).resources, forecast(more, HOST, ()).resources, strict=True
    ):
        assert more_used.free_after <= less_used.free_after


async def test_a_timeline_reads_over_its_pages() -> None:
    """More documents than a page come back once each, newest first."""
    clock = FakeClock()
    timeline = Timeline(MemoryStore(clock), clock, "t", keep_seconds=10_000.0)
    for number in range(PAGE * 2 + 1):
        await timeline.record({"number": number})
        clock.set(clock.now() + 1)
    found = [document["number"] async for document in timeline.newest_first()]
    assert found == list(reversed(range(PAGE * 2 + 1)))


@pytest.mark.parametrize(
    ("action", "key", "most", "fields"),
    [
        ("register_agent", "agent", MAX_ANNOUNCED, {"endpoint": "tcp://10.0.0.2:1"}),
        ("update_vram_metrics", "device", MAX_DEVICES, {"total": 2, "used": 1}),
    ],
)
async def test_what_is_told_is_bounded(
    action: str, key: str, most: int, fields: dict[str, Any]
) -> None:
    """One more than fits is refused; who is known already may tell again."""
    async with AgentHarness(SystemDigitalTwin) as agent:
        for number in range(most):
            await agent.call(action, **{key: f"a{number}"}, **fields)
        with pytest.raises(ActionError) as caught:
            await agent.call(action, **{key: "one_more"}, **fields)
        await agent.call(action, **{key: "a0"}, **fields)

    assert (caught.value.code, caught.value.field) == (ErrorCode.OVERLOADED, key)
