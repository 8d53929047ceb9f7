"""Replicas of the registry over one store: one leads, the others know whom to ask."""

import asyncio
import dataclasses
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.core_services.registry_book import Term
from agents.core_services.registry_lease import LEADER_SECONDS, MARGIN_SECONDS, LeaderLease
from agents.core_services.service_registry import ServiceRegistry
from common.actions import actions_of
from common.agent import AgentContext
from common.clock import Clock
from common.contracts.registry import REGISTRY_SLUG, AgentRecord, AgentWeights
from common.lifecycle import Phase
from common.messages import ActionError, ErrorCode
from common.state import StoreUnavailableError
from common.state.memory import MemoryStore
from common.testing import AgentHarness, FakeClock

WEIGHTS = (("canary", 10), ("stable", 90))
LOG = logging.getLogger("tests.registry")


class Replica(AgentHarness[ServiceRegistry]):
    """One copy of the registry."""

    def __init__(self, name: str, store: MemoryStore, clock: FakeClock) -> None:
        self.name = name
        super().__init__(ServiceRegistry, store=store, clock=clock)

    def _context(self) -> AgentContext:
        endpoint = f"tcp://{self.name}:7200"
        return dataclasses.replace(super()._context(), instance=self.name, endpoint=endpoint)

    async def __aenter__(self) -> "Replica":
        """Start it."""
        await super().__aenter__()
        return self

    async def crash(self) -> None:
        """End without a word to the store."""
        await self.agent.background.close()

    async def leads(self) -> bool:
        """Tell whether it answers."""
        try:
            await self.call("list_agents")
        except ActionError as error:
            assert error.code is ErrorCode.UNAVAILABLE
            return False
        return True

    async def listed(self) -> list[str]:
        """Return the slugs on its list."""
        return [found.slug for found in (await self.call("list_agents")).agents]


class ShakyStore(MemoryStore):
    """A store that is away when the test says so."""

    is_away = False

    async def acquire(self, name: str, holder: str, seconds: float) -> int | None:
        """Take a lease, if the store is there."""
        if self.is_away:
            raise StoreUnavailableError("the store is away")
        return await super().acquire(name, holder, seconds)


@asynccontextmanager
async def replicas(*names: str) -> AsyncIterator[tuple[Replica, ...]]:
    """Run replicas over one store; the first leads."""
    clock = FakeClock()
    store = ShakyStore(clock)
    async with AsyncExitStack() as stack:
        made = [await stack.enter_async_context(Replica(name, store, clock)) for name in names]
        yield tuple(made)


def record(slug: str = "alpha", **stated: Any) -> AgentRecord:
    """Return a record of a ready agent."""
    values = {
        "slug": slug,
        "instance": slug,
        "endpoint": f"tcp://{slug}:5000",
        "health_endpoint": f"http://{slug}:6000",
        "phase": Phase.READY,
        "machine": "mainpc",
        "group": "tests",
        "since": 100.0,
    }
    return AgentRecord.model_validate(values | stated)


async def test_one_leads_and_the_others_say_whom_to_ask() -> None:
    """Every action of a follower is refused with the name and place of the leader."""
    bodies: dict[str, dict[str, Any]] = {
        "register_agent": {"record": record()},
        "heartbeat": {"slug": "alpha", "instance": "alpha", "since": 1.0},
        "deregister_agent": {"slug": "alpha", "instance": "alpha", "since": 1.0},
        "get_agent_endpoint": {"agent": "alpha"},
        "set_weights": {"agent": "alpha", "weights": WEIGHTS},
    }
    async with replicas("one", "two") as (one, two):
        assert await one.leads()
        for declared in actions_of(ServiceRegistry):
            with pytest.raises(ActionError) as caught:
                await two.call(declared.name, **bodies.get(declared.name, {}))
            assert caught.value.code is ErrorCode.UNAVAILABLE
            assert caught.value.message == (
                "two at tcp://two:7200 is not the leader; ask one at tcp://one:7200"
            )
        assert (await two.call("ping")).agent == REGISTRY_SLUG


