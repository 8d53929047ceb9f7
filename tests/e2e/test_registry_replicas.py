"""Three registry processes over one state file: one leads, and its end is no end of the fleet."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import pytest

from agents.core_services.registry_lease import LEADER_SECONDS
from agents.core_services.service_registry import ServiceRegistry
from common.clock import SystemClock
from common.contracts.registry import REGISTRY_SLUG, AgentList, ListAgents
from common.messages import ActionError
from common.network_peers import NetworkPeers
from common.outside import connect
from common.testing import facts_of
from common.testing.live import eventually
from common.testing.ports import free_port
from common.testing.relay import ALPHA, BETA, Answer, Text
from common.transport.client import Client

AGENTS = {facts.slug: facts for facts in (ALPHA, BETA)}
POLL_SECONDS = 0.02
TAKE_OVER_SECONDS = LEADER_SECONDS + 1.0


@dataclass
class Fleet:
    """The processes, and everything that was seen of them."""

    folder: Path
    state_url: str
    endpoints: tuple[str, ...]
    peers: NetworkPeers
    registries: dict[str, Process] = field(default_factory=dict)
    agents: dict[str, Process] = field(default_factory=dict)
    leaders: list[str] = field(default_factory=list)
    listed: list[frozenset[str]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    calls: int = 0

    @property
    def leader(self) -> str:
        """Return who led last."""
        return self.leaders[-1] if self.leaders else ""

    async def start(self, facts: str, **environ: str) -> Process:
        """Start a process as an orchestrator does."""
        own = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(sys.path),
            "AGENT_FACTS": facts,
            "AGENT_HEALTH_PORT": "0",
            "TRANSPORT_SECURITY": "plain",
            "REGISTRY_ENDPOINT": ",".join(self.endpoints),
        }
        command = (sys.executable, "-m", "common.runtime")
        with (self.folder / "log.jsonl").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *command, env=own | environ, stdout=log, stderr=log, stdin=DEVNULL
            )

    async def start_registry(self, endpoint: str) -> None:
        """Start the replica that answers at an endpoint."""
        port = endpoint.rpartition(":")[2]
        self.registries[endpoint] = await self.start(
            facts_of(ServiceRegistry).model_dump_json(),
            AGENT_PORT=port,
            AGENT_INSTANCE=f"registry-{port}",
            STATE_URL=self.state_url,
        )

    async def start_agent(self, slug: str) -> None:
        """Start one of the two agents."""
        facts = AGENTS[slug].model_dump_json()
        self.agents[slug] = await self.start(facts, STATE_URL="memory:")

    async def watch_leaders(self, client: Client) -> None:
        """Ask every replica again and again; never may two of them answer."""
        clock = SystemClock()

        async def ask(endpoint: str) -> AgentList | None:
            until = clock.now() + 0.25
            name = f"{REGISTRY_SLUG}.list_agents"
            try:
                return await client.call(endpoint, name, ListAgents(), AgentList, deadline=until)
            except ActionError as error:
                # Asked anew each time: no circuit may keep us from hearing a second leader.
                client.forget(endpoint, error)
                return None

        while True:
            answers = await asyncio.gather(*(ask(endpoint) for endpoint in self.endpoints))
            for endpoint, answer in zip(self.endpoints, answers, strict=True):
                if answer is not None:
                    self.leaders.append(endpoint)
                    self.listed.append(frozenset(found.slug for found in answer.agents))
            await clock.sleep(POLL_SECONDS)

    async def keep_calling(self) -> None:
        """Send a text through both agents again and again, and note what goes wrong."""
        while True:
            self.calls += 1
            sent = Text(text=str(self.calls))
            try:
                answer = await self.peers.call("beta", "relay", sent, Answer, timeout=2)
                assert answer.text == sent.text
            except ActionError as error:
                self.errors.append(str(error))
            await asyncio.sleep(POLL_SECONDS)

    def known(self) -> set[str]:
        """Return the agents that the test's own directory knows."""
        return {found.slug for found in self.peers.directory()}


@pytest.fixture
def state_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give the store that the replicas share: a file, or that of the test's parameter."""
    server = getattr(request, "param", None)
    if server is None:
        return f"sqlite://{tmp_path}/registry.db"
    return str(request.getfixturevalue(server).url)


