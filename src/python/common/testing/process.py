"""Agents as processes of their own, to be killed, flooded and attacked. No fake may enter."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from common.facts import REGISTRY_SLUG, AgentFacts
from common.security.credentials import Credentials, read_credentials
from common.security.keys import KeyPair
from common.settings import CURVE, PLAIN
from common.testing.ports import free_port

OPERATOR = "test"


@dataclass(frozen=True)
class KeyRing:
    """The key pairs of a fleet, and the folders that its agents read them from."""

    folder: Path
    pairs: dict[str, KeyPair] = field(default_factory=dict)

    def make(self, *facts: AgentFacts) -> None:
        """Make keys for these agents and the test, who may call all of them."""
        for slug in (*(each.slug for each in facts), OPERATOR):
            self.pairs.setdefault(slug, KeyPair.generate())
        for called in facts:
            callers = [each.slug for each in facts if each.may_call(called.slug)]
            self.write(called.slug, [*callers, OPERATOR])
        self.write(OPERATOR, [])

    def write(self, slug: str, callers: list[str]) -> None:
        """Write the folder of one agent, with those whom it lets in."""
        own = self.folder / slug
        own.mkdir(parents=True, exist_ok=True, mode=0o700)
        pair = self.pairs[slug]
        trust = {
            "servers": {name: [found.public] for name, found in self.pairs.items()},
            "clients": {self.pairs[name].public: name for name in callers},
        }
        key = own / "agent.key"
        key.touch(mode=0o600)
        key.write_text(json.dumps({"public": pair.public, "secret": pair.secret}))
        (own / "trust.json").write_text(json.dumps(trust))

    def of(self, slug: str = OPERATOR) -> Credentials:
        """Return the credentials of an agent, by default the test's."""
        return read_credentials(self.folder / slug)


class AgentProcesses:
    """Start agents by their facts with `python -m common.runtime`; end them with the block.

    With a key ring they are secured, without one they are plain.
    """

    def __init__(self, folder: Path, keys: KeyRing | None = None, **environ: str) -> None:
        self.ports = {REGISTRY_SLUG: free_port()}
        self._folder = folder
        self._keys = keys
        self._environ = environ
        self._processes: dict[str, Process] = {}

    async def __aenter__(self) -> "AgentProcesses":
        """Give the processes."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill what still runs."""
        for slug in tuple(self._processes):
            await self.kill(slug)

    def endpoint(self, slug: str) -> str:
        """Return where an agent answers."""
        return f"tcp://127.0.0.1:{self.ports[slug]}"

    def pid(self, slug: str) -> int:
        """Return the process of an agent."""
        return self._processes[slug].pid

    def is_alive(self, slug: str) -> bool:
        """Tell whether the process has not ended."""
        return self._processes[slug].returncode is None

    def log(self, slug: str) -> str:
        """Return what an agent has written."""
        return (self._folder / f"{slug}.log").read_text()

    async def start(self, facts: AgentFacts) -> None:
        """Start an agent; one that was started before has its port and its state again."""
        port = self.ports.setdefault(facts.slug, free_port())
        own = {
            "AGENT_FACTS": facts.model_dump_json(),
            "AGENT_PORT": str(port),
            "AGENT_HEALTH_PORT": "0",
            "REGISTRY_ENDPOINT": self.endpoint(REGISTRY_SLUG),
            "STATE_URL": f"sqlite://{self._folder / facts.slug}.db",
            "TRANSPORT_SECURITY": CURVE if self._keys else PLAIN,
            "PYTHONPATH": os.pathsep.join([str(self._folder), *sys.path]),
            "PYTHONUNBUFFERED": "1",
        }
        if self._keys is not None:
            own["KEYS_DIRECTORY"] = str(self._keys.folder / facts.slug)
        with (self._folder / f"{facts.slug}.log").open("ab") as log:
            self._processes[facts.slug] = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "common.runtime"),
                env={"PATH": os.environ.get("PATH", ""), **own, **self._environ},
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
            )

    async def kill(self, slug: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Signal an agent, wait for its end and return the exit code."""
        process = self._processes.pop(slug)
        if process.returncode is None:
            process.send_signal(number)
        return await process.wait()