async def test_leader_stays_the_leader() -> None:
    """As long as it runs, a leader renews its lease and nobody else leads."""
    async with replicas("one", "two", "three") as (one, two, three):
        name = (await one.call("watch_agents")).registry
        for _ in range(100):
            await one.clock.advance(0.1)
            assert [await found.leads() for found in (one, two, three)] == [True, False, False]

        assert (await one.call("watch_agents")).registry == name


async def test_crashed_leader_is_followed_by_another() -> None:
    """When its lease has ended another leads, with all records, each for one lease, and weights."""
    async with replicas("one", "two") as (one, two):
        await one.call("register_agent", record=record("alpha"))
        await one.call("register_agent", record=record("beta"))
        await one.call("set_weights", agent="alpha", weights=WEIGHTS)
        before = await one.call("watch_agents")
        await one.crash()
        while not await two.leads():
            assert two.clock.monotonic() <= LEADER_SECONDS + 0.5
            await two.clock.advance(0.1)
        assert not await one.leads()

        after = await two.call("watch_agents", since=before.version, registry=before.registry)
        assert after.complete
        assert (after.agents, after.weights) == (before.agents, before.weights)
        for _ in range(4):
            await two.clock.advance(1)
            await two.call("heartbeat", slug="beta", instance="beta", since=100.0)
        assert await two.listed() == ["beta"]


async def test_stopped_leader_is_followed_at_once() -> None:
    """A leader that stops gives its lease back and takes its own record with it."""
    async with replicas("one", "two") as (one, two):
        for name in ("one", "two"):
            await one.call("register_agent", record=record(REGISTRY_SLUG, instance=name))
        await one.crash()
        await one.agent.stop()
        await two.clock.advance(0.5)

        (left,) = (await two.call("list_agents")).agents
        assert left.instance == "two"


async def test_watchers_of_a_leader_that_lost_its_lease_are_told() -> None:
    """Who waits for news hears that this replica leads no longer, and asks elsewhere."""
    async with replicas("one", "two") as (one, two):
        told = await one.call("watch_agents")
        watching = asyncio.create_task(
            one.call("watch_agents", since=told.version, registry=told.registry, timeout_seconds=60)
        )
        await one.clock.settle()
        await one.store.release("registry", "one at tcp://one:7200")
        await two.store.acquire("registry", "two at tcp://two:7200", LEADER_SECONDS)
        await one.clock.advance(1.5)
        with pytest.raises(ActionError) as caught:
            await watching

        assert caught.value.code is ErrorCode.UNAVAILABLE
        assert await two.leads()


async def test_restarted_leader_leads_at_once() -> None:
    """A leader that crashed and came back under its name and place does not wait for itself."""
    async with replicas("one", "two") as (one, two):
        await one.call("register_agent", record=record())
        before = (await one.call("watch_agents")).registry
        await one.crash()
        await one.clock.advance(0.1)
        assert isinstance(one.store, MemoryStore)
        async with Replica("one", one.store, one.clock) as again:
            assert await again.listed() == ["alpha"]
            assert (await again.call("watch_agents")).registry != before
            assert not await two.leads()


async def test_leader_without_its_store_leads_to_the_end_of_its_lease() -> None:
    """A store that is away for a moment is not noticed; when it stays away nobody leads."""
    async with replicas("one", "two") as (one, two):
        assert isinstance(one.store, ShakyStore)
        await one.call("register_agent", record=record())
        one.store.is_away = True
        await one.clock.advance(1.5)
        assert await one.leads()
        await one.clock.advance(LEADER_SECONDS)
        assert not await one.leads()
        await one.clock.advance(30)
        one.store.is_away = False
        await one.clock.advance(0.5)

        assert [await one.leads(), await two.leads()].count(True) == 1
        leader = one if await one.leads() else two
        assert await leader.listed() == ["alpha"]