@pytest.fixture
async def fleet(tmp_path: Path, state_url: str) -> AsyncIterator[Fleet]:
    """Give three replicas, two agents that call each other, and a watch over all."""
    endpoints = tuple(f"tcp://127.0.0.1:{free_port()}" for _ in range(3))
    async with AsyncExitStack() as stack:
        peers = await stack.enter_async_context(connect(",".join(endpoints), "test"))
        made = Fleet(tmp_path, state_url, endpoints, peers)
        stack.push_async_callback(ended, made)
        for endpoint in endpoints:
            await made.start_registry(endpoint)
        for slug in AGENTS:
            await made.start_agent(slug)
        client = Client("poll", SystemClock())
        stack.callback(client.close)
        await stack.enter_async_context(beside(made.watch_leaders(client)))
        await eventually(says(lambda: bool(made.leader and peers_serve(made))), 20)
        await stack.enter_async_context(beside(made.keep_calling()))
        await eventually(says(lambda: made.calls > 3), 20)
        yield made


async def ended(fleet: Fleet) -> None:
    """Kill what still runs."""
    for process in (*fleet.registries.values(), *fleet.agents.values()):
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def beside(work: Awaitable[None]) -> AsyncIterator[None]:
    """Run something until the block ends; its fault is the test's."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        (result,) = await asyncio.gather(task, return_exceptions=True)
        if isinstance(result, Exception):
            raise result


def says(check: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    """Make a plain check into one that can be awaited."""

    async def checked() -> bool:
        return check()

    return checked


def peers_serve(fleet: Fleet) -> bool:
    """Tell whether both agents and all replicas are known, and both agents serve."""
    records = fleet.peers.directory()
    serving = {found.slug for found in records if found.phase.is_serving}
    return serving >= {"alpha", "beta"} and len(records) == 2 + len(fleet.endpoints)


def assert_one_led_after_the_other(fleet: Fleet) -> None:
    """Nobody who was seen to follow another leader led again before that one had ended."""
    turns = [leader for at, leader in enumerate(fleet.leaders) if fleet.leaders[at - 1] != leader]
    assert len(turns) == len(set(turns)), turns


def assert_nothing_was_lost(fleet: Fleet, since: int, calls: int) -> None:
    """Every list since then had both agents, and every call was answered."""
    assert fleet.errors == []
    assert fleet.calls > calls + 20
    assert all(listed >= {"alpha", "beta"} for listed in fleet.listed[since:])
    assert fleet.known() >= {"alpha", "beta"}


@pytest.mark.parametrize(
    "state_url", [None, "redis_server", "postgres_server"], indirect=True, ids=str
)
async def test_killed_leader_is_followed_by_another(fleet: Fleet) -> None:
    """Another replica leads soon, with every record; calls go on meanwhile."""
    since, calls, killed, began = len(fleet.listed), fleet.calls, fleet.leader, monotonic()
    fleet.registries[killed].kill()
    await eventually(says(lambda: fleet.leader != killed), 10)
    assert monotonic() - began < TAKE_OVER_SECONDS
    # Long enough for the lease of everyone who was not heard of to end.
    await SystemClock().sleep(LEADER_SECONDS + 1.5)
    assert_nothing_was_lost(fleet, since, calls)

    await fleet.registries[killed].wait()
    await fleet.start_registry(killed)
    await eventually(says(lambda: peers_serve(fleet)), 10)
    assert fleet.leader != killed
    assert_one_led_after_the_other(fleet)


async def test_paused_leader_does_not_lead_when_it_wakes(fleet: Fleet) -> None:
    """A leader that did not get to run finds another in its place, and follows it."""
    since, calls, paused = len(fleet.listed), fleet.calls, fleet.leader
    fleet.registries[paused].send_signal(signal.SIGSTOP)
    await eventually(says(lambda: fleet.leader != paused), 10)
    fleet.registries[paused].send_signal(signal.SIGCONT)
    await SystemClock().sleep(LEADER_SECONDS + 1.5)

    assert fleet.leader != paused
    assert_nothing_was_lost(fleet, since, calls)
    assert_one_led_after_the_other(fleet)
    assert fleet.registries[paused].returncode is None


async def test_stopped_leader_is_followed_at_once(fleet: Fleet) -> None:
    """A leader that is asked to stop lets another lead without a wait for its lease."""
    since, calls, stopped = len(fleet.listed), fleet.calls, fleet.leader
    fleet.registries[stopped].terminate()
    await fleet.registries[stopped].wait()
    began = monotonic()
    await eventually(says(lambda: fleet.leader != stopped), 10)

    assert monotonic() - began < 1.5
    await eventually(says(lambda: len(fleet.peers.directory()) == 4), 10)
    await eventually(says(lambda: fleet.calls > calls + 20), 10)
    assert_nothing_was_lost(fleet, since, calls)
    assert_one_led_after_the_other(fleet)
