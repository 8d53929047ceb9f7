"""Several agents in one process, over real sockets and one ZeroMQ context. No fake may enter."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from common.agent import Agent
from common.agent_process import AgentProcess
from common.contracts.registry import REGISTRY_SLUG
from common.describe import check_definition
from common.facts import AgentFacts
from common.lifecycle import Phase
from common.network_peers import NetworkPeers
from common.outside import connect
from common.runtime import load_agent
from common.settings import Settings
from common.testing.harness import facts_of
from common.testing.ports import free_port

READY_SECONDS = 10.0


async def eventually(check: Callable[[], Awaitable[bool]], seconds: float = READY_SECONDS) -> None:
    """Return when a check holds, for what another process does and nobody tells us of."""
    async with asyncio.timeout(seconds):
        while not await check():
            await asyncio.sleep(0.01)


class LiveFleet:
    """Start and stop agents one by one; the registry is started like any other agent."""

    def __init__(self, state: Path | None = None, **environ: str) -> None:
        self.registry_port = free_port()
        self.registry_endpoint = f"tcp://127.0.0.1:{self.registry_port}"
        self.processes: dict[str, AgentProcess] = {}
        self.peers: NetworkPeers
        self._runs: dict[str, asyncio.Task[int]] = {}
        self._state = state
        self._environ = {"DRAIN_SECONDS": "2", "TRANSPORT_SECURITY": "plain"} | environ
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "LiveFleet":
        """Open the way in for calls from the test."""
        self.peers = await self._stack.enter_async_context(connect(self.registry_endpoint, "test"))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop every agent, the registry last."""
        names = sorted(self._runs, key=lambda slug: slug == REGISTRY_SLUG)
        for slug in names:
            await self.stop(slug)
        await self._stack.aclose()

    def start(self, agent: type[Agent] | AgentFacts, **stated: Any) -> AgentProcess:
        """Begin to run an agent; what is stated changes its facts."""
        if isinstance(agent, AgentFacts):
            facts = AgentFacts.model_validate(agent.model_dump() | stated)
            agent_class = load_agent(facts)
        else:
            facts, agent_class = facts_of(agent, **stated), agent
        check_definition(facts, agent_class)
        process = AgentProcess(facts, self._settings(facts), agent_class)
        self.processes[facts.slug] = process
        self._runs[facts.slug] = asyncio.create_task(process.run(), name=facts.slug)
        return process

    async def ready(self, *slugs: str) -> None:
        """Return when these agents, or all of them, are ready; raise TimeoutError if not."""
        async with asyncio.timeout(READY_SECONDS):
            for slug in slugs or tuple(self.processes):
                await self.processes[slug].status.reached(Phase.READY)

    async def stop(self, slug: str) -> int:
        """Drain an agent and return its exit code."""
        self.processes.pop(slug).stop()
        return await self._runs.pop(slug)

    async def kill(self, slug: str) -> None:
        """End an agent without drain or farewell, as a crash does."""
        self.processes.pop(slug)
        run = self._runs.pop(slug)
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)

    async def exit_code(self, slug: str) -> int:
        """Wait until an agent has ended by itself and return its exit code."""
        self.processes.pop(slug)
        return await self._runs.pop(slug)

    def _settings(self, facts: AgentFacts) -> Settings:
        port = self.registry_port if facts.slug == REGISTRY_SLUG else 0
        state = f"sqlite://{self._state / facts.slug}.db" if self._state else "memory:"
        own = {
            "AGENT_PORT": str(port),
            "AGENT_HEALTH_PORT": "0",
            "REGISTRY_ENDPOINT": self.registry_endpoint,
            "STATE_URL": state,
        }
        return Settings.from_environ(facts, own | self._environ)


@asynccontextmanager
async def running(
    *agents: type[Agent] | AgentFacts, state: Path | None = None
) -> AsyncIterator[LiveFleet]:
    """Run these agents, one of which is the registry, until the block ends; all are ready in it."""
    async with LiveFleet(state) as fleet:
        for agent in agents:
            fleet.start(agent)
        await fleet.ready()
        yield fleet