async def test_overtaken_leader_changes_no_weights() -> None:
    """What a leader of an older term still writes is not what the next one reads."""
    async with replicas("one", "two", "three") as (one, two, three):
        await one.call("set_weights", agent="alpha", weights=WEIGHTS)
        await one.crash()
        await two.clock.advance(LEADER_SECONDS + 0.5)
        leader, other = (two, three) if await two.leads() else (three, two)
        await leader.call("set_weights", agent="alpha", weights=())
        # It went on in the middle of its write, long after its lease had ended.
        late = Term(leader="one", weights=(AgentWeights(agent="alpha", weights=WEIGHTS),))
        await one.store.put("terms", f"{1:020d}", late.model_dump(mode="json"))
        await leader.crash()
        await other.clock.advance(LEADER_SECONDS + 0.5)

        assert (await other.call("get_weights")).agents == ()
        assert len(await other.store.scan("terms")) == 1


async def test_clearing_a_follower_clears_the_registry() -> None:
    """The state is that of all replicas: whichever is told to wipe it, the leader starts anew."""
    async with replicas("one", "two") as (one, two):
        await one.call("register_agent", record=record())
        await one.call("set_weights", agent="alpha", weights=WEIGHTS)
        await two.call("clear_state")
        await two.clock.advance(1.5)

        assert await one.listed() == []
        assert (await one.call("get_weights")).agents == ()
        await one.call("register_agent", record=record())
        await one.clock.advance(1.5)
        assert await one.listed() == ["alpha"]


async def test_record_of_another_release_is_left_out() -> None:
    """A record that cannot be read keeps nobody from leading."""
    clock = FakeClock()
    store = MemoryStore(clock)
    await store.put("agents", "alpha/alpha", record("alpha").model_dump(mode="json"))
    await store.put("agents", "beta/beta", {"slug": "beta", "colour": "red"})
    async with Replica("one", store, clock) as one:
        assert await one.listed() == ["alpha"]


@dataclass
class SlowLeases:
    """A store that takes its time before and after it decides."""

    store: MemoryStore
    clock: Clock
    delays: list[tuple[float, float]] = field(default_factory=list)

    async def acquire(self, name: str, holder: str, seconds: float) -> int | None:
        """Take a lease, slowly."""
        before, after = self.delays.pop() if self.delays else (0.0, 0.0)
        await self.clock.sleep(before)
        term = await self.store.acquire(name, holder, seconds)
        await self.clock.sleep(after)
        return term

    async def release(self, name: str, holder: str) -> None:
        """Give a lease back."""
        await self.store.release(name, holder)


delays = st.lists(
    st.tuples(st.sampled_from([0.0, 0.3, 1.0, 2.6, 4.0]), st.sampled_from([0.0, 0.3, 2.0, 3.5])),
    max_size=12,
)


@settings(deadline=None, max_examples=40)
@given(delays)
def test_never_two_lead(delays: list[tuple[float, float]]) -> None:
    """However slow the store is, no two replicas hold the lease, and terms only grow."""

    async def run() -> list[int]:
        clock = FakeClock()
        leases = SlowLeases(MemoryStore(clock), clock, list(delays))
        terms: list[int] = []

        async def take_part(lease: LeaderLease) -> None:
            while True:
                if (term := await lease.ask()) is not None and lease.is_held:
                    terms.append(term)
                await lease.pause()

        made = [LeaderLease(leases, name, clock, LOG) for name in ("one", "two", "three")]
        tasks = [asyncio.create_task(take_part(lease)) for lease in made]
        for _ in range(150):
            await clock.advance(0.1)
            assert [lease.is_held for lease in made].count(True) <= 1
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return terms

    terms = asyncio.run(run())
    assert all(before <= after for before, after in pairwise(terms))


async def test_clock_that_is_set_ends_the_lease() -> None:
    """A lease in a file is by the clock that may be set: when that jumps, nobody leads."""
    clock = FakeClock()
    lease = LeaderLease(MemoryStore(clock), "one", clock, LOG)
    await lease.ask()
    assert lease.is_held
    clock.set(clock.now() + LEADER_SECONDS - MARGIN_SECONDS)

    assert not lease.is_held
