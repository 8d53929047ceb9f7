"""Replicas of the registry and releases of an agent, in one process over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from agents.core_services.service_registry import ServiceRegistry
from common.agent import Agent, AgentContext, action
from common.agent_process import AgentProcess
from common.contracts.registry import REGISTRY_SLUG, SetWeights, Weights
from common.lifecycle import Phase
from common.messages import Done, Query, Reply
from common.network_peers import NetworkPeers
from common.outside import connect
from common.settings import Settings
from common.testing import facts_of
from common.testing.live import eventually
from common.testing.ports import free_port


class Who(Query):
    """Ask who answers."""


class Named(Reply):
    """Tell which copy answered."""

    instance: str


class Alpha(Agent):
    """Tell who one is."""

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._name = context.instance

    @action
    async def who(self, request: Who) -> Named:
        """Answer with the name of this copy."""
        return Named(instance=self._name)


class Copies:
    """Processes by the names of their copies; replicas of the registry share a file."""

    def __init__(self, folder: Path) -> None:
        self.endpoints = tuple(f"tcp://127.0.0.1:{free_port()}" for _ in range(2))
        self.processes: dict[str, AgentProcess] = {}
        self.peers: NetworkPeers
        self._runs: dict[str, asyncio.Task[int]] = {}
        self._folder = folder

    async def start_registry(self, number: int) -> None:
        """Start a replica and return when it is ready."""
        port = self.endpoints[number].rpartition(":")[2]
        state = f"sqlite://{self._folder}/registry.db"
        name = f"registry-{number}"
        await self.start(ServiceRegistry, name, AGENT_PORT=port, STATE_URL=state)

    async def start(self, agent: type[Agent], instance: str, **environ: str) -> None:
        """Start a copy and return when it is ready."""
        own = {
            "AGENT_INSTANCE": instance,
            "AGENT_HEALTH_PORT": "0",
            "AGENT_PORT": "0",
            "DRAIN_SECONDS": "2",
            "REGISTRY_ENDPOINT": ", ".join(self.endpoints),
            "STATE_URL": "memory:",
            "TRANSPORT_SECURITY": "plain",
        }
        facts = facts_of(agent)
        process = AgentProcess(facts, Settings.from_environ(facts, own | environ), agent)
        self.processes[instance] = process
        self._runs[instance] = asyncio.create_task(process.run())
        async with asyncio.timeout(10):
            await process.status.reached(Phase.READY)

    async def stop(self, instance: str) -> int:
        """Drain a copy and return its exit code."""
        self.processes.pop(instance).stop()
        return await self._runs.pop(instance)

    async def kill(self, instance: str) -> None:
        """End a copy as a crash does."""
        self.processes.pop(instance)
        run = self._runs.pop(instance)
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)

    async def stop_all(self) -> None:
        """Stop every copy, the registry's last."""
        for name in sorted(self.processes, key=lambda name: name.startswith("registry")):
            await self.stop(name)

    async def known(self, *instances: str) -> None:
        """Return when the directory holds these copies, all ready, and no other."""

        async def are_known() -> bool:
            records = self.peers.directory()
            ready = [found.instance for found in records if found.phase is Phase.READY]
            return sorted(ready) == sorted(instances) and len(records) == len(instances)

        await eventually(are_known)

    async def weigh(self, weights: Weights) -> None:
        """Set the weights of alpha."""
        request = SetWeights(agent="alpha", weights=weights)
        await self.peers.call(REGISTRY_SLUG, "set_weights", request, Done)

    async def asked(self, calls: int = 40) -> set[str]:
        """Return which copies of alpha answer many calls, each for itself."""
        answers = [await self.peers.call("alpha", "who", Who(), Named) for _ in range(calls)]
        return {answer.instance for answer in answers}

    async def answers_come_from(self, *instances: str) -> None:
        """Return when these copies, and no other, answer."""

        async def do_they() -> bool:
            return await self.asked() == set(instances)

        await eventually(do_they)


@pytest.fixture
async def copies(tmp_path: Path) -> AsyncIterator[Copies]:
    """Give one replica of two that leads."""
    async with AsyncExitStack() as stack:
        made = Copies(tmp_path)
        made.peers = await stack.enter_async_context(connect(made.endpoints, "test"))
        stack.push_async_callback(made.stop_all)
        await made.start_registry(0)
        yield made


async def test_calls_follow_the_weights(copies: Copies) -> None:
    """A release has the calls that its weight gives it; when all its copies go, others serve."""
    await copies.start(Alpha, "alpha-1", AGENT_RELEASE="r1")
    await copies.start(Alpha, "alpha-2", AGENT_RELEASE="r2")
    await copies.answers_come_from("alpha-1", "alpha-2")
    await copies.weigh((("r1", 0), ("r2", 100)))
    await copies.answers_come_from("alpha-2")
    await copies.weigh((("r1", 100), ("r2", 0)))
    await copies.answers_come_from("alpha-1")
    assert await copies.stop("alpha-1") == 0
    await copies.answers_come_from("alpha-2")


async def test_replicas_know_each_other_and_the_agents(copies: Copies) -> None:
    """A follower is ready and registered with the leader; when that stops, it leads with all."""
    await copies.start(Alpha, "alpha-1")
    await copies.start_registry(1)
    await copies.known("alpha-1", "registry-0", "registry-1")
    await copies.weigh((("", 100),))
    assert await copies.stop("registry-0") == 0
    await copies.known("alpha-1", "registry-1")
    await copies.answers_come_from("alpha-1")
    await copies.start_registry(0)
    await copies.known("alpha-1", "registry-0", "registry-1")
    assert await copies.stop("registry-0") == 0

    await copies.known("alpha-1", "registry-1")


async def test_known_peers_are_called_without_any_registry(copies: Copies) -> None:
    """Whoever is known stays known while no registry answers, and is found by the next one."""
    await copies.start(Alpha, "alpha-1")
    await copies.known("alpha-1", "registry-0")
    await copies.kill("registry-0")
    assert await copies.asked() == {"alpha-1"}

    await copies.start_registry(1)
    await copies.start(Alpha, "alpha-2")
    await copies.known("alpha-1", "alpha-2", "registry-1")
