"""Some agents of the catalogue as real, secured processes. No fake may enter."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from common.actions import actions_of
from common.contracts import coordination as c
from common.contracts.registry import REGISTRY_SLUG
from common.facts import ANY_AGENT, AgentFacts
from common.messages import Reply, Request
from common.outside import connect
from common.peers import Peers
from common.runtime import load_agent
from common.security.keys import KeyPair
from common.testing.process import OPERATOR, AgentProcesses, KeyRing
from fleet import client
from fleet.keys import OPERATOR as FLEET
from fleet.model import FRONT_DOOR

CATALOGUE = Path("tests/catalogue.json")
READY_SECONDS = 60.0
ANSWER_SECONDS = 40.0
KEYS = "keys"
STATED = ("name", "slug", "machine", "group", "port", "health_port", "gpu", "criticality")

R = TypeVar("R", bound=Reply)


class Household:
    """The processes of one scenario, and the way in."""

    def __init__(
        self, folder: Path, facts: Mapping[str, AgentFacts], processes: AgentProcesses, peers: Peers
    ) -> None:
        self.folder = folder
        self.peers = peers
        self._facts = facts
        self._processes = processes
        self._ended: dict[str, float] = {}  # since when the newest process that was killed had run

    async def call(
        self, agent: str, action: str, request: Request, reply: type[R], *, timeout: float = 10.0
    ) -> R:
        """Return an agent's reply; raise ActionError."""
        return await self.peers.call(agent, action, request, reply, timeout=timeout)

    async def ask(
        self, text: str = "", kind: c.RequestType = c.RequestType.TEXT, **fields: Any
    ) -> c.RequestResult:
        """Put a request to the front door as `ask` does; raise FleetError when it fails."""
        submission = c.SubmitRequest(type=kind, data=text, **fields)
        endpoint = self._processes.endpoint(FRONT_DOOR)
        return await asyncio.to_thread(
            client.ask, endpoint, submission, ANSWER_SECONDS, self.folder / KEYS
        )

    async def start(self, *slugs: str) -> None:
        """Start agents and return when they are ready; say who is not, with its log."""
        for slug in slugs:
            await self._processes.start(self._facts[slug])
        try:
            async with asyncio.timeout(READY_SECONDS):
                while late := {*slugs} - self._ready():
                    await asyncio.sleep(0.02)
        except TimeoutError:
            logs = "\n".join(f"{slug}: {self._processes.log(slug)[-2000:]}" for slug in late)
            raise AssertionError(f"not ready: {', '.join(sorted(late))}\n{logs}") from None

    async def kill(self, slug: str) -> None:
        """End an agent as a crash does."""
        known = [record.since for record in self.peers.directory() if record.slug == slug]
        await self._processes.kill(slug)
        self._ended[slug] = max(known, default=0.0)

    async def restart(self, slug: str) -> None:
        """Kill an agent and start it again on the state that it left."""
        await self.kill(slug)
        await self.start(slug)

    def log(self, slug: str) -> str:
        """Return what an agent has written."""
        return self._processes.log(slug)

    def _ready(self) -> set[str]:
        running = {slug for slug in self._facts if self._runs(slug)}
        return {
            record.slug
            for record in self.peers.directory()
            if record.phase == "ready"
            and record.slug in running
            # A killed process stays in the directory until its lease ends.
            and record.since > self._ended.get(record.slug, 0.0)
        }

    def _runs(self, slug: str) -> bool:
        try:
            return self._processes.is_alive(slug)
        except KeyError:  # it was not started, or was killed
            return False


@asynccontextmanager
async def household(
    folder: Path, *slugs: str, environ: Mapping[str, str] | None = None
) -> AsyncIterator[Household]:
    """Run these agents of the catalogue beside the registry; all are ready in the block."""
    facts = facts_of_catalogue(REGISTRY_SLUG, *slugs)
    keys = KeyRing(folder / KEYS)
    keys.make(*facts.values())
    if FRONT_DOOR in facts:
        _let_in_fleet(keys, *facts)
    async with AgentProcesses(folder, keys, **(environ or {})) as processes:
        endpoint = processes.endpoint(REGISTRY_SLUG)
        async with connect(endpoint, "test", credentials=keys.of()) as peers:
            home = Household(folder, facts, processes, peers)
            await home.start(*facts)
            yield home


def _let_in_fleet(keys: KeyRing, *callers: str) -> None:
    """Let the program `fleet` ask at the front door, beside those who may already."""
    keys.pairs[FLEET] = KeyPair.generate()
    keys.write(FLEET, [])
    keys.write(FRONT_DOOR, [*callers, OPERATOR, FLEET])


def facts_of_catalogue(*slugs: str) -> dict[str, AgentFacts]:
    """Return what the catalogue says of agents, as far as the others of them are concerned."""
    entries = {entry["slug"]: entry for entry in json.loads(CATALOGUE.read_text())}
    return {slug: _facts(entries[slug], {*slugs}) for slug in slugs}


def _facts(entry: dict[str, Any], present: set[str]) -> AgentFacts:
    stated = {name: entry[name] for name in STATED}
    stated["module"] = f"agents.{entry['group']}.{entry['slug']}"
    stated["depends_on"] = tuple(slug for slug in entry["depends_on"] if slug in present)
    stated["storage"] = tuple(entry["storage"])
    stated["calls"] = (ANY_AGENT,)
    agent_class = load_agent(AgentFacts.model_validate(stated))
    return AgentFacts.model_validate(
        stated | {"actions": tuple(found.name for found in actions_of(agent_class))}
    )
