"""Tests of ResourceManager: no more is granted than there is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.resource_management.host_capacity import HostCapacity, HostReading
from agents.resource_management.lease_ledger import LeaseLedger, capacity_of, shortage, summed
from agents.resource_management.resource_manager import ResourceManager
from common.contracts.resources import Lease, Shares, Thresholds
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

ALL = Thresholds(cpu_percent=100, memory_percent=100, gpu_percent=100)
HOST = HostReading(
    host=Shares(cpu=4, memory_mb=1_000, gpu_memory_mb=500),
    cpu_percent=10,
    memory_percent=10,
    memory_free_mb=900,
    gpu_used_mb=0,
)
SHARES = st.builds(
    Shares,
    cpu=st.floats(0, 5),
    memory_mb=st.floats(0, 1_200),
    gpu_memory_mb=st.floats(0, 600),
)


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the host be one of four processors and 1000 MB, whatever runs this test."""
    monkeypatch.setattr(HostCapacity, "read", lambda self: HOST)


def asked(request_id: str, cpu: float = 0.0, memory: float = 0.0) -> dict[str, Any]:
    """Return the fields of a request for shares."""
    shares = {"cpu": cpu, "memory_mb": memory}
    return {"request_id": request_id, "agent": "async_processor", "shares": shares}


@settings(deadline=None)
@given(st.lists(st.tuples(SHARES, st.booleans()), max_size=30), st.floats(1, 100))
def test_granted_never_exceeds_the_capacity(
    wanted: list[tuple[Shares, bool]], percent: float
) -> None:
    """Whatever is asked for and released, all leases together fit into the capacity."""
    limits = Thresholds(cpu_percent=percent, memory_percent=percent, gpu_percent=percent)
    quiet = HostReading(HOST.host, 0.0, 0.0, HOST.host.memory_mb, 0.0)
    capacity, ledger = capacity_of(HOST.host, limits), LeaseLedger()
    for number, (shares, releases) in enumerate(wanted):
        if not shortage(shares, ledger.granted(), quiet, limits):
            lease = Lease(
                request_id=str(number), agent="a", shares=shares, granted_at=0, expires_at=1
            )
            ledger.enter(lease)
        if releases:
            ledger.strike(str(number // 2))
        granted = summed(lease.shares for lease in ledger.all())
        assert granted.cpu <= capacity.cpu * (1 + 1e-6)
        assert granted.memory_mb <= capacity.memory_mb * (1 + 1e-6)
        assert granted.gpu_memory_mb <= capacity.gpu_memory_mb * (1 + 1e-6)


@pytest.mark.usefixtures("host")
async def test_shares_are_granted_until_none_are_left() -> None:
    """What does not fit is refused with the reason, and fits again after a release."""
    async with AgentHarness(ResourceManager) as agent:
        first = await agent.call("allocate_resources", **asked("one", cpu=3))
        second = await agent.call("allocate_resources", **asked("two", cpu=1))
        assert (first.granted, second.granted) == (True, False)
        assert second.reason.startswith("cpu: asked for 1 cores")

        assert (await agent.call("release_resources", request_id="one")).released
        assert not (await agent.call("release_resources", request_id="one")).released
        assert (await agent.call("allocate_resources", **asked("two", cpu=1))).granted


@pytest.mark.usefixtures("host")
async def test_the_same_request_renews_its_lease() -> None:
    """Asking again takes nothing more, and lets the lease end later."""
    async with AgentHarness(ResourceManager) as agent:
        first = await agent.call("allocate_resources", **asked("one", memory=500))
        await agent.clock.advance(30)
        again = await agent.call("allocate_resources", **asked("one", memory=500))
        stats = await agent.call("get_stats")

        assert again.granted and again.expires_at == first.expires_at + 30
        assert (stats.granted.memory_mb, stats.grants) == (500, 1)
        with pytest.raises(ActionError) as caught:
            await agent.call("allocate_resources", **asked("one", memory=501))
        assert caught.value.code is ErrorCode.CONFLICT


@pytest.mark.usefixtures("host")
async def test_leases_end_by_themselves() -> None:
    """Who does not release gives back when the lease is over."""
    async with AgentHarness(ResourceManager) as agent:
        await agent.call("allocate_resources", **asked("one", cpu=3.6), lease_seconds=10)
        assert (await agent.call("get_status")).status == "exhausted"
        await agent.clock.advance(10)

        stats = await agent.call("get_stats")
        assert (stats.leases, stats.expired) == ((), 1)
        assert (await agent.call("get_status")).status == "ok"


@pytest.mark.usefixtures("host")
async def test_leases_and_thresholds_outlive_the_process() -> None:
    """A new process goes on with what was granted and chosen."""
    async with AgentHarness(ResourceManager) as agent:
        await agent.call("allocate_resources", **asked("one", cpu=1))
        await agent.call("set_thresholds", cpu_percent=50)
        store, clock = agent.store, agent.clock
    async with AgentHarness(ResourceManager, store=store, clock=clock) as agent:
        assert not (await agent.call("allocate_resources", **asked("two", cpu=1.5))).granted
        assert (await agent.call("allocate_resources", **asked("three", cpu=1))).granted
        assert (await agent.call("get_status")).thresholds.cpu_percent == 50


async def test_a_busy_host_grants_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use above the threshold refuses what needs that resource, and only that."""
    busy = HostReading(HOST.host, 95.0, 10.0, 900.0, 0.0)
    monkeypatch.setattr(HostCapacity, "read", lambda self: busy)
    async with AgentHarness(ResourceManager) as agent:
        refused = await agent.call("check_resources", shares={"cpu": 0.1})
        other = await agent.call("check_resources", shares={"memory_mb": 10})

        assert (refused.available, other.available) == (False, True)
        assert refused.reason == "cpu: 95 % is in use, the threshold is 90 %"


async def test_the_real_host_is_read() -> None:
    """Without a stand-in the figures are those of the machine."""
    async with AgentHarness(ResourceManager) as agent:
        stats = await agent.call("get_stats")

        assert stats.host.cpu >= 1 and stats.host.memory_mb > 100
        assert 0 < stats.used_memory_percent <= 100


@pytest.mark.parametrize(
    ("action", "fields", "field"),
    [
        ("allocate_resources", asked("../x", cpu=1), "request_id"),
        ("allocate_resources", asked("x", cpu=-1), "shares.cpu"),
        ("allocate_resources", asked("x", cpu=float("inf")), "shares.cpu"),
        ("set_thresholds", {"cpu_percent": 101}, "cpu_percent"),
        ("set_thresholds", {}, None),
        ("release_resources", {"request_id": ""}, "request_id"),
        ("check_resources", {"shares": {"disk": 1}}, "shares.disk"),
    ],
)
async def test_malformed_requests_name_their_field(
    action: str, fields: dict[str, Any], field: str | None
) -> None:
    """Nonsense is refused with the field."""
    async with AgentHarness(ResourceManager) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call(action, **fields)
        assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, field)
