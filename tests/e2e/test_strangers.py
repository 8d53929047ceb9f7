"""Who may call whom on a running fleet, and what goes on when the registry is away."""

import asyncio
import json
import re
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest

from agents.core_services.service_registry import ServiceRegistry
from common.clock import SystemClock
from common.facts import REGISTRY_SLUG
from common.messages import ActionError, ErrorCode
from common.network_peers import NetworkPeers
from common.outside import connect
from common.security.credentials import Credentials
from common.security.keys import KeyPair
from common.testing import facts_of
from common.testing.live import eventually
from common.testing.process import OPERATOR, AgentProcesses, KeyRing
from common.testing.relay import ALPHA, BETA, Answer, Text
from common.transport.client import Client

REGISTRY = facts_of(ServiceRegistry, calls=())
AWAY_SECONDS = 30.0
REASONS = {"key not allowed", "no key", "wrong server key"}


class Running:
    """Three secured processes: the registry, alpha, and beta, which depends on alpha."""

    def __init__(self, processes: AgentProcesses, keys: KeyRing, peers: NetworkPeers) -> None:
        self.processes = processes
        self.keys = keys
        self.peers = peers

    async def relay(self, text: str) -> str:
        """Ask beta, which asks alpha."""
        return (await self.peers.call("beta", "relay", Text(text=text), Answer)).text

    async def serves(self) -> bool:
        """Tell whether all of them answer by now."""
        try:
            return await self.relay("hello") == "hello"
        except ActionError:
            return False

    async def ask_alpha(self, source: str, credentials: Credentials | None) -> ErrorCode | str:
        """Ask alpha as somebody; return the answer or the error's code."""
        clock = SystemClock()
        client = Client(source, clock, credentials=credentials)
        endpoint, deadline = self.processes.endpoint("alpha"), clock.now() + 1.5
        try:
            request = Text(text="let me in")
            found = await client.call(endpoint, "alpha.echo", request, Answer, deadline=deadline)
        except ActionError as error:
            return error.code
        finally:
            client.close()
        return found.text

    def refusals(self, slug: str) -> dict[str, float]:
        """Return how many connections an agent has refused, by reason."""
        record = next(found for found in self.peers.directory() if found.slug == slug)
        with urllib.request.urlopen(f"{record.health_endpoint}/metrics") as response:
            text = response.read().decode()
        found = re.findall(r'agent_refused_connections_total\{.*?reason="(.*?)"\} (\S+)', text)
        return {reason: float(number) for reason, number in found}


@asynccontextmanager
async def secured(folder: Path) -> AsyncIterator[Running]:
    """Start the three and give them once they serve."""
    keys = KeyRing(folder / "keys")
    keys.make(REGISTRY, ALPHA, BETA)
    async with AgentProcesses(folder, keys) as processes:
        for facts in (REGISTRY, ALPHA, BETA):
            await processes.start(facts)
        registry = processes.endpoint(REGISTRY_SLUG)
        async with connect(registry, OPERATOR, credentials=keys.of()) as peers:
            running = Running(processes, keys, peers)
            await eventually(running.serves)
            yield running


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    """Give the three processes."""
    async with secured(tmp_path) as found:
        yield found


async def test_only_the_graphs_keys_come_in(running: Running) -> None:
    """A stranger's key, no key and a key without an edge are refused, logged and counted."""
    alphas, own = (running.keys.of("alpha").own.public,), running.keys.of()
    stranger = Credentials(KeyPair.generate(), {"alpha": alphas}, {})
    registrys = replace(running.keys.of(REGISTRY_SLUG), servers={"alpha": alphas})
    astray = replace(own, servers={"alpha": (KeyPair.generate().public,)})

    assert await running.ask_alpha("stranger", stranger) is ErrorCode.DENIED
    assert await running.ask_alpha(REGISTRY_SLUG, registrys) is ErrorCode.DENIED
    assert await running.ask_alpha("plain", None) is ErrorCode.DENIED
    assert await running.ask_alpha(OPERATOR, astray) is ErrorCode.TIMEOUT
    assert await running.ask_alpha(OPERATOR, own) == "let me in"

    async def is_counted() -> bool:
        # Who has no key sees so at once and may be gone before alpha has read who it was.
        assert await running.ask_alpha("plain", None) is ErrorCode.DENIED
        return running.refusals("alpha").keys() >= REASONS

    await eventually(is_counted)
    assert running.refusals("alpha")["key not allowed"] >= 2
    told = [json.loads(line) for line in running.processes.log("alpha").splitlines()]
    reasons = {line.get("reason") for line in told if line["message"] == "refused a connection"}
    assert reasons >= REASONS


async def test_nobody_speaks_in_anothers_name(running: Running) -> None:
    """Whoever has a good key cannot say that it is somebody else who asks."""
    assert await running.ask_alpha("beta", running.keys.of()) is ErrorCode.DENIED


async def test_known_peers_go_on_without_a_registry(running: Running) -> None:
    """For half a minute without any registry not one call between agents fails."""
    await running.processes.kill(REGISTRY_SLUG)
    until, count = monotonic() + AWAY_SECONDS, 0
    while monotonic() < until:
        count += 1
        assert await running.relay(str(count)) == str(count)
        await asyncio.sleep(0.01)
    assert count > AWAY_SECONDS * 10

    await running.processes.start(REGISTRY)
    await running.processes.kill("alpha")
    await running.processes.start(ALPHA)
    assert await running.relay("back") == "back"
