"""Keys of a fleet that runs: every edge is guarded, and new keys come without a lost call."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agents.core_services.service_registry import ServiceRegistry
from common.agent import Agent, AgentContext, action
from common.agent_process import AgentProcess
from common.lifecycle import Phase
from common.messages import ActionError, ErrorCode, Reply, Request
from common.security import Credentials, read_credentials
from common.settings import Settings
from common.testing.harness import facts_of
from common.testing.ports import free_port
from fleet.client import Caller
from fleet.keys import Step, ensure, rotate
from fleet.model import Model
from fleet.testing.models import agent_entry, make_model

SECONDS = 10.0
CALLERS = 8


class Count(Request):
    """Ask for the next number: asking twice is not asking once."""


class Number(Reply):
    """Tell the number."""

    number: int


class Counter(Agent):
    """Count what it is asked."""

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._number = 0

    @action
    async def count(self, request: Count) -> Number:
        """Give the next number."""
        self._number += 1
        return Number(number=self._number)


class Relay(Agent):
    """Ask the counter for others."""

    @action
    async def relay(self, request: Count) -> Number:
        """Give the counter's next number."""
        return await self.peers.call("counter", "count", request, Number)

    @action
    async def trespass(self, request: Count) -> Number:
        """Ask somebody to whom there is no edge."""
        return await self.peers.call("relay", "relay", request, Number)


class Reread(logging.Handler):
    """Tell when agents have read their keys again."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.names: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Note whose log says so."""
        if record.getMessage() == "keys were read again":
            self.names.add(record.name)


class GuardedFleet:
    """A registry, a counter and a relay that know each other by their keys."""

    def __init__(self, keys: Path) -> None:
        self.keys = keys
        self.model: Model = make_model(
            agent_entry("counter", free_port()),
            agent_entry("relay", free_port(), calls=["counter"]),
            agent_entry("service_registry", free_port(), depends_on=[]),
            orchestrator="process",
        )
        ensure(self.model, keys)
        self.processes = [
            self._process("service_registry", ServiceRegistry),
            self._process("counter", Counter),
            self._process("relay", Relay),
        ]

    def caller(self, slug: str, keys: Path | None = None) -> Caller:
        """Call an agent as the operator, or as who has other keys."""
        return Caller(slug, self.endpoint(slug), keys or self.keys)

    def endpoint(self, slug: str) -> str:
        """Give where an agent listens."""
        agent = self.model.agent(slug)
        assert agent is not None
        return f"tcp://127.0.0.1:{agent.port}"

    def credentials(self) -> dict[str, Credentials]:
        """Give what each agent reads now."""
        return {slug: read_credentials(self.keys / slug) for slug in self.model.graph}

    def _process(self, slug: str, agent_class: type[Agent]) -> AgentProcess:
        stated = self.model.agent(slug)
        assert stated is not None
        facts = facts_of(agent_class, slug=slug, port=stated.port, calls=stated.calls)
        environ = {
            "KEYS_DIRECTORY": str(self.keys / slug),
            "AGENT_HEALTH_PORT": "0",
            "REGISTRY_ENDPOINT": self.endpoint("service_registry"),
            "STATE_URL": "memory:",
        }
        settings = Settings.from_environ(facts, environ)
        credentials = read_credentials(settings.keys_directory)
        return AgentProcess(facts, settings, agent_class, credentials=credentials)


@asynccontextmanager
async def guarded(keys: Path) -> AsyncIterator[GuardedFleet]:
    """Run a guarded fleet."""
    fleet = GuardedFleet(keys)
    runs = [asyncio.create_task(process.run()) for process in fleet.processes]
    try:
        async with asyncio.timeout(SECONDS):
            for process in fleet.processes:
                await process.status.reached(Phase.READY)
        yield fleet
    finally:
        for process in reversed(fleet.processes):
            process.stop()
        await asyncio.gather(*runs)


async def test_the_operator_may_call_everybody(tmp_path: Path) -> None:
    """With keys of the fleet every agent answers, and agents reach each other."""
    async with guarded(tmp_path) as fleet:
        relay = fleet.caller("relay")
        assert (await relay.call("relay", Count(), Number, SECONDS)).number == 1
        relay.close()


async def test_nobody_else_may_call_anybody(tmp_path: Path) -> None:
    """Without keys, with keys of another fleet, and with an agent's keys there is no edge."""
    async with guarded(tmp_path / "keys") as fleet:
        ensure(fleet.model, tmp_path / "others")
        for keys in (tmp_path / "none", tmp_path / "others"):
            stranger = fleet.caller("counter", keys)
            with pytest.raises(ActionError) as caught:
                await stranger.call("count", Count(), Number, 0.5)
            assert caught.value.code in (ErrorCode.DENIED, ErrorCode.TIMEOUT)
            stranger.close()
        operator = fleet.caller("relay")
        assert (await operator.call("relay", Count(), Number, SECONDS)).number == 1
        operator.close()


@pytest.mark.parametrize("slugs", [("counter",), ("relay",), ("service_registry",), ()])
async def test_no_call_is_lost_while_keys_change(
    tmp_path: Path, slugs: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    """Calls go on through every step of a rotation: none fails, none is counted twice."""
    caplog.set_level(logging.INFO)
    async with guarded(tmp_path) as fleet:
        before = fleet.credentials()
        load = Load(fleet)
        for step in Step:
            await take(fleet, slugs, step, load)
        numbers = await load.end()

        after = fleet.credentials()
        changed = {slug for slug in after if after[slug].own != before[slug].own}
        assert changed == set(slugs or after)
        assert numbers == list(range(1, len(numbers) + 1))


class Load:
    """Callers that go on and on, each with the operator's keys as they are at every moment."""

    def __init__(self, fleet: GuardedFleet) -> None:
        self._fleet = fleet
        self._goes_on = True
        self._numbers: list[int] = []
        self._wanted = 0
        self._answered = asyncio.Event()
        self._tasks = [asyncio.create_task(self._call()) for _ in range(CALLERS)]

    async def more(self) -> None:
        """Return when each caller must have been answered again; raise what one met with."""
        self._wanted = len(self._numbers) + 5 * CALLERS
        self._answered.clear()
        answered = asyncio.create_task(self._answered.wait())
        done, _ = await asyncio.wait((answered, *self._tasks), return_when=asyncio.FIRST_COMPLETED)
        answered.cancel()
        for task in done - {answered}:
            task.result()

    async def end(self) -> list[int]:
        """Return what all were answered, sorted."""
        self._goes_on = False
        await asyncio.gather(*self._tasks)
        return sorted(self._numbers)

    async def _call(self) -> None:
        caller = self._fleet.caller("relay")
        while self._goes_on:
            caller.refresh(self._fleet.keys)
            found = await caller.call("relay", Count(), Number, SECONDS)
            self._numbers.append(found.number)
            if len(self._numbers) >= self._wanted:
                self._answered.set()
        caller.close()


async def take(fleet: GuardedFleet, slugs: Iterable[str], step: Step, load: Load) -> None:
    """Take a step, and wait until all whom it concerns have read it and answer."""
    reread, before = Reread(), fleet.credentials()
    root = logging.getLogger()
    root.addHandler(reread)
    try:
        rotate(fleet.model, fleet.keys, tuple(slugs), lambda step: None, (step,))
        after = fleet.credentials()
        concerned = {f"agent.{slug}" for slug in after if after[slug] != before[slug]}
        async with asyncio.timeout(SECONDS):
            while not concerned <= reread.names:
                await load.more()
            await load.more()
    finally:
        root.removeHandler(reread)
