"""The registry and the measured agent as processes, and a way in. No measuring may enter."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from checkout import BenchmarkError
from measured_agent import MeasuredAgent

from agents.core_services.service_registry import ServiceRegistry
from common.agent import Agent
from common.clock import SystemClock
from common.contracts.health import HealthReport
from common.contracts.registry import REGISTRY_SLUG, AgentList, ListAgents
from common.directory import Directory
from common.messages import ActionError, Empty
from common.network_peers import NetworkPeers
from common.security.credentials import read_credentials
from common.security.documents import KEY_FILE, TRUST_FILE, KeyDocument, TrustDocument
from common.security.keys import KeyPair
from common.settings import CURVE, FACTS_VARIABLE, PLAIN
from common.testing.harness import facts_of
from common.testing.ports import free_port
from common.transport.client import Client

MEASURED = "measured_agent"
OUTSIDE = "benchmark"
SLUGS = (REGISTRY_SLUG, MEASURED, OUTSIDE)
SECURITIES = (PLAIN, CURVE)
PATIENCE = 15.0


@dataclass(frozen=True)
class Place:
    """Where the agents are and how to come in; all of it can be told to another process."""

    security: str
    registry: str
    keys: str
    agent_pid: int

    def client(self) -> Client:
        """Make a client that may call the measured agent; it belongs to the loop that runs."""
        credentials = read_credentials(Path(self.keys)) if self.security == CURVE else None
        return Client(OUTSIDE, SystemClock(), credentials=credentials)


@contextmanager
def live_agents(security: str, folder: Path) -> Iterator[Place]:
    """Start the registry and the agent as a fleet does, and stop them at the end."""
    write_keys(folder)
    registry_port = free_port()
    registry = f"tcp://127.0.0.1:{registry_port}"
    own = {"TRANSPORT_SECURITY": security, "REGISTRY_ENDPOINT": registry}
    processes: list[subprocess.Popen[bytes]] = []
    try:
        processes.append(_start(ServiceRegistry, folder, own | {"AGENT_PORT": str(registry_port)}))
        processes.append(_start(MeasuredAgent, folder, own | {"AGENT_PORT": "0"}))
        place = Place(security, registry, str(folder / OUTSIDE), processes[-1].pid)
        asyncio.run(_until_ready(place, folder))
        yield place
    finally:
        for process in reversed(processes):
            process.send_signal(signal.SIGTERM)
            process.wait()


@asynccontextmanager
async def peers_of(place: Place) -> AsyncIterator[NetworkPeers]:
    """Give peers as a program outside of the fleet has them."""
    client, clock = place.client(), SystemClock()
    directory = Directory((place.registry,), client, clock, logging.getLogger(OUTSIDE))
    directory.start()
    try:
        yield NetworkPeers(directory, client, clock)
    finally:
        await directory.close()
        client.close()


async def endpoint_of(place: Place) -> str:
    """Return where the measured agent answers."""
    async with peers_of(place) as peers:
        found = await peers.call(REGISTRY_SLUG, "list_agents", ListAgents(), AgentList)
    return next(record.endpoint for record in found.agents if record.slug == MEASURED)


def write_keys(folder: Path) -> None:
    """Give everybody a key that everybody trusts."""
    pairs = {slug: KeyPair.generate() for slug in SLUGS}
    trust = TrustDocument(
        servers={slug: (pair.public,) for slug, pair in pairs.items()},
        clients={pair.public: slug for slug, pair in pairs.items()},
    )
    for slug, pair in pairs.items():
        own = folder / slug
        own.mkdir(mode=0o700, parents=True)
        key = KeyDocument(public=pair.public, secret=pair.secret)
        _write(own / KEY_FILE, key.model_dump_json())
        _write(own / TRUST_FILE, trust.model_dump_json())


def child_environ() -> dict[str, str]:
    """Return an environment in which a child imports what this program can."""
    path = os.pathsep.join(dict.fromkeys(os.path.abspath(entry) for entry in sys.path if entry))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AGENT_")}
    return kept | {"PYTHONPATH": path}


def _write(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")


def _start(agent: type[Agent], folder: Path, own: dict[str, str]) -> subprocess.Popen[bytes]:
    facts = facts_of(agent)
    settings = {
        FACTS_VARIABLE: facts.model_dump_json(),
        "AGENT_HEALTH_PORT": "0",
        "KEYS_DIRECTORY": str(folder / facts.slug),
        "STATE_URL": "memory:",
        "DRAIN_SECONDS": "1",
    }
    with (folder / f"{facts.slug}.log").open("wb") as log:
        return subprocess.Popen(
            (sys.executable, "-m", "common.runtime"),
            env=child_environ() | settings | own,
            stdout=log,
            stderr=log,
        )


async def _until_ready(place: Place, folder: Path) -> None:
    try:
        async with peers_of(place) as peers, asyncio.timeout(PATIENCE):
            # Who is no agent of the fleet waits for none: it asks again.
            while not await _is_ready(peers):
                await asyncio.sleep(0.05)
    except TimeoutError:
        logs = "\n".join(file.read_text()[-2000:] for file in sorted(folder.glob("*.log")))
        raise BenchmarkError(f"expected a ready agent in {PATIENCE:.0f} s\n\n{logs}") from None


async def _is_ready(peers: NetworkPeers) -> bool:
    try:
        report = await peers.call(MEASURED, "health", Empty(), HealthReport)
    except ActionError:
        return False
    return report.phase.is_serving
