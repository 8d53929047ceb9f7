"""The registry: who is there, for how long, and who is told."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from agents.core_services.service_registry import ServiceRegistry
from common.contracts.registry import AgentRecord
from common.lifecycle import Phase
from common.messages import ActionError, ErrorCode
from common.state import open_store
from common.state.memory import MemoryStore
from common.testing import AgentHarness, FakeClock

Registry = AgentHarness[ServiceRegistry]


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


async def enter(registry: Registry, *records: AgentRecord) -> None:
    """Register agents."""
    for found in records:
        await registry.call("register_agent", record=found)


async def beat(registry: Registry, found: AgentRecord) -> None:
    """Renew a lease."""
    await registry.call("heartbeat", slug=found.slug, instance=found.instance, since=found.since)


async def leave(registry: Registry, found: AgentRecord) -> None:
    """Deregister an agent."""
    await registry.call(
        "deregister_agent", slug=found.slug, instance=found.instance, since=found.since
    )


async def listed(registry: Registry, **which: str) -> list[str]:
    """Return the slugs on the list."""
    return [found.slug for found in (await registry.call("list_agents", **which)).agents]


async def test_registered_agents_are_found() -> None:
    """An agent is found by slug and by class name, on the list and in its group."""
    async with AgentHarness(ServiceRegistry) as registry:
        await enter(registry, record("knowledge_base"), record("nlu_agent", group="language"))

        for name in ("knowledge_base", "KnowledgeBase"):
            found = await registry.call("get_agent_endpoint", agent=name)
            assert (found.endpoint, found.phase) == ("tcp://knowledge_base:5000", Phase.READY)
        assert (await registry.call("get_agent_endpoint", agent="NLUAgent")).slug == "nlu_agent"
        assert await listed(registry) == ["knowledge_base", "nlu_agent"]
        assert await listed(registry, group="language") == ["nlu_agent"]
        assert await listed(registry, phase="waiting") == []


async def test_unknown_agent_is_not_found() -> None:
    """Asking for nobody is NOT_FOUND at the field that was wrong."""
    async with AgentHarness(ServiceRegistry) as registry:
        with pytest.raises(ActionError) as caught:
            await registry.call("get_agent_endpoint", agent="Nobody")

    assert (caught.value.code, caught.value.field) == (ErrorCode.NOT_FOUND, "agent")


async def test_serving_copy_is_preferred() -> None:
    """Of several copies one that serves is named, the longest running of these."""
    async with AgentHarness(ServiceRegistry) as registry:
        await enter(
            registry,
            record(instance="old", phase=Phase.DRAINING, since=1.0),
            record(instance="young", since=30.0),
            record(instance="middle", since=20.0, phase=Phase.DEGRADED),
        )

        assert (await registry.call("get_agent_endpoint", agent="alpha")).instance == "middle"


async def test_lease_ends_without_heartbeats() -> None:
    """An agent stays as long as it is heard, and is gone one lease after its last word."""
    async with AgentHarness(ServiceRegistry) as registry:
        alpha, beta = record("alpha"), record("beta")
        await enter(registry, alpha, beta)
        for _ in range(4):
            await registry.clock.advance(1)
            await beat(registry, beta)

        assert await listed(registry) == ["beta"]
        with pytest.raises(ActionError) as caught:
            await beat(registry, alpha)
        assert caught.value.code == ErrorCode.NOT_FOUND
        await enter(registry, alpha)
        assert await listed(registry) == ["alpha", "beta"]


async def test_pause_of_the_registry_ends_no_lease() -> None:
    """Leases do not run out while the registry itself did not get to run."""
    async with AgentHarness(ServiceRegistry) as registry:
        await enter(registry, record())
        await registry.clock.settle()
        registry.clock.set(registry.clock.now() + 60)
        await registry.clock.advance(0.5)

        assert await listed(registry) == ["alpha"]


async def test_newer_process_replaces_the_older() -> None:
    """A restarted agent takes over its name; what the old process says then counts nothing."""
    async with AgentHarness(ServiceRegistry) as registry:
        old, new = record(since=100.0), record(since=200.0, endpoint="tcp://alpha:5001")
        await enter(registry, old, new)
        for late_word in (enter, beat):
            with pytest.raises(ActionError) as caught:
                await late_word(registry, old)
            assert caught.value.code == ErrorCode.CONFLICT
        await leave(registry, old)
        found = await registry.call("get_agent_endpoint", agent="alpha")
        assert found.endpoint == "tcp://alpha:5001"
        await leave(registry, new)
        await leave(registry, new)

        assert await listed(registry) == []


async def test_heartbeat_of_an_unknown_incarnation_is_not_found() -> None:
    """A process that never registered must do so before its heartbeats count."""
    async with AgentHarness(ServiceRegistry) as registry:
        await enter(registry, record(since=100.0))
        with pytest.raises(ActionError) as caught:
            await beat(registry, record(since=200.0))

    assert caught.value.code == ErrorCode.NOT_FOUND


async def test_first_watch_gives_everything() -> None:
    """A watcher that knows nothing gets the whole table at once."""
    async with AgentHarness(ServiceRegistry) as registry:
        await enter(registry, record("alpha"), record("beta"))
        changes = await registry.call("watch_agents", since=0)

        assert changes.complete
        assert tuple(found.slug for found in changes.agents) == ("alpha", "beta")


async def test_watch_waits_for_a_change_and_gives_only_that() -> None:
    """A watcher that is up to date sleeps until something changes; changes of a moment are one."""
    async with AgentHarness(ServiceRegistry) as registry:
        await enter(registry, record("alpha"), record("beta"))
        since = (await registry.call("watch_agents", since=0)).version
        watching = asyncio.create_task(
            registry.call("watch_agents", since=since, timeout_seconds=30)
        )
        await registry.clock.settle()
        assert not watching.done()
        await enter(registry, record("beta", phase=Phase.DEGRADED), record("gamma"))
        await leave(registry, record("alpha"))
        await registry.clock.advance(0.1)
        changes = await watching

        assert not changes.complete
        assert [(found.slug, found.phase.value) for found in changes.agents] == [
            ("beta", "degraded"),
            ("gamma", "ready"),
            ("alpha", "stopped"),
        ]


async def test_quiet_watch_ends_empty() -> None:
    """Without changes a watch ends at its time with nothing and the same version."""
    async with AgentHarness(ServiceRegistry) as registry:
        since = (await registry.call("watch_agents", since=0)).version
        changes = await registry.call("watch_agents", since=since, timeout_seconds=0.01)

        assert (since, False, ()) == (changes.version, changes.complete, changes.agents)


async def test_version_of_another_life_gives_everything() -> None:
    """A watcher that comes from an earlier or a later registry gets the whole table."""
    async with AgentHarness(ServiceRegistry) as registry:
        await enter(registry, record())
        version = (await registry.call("list_agents")).version
        for since in (1, version + 10**9):
            changes = await registry.call("watch_agents", since=since)
            assert changes.complete
            assert len(changes.agents) == 1


async def test_table_survives_a_restart(tmp_path: Path) -> None:
    """A new registry over the same store knows who was there, for one lease."""
    clock = FakeClock()
    url = f"sqlite://{tmp_path}/registry.db"
    alpha, beta = record("alpha"), record("beta")
    store = await open_store(url, clock)
    async with AgentHarness(ServiceRegistry, store=store, clock=clock) as first:
        await enter(first, alpha, beta, record("gamma"))
        await leave(first, record("gamma"))
        before = (await first.call("list_agents")).version
    await store.close()
    store = await open_store(url, clock)
    clock.set(clock.now() + 60)
    async with AgentHarness(ServiceRegistry, store=store, clock=clock) as second:
        assert await listed(second) == ["alpha", "beta"]
        assert (await second.call("list_agents")).version > before
        # The store works in a thread of its own, so a moved clock does not wait for it.
        async with asyncio.timeout(5):
            while await survivors(second, beta) != ["beta"]:
                await clock.advance(0.25)
        while len(await store.scan("agents")) > 1:
            await asyncio.sleep(0)
    await store.close()


async def survivors(registry: Registry, heard: AgentRecord) -> list[str]:
    """Return who is on the list when one agent speaks up; nobody while the lease is renewed."""
    try:
        await beat(registry, heard)
        return await listed(registry)
    except ActionError as error:
        assert error.code == ErrorCode.UNAVAILABLE
        await asyncio.sleep(0.01)
        return []


async def test_weights_are_set_told_and_cleared() -> None:
    """Weights are kept in the order of their releases, for agents that nobody knows too."""
    async with AgentHarness(ServiceRegistry) as registry:
        await weigh(registry, "nobody", ("r2", 90), ("r1", 10))
        await weigh(registry, "alpha", ("r1", 100))
        told = (await registry.call("get_weights")).agents
        assert [(found.agent, found.weights) for found in told] == [
            ("alpha", (("r1", 100),)),
            ("nobody", (("r1", 10), ("r2", 90))),
        ]
        (only,) = (await registry.call("get_weights", agent="alpha")).agents
        assert only.agent == "alpha"
        await weigh(registry, "alpha")

        assert (await registry.call("get_weights", agent="alpha")).agents == ()


async def weigh(registry: Registry, agent: str, *weights: tuple[str, int]) -> None:
    """Set the weights of an agent."""
    await registry.call("set_weights", agent=agent, weights=weights)


@pytest.mark.parametrize(
    ("weights", "field", "message"),
    [
        ([["r1", 10]], "weights", "percentages should sum to 100"),
        ([["r1", 50], ["r1", 50]], "weights", "each release should be there once"),
        ([["r1", 150], ["r2", -50]], "weights.0.1", "less than or equal to 100"),
        ([["r1", 99.5], ["r2", 0.5]], "weights.0.1", "valid integer"),
        ([["r 1", 100]], "weights.0.0", "match pattern"),
    ],
)
async def test_wrong_weights_are_invalid(weights: object, field: str, message: str) -> None:
    """Weights that cannot be are refused at the field that is wrong, and change nothing."""
    async with AgentHarness(ServiceRegistry) as registry:
        await weigh(registry, "alpha", ("stable", 100))
        with pytest.raises(ActionError) as caught:
            await registry.call("set_weights", agent="alpha", weights=weights)

        assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, field)
        assert message in caught.value.message
        assert len((await registry.call("get_weights")).agents) == 1


async def test_watchers_hear_of_weights() -> None:
    """A change of weights wakes who watches, with all the weights there are."""
    async with AgentHarness(ServiceRegistry) as registry:
        since = (await registry.call("watch_agents")).version
        watching = asyncio.create_task(
            registry.call("watch_agents", since=since, timeout_seconds=30)
        )
        await registry.clock.settle()
        await weigh(registry, "alpha", ("canary", 5), ("stable", 95))
        await registry.clock.advance(0.1)
        changes = await watching

        assert (changes.complete, changes.agents) == (False, ())
        assert [found.agent for found in changes.weights] == ["alpha"]


async def test_weights_set_at_once_are_all_kept() -> None:
    """Weights of many agents, set at the same time, are all there for the next registry."""
    clock = FakeClock()
    store = MemoryStore(clock)
    async with AgentHarness(ServiceRegistry, store=store, clock=clock) as registry:
        agents = [f"agent_{number}" for number in range(20)]
        await asyncio.gather(*(weigh(registry, agent, ("r1", 100)) for agent in agents))
    clock.set(clock.now() + 60)
    async with AgentHarness(ServiceRegistry, store=store, clock=clock) as registry:
        told = (await registry.call("get_weights")).agents

        assert [found.agent for found in told] == sorted(agents)


async def test_cleared_registry_hears_of_everybody_again() -> None:
    """Clearing the state forgets all; an agent's next heartbeat makes it register."""
    async with AgentHarness(ServiceRegistry) as registry:
        await enter(registry, record())
        await registry.call("clear_state")
        assert await listed(registry) == []
        with pytest.raises(ActionError, match="not_found"):
            await beat(registry, record())


async def test_drain_lets_watchers_go() -> None:
    """A registry that stops does not wait for long watches to end."""
    async with AgentHarness(ServiceRegistry) as registry:
        since = (await registry.call("list_agents")).version
        watching = asyncio.create_task(
            registry.call("watch_agents", since=since, timeout_seconds=60)
        )
        await registry.clock.settle()
        await registry.agent.drain()

        assert (await watching).agents == ()
