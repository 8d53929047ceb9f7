"""The fleet while its agents are killed: what was acknowledged is kept, and it comes back fast."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from common.contracts.health import Pong
from common.contracts.knowledge import AddFactRequest, FactAdded, FactFound, GetFactRequest
from common.contracts.registry import AgentRecord
from common.messages import ActionError, ErrorCode, Query
from common.outside import connect
from common.peers import Peers
from fleet.keys import keys_directory, operator_credentials
from fleet.testing.running import RunningFleet

KILLS = 50
# Generous: other tests run at the same time. benchmarks/prefork.py measures how fast it is.
RECOVERED_SECONDS = 10.0
WRITERS = 4
CALL_SECONDS = 2.0


@pytest.fixture
def fleet(tmp_path: Path) -> RunningFleet:
    """Give a fleet of this machine that was not started yet."""
    return RunningFleet(tmp_path, Path("deploy/local/model.json"))


@asynccontextmanager
async def operator(fleet: RunningFleet) -> AsyncIterator[Peers]:
    """Give calls into the fleet with the operator's key."""
    credentials = operator_credentials(keys_directory(fleet.state))
    async with connect(fleet.registry, "fleet", credentials=credentials) as peers:
        yield peers


class Load:
    """Writers who note what was acknowledged, and every error that they met."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers
        self.acknowledged: list[str] = []
        self.errors: Counter[str] = Counter()
        self.is_over = False

    async def write(self, number: int) -> None:
        """Add facts, one after another, until it is over."""
        count = 0
        while not self.is_over:
            count += 1
            topic = f"item{number}n{count}"
            fact = AddFactRequest(topic=topic, content=f"the {topic} lies on shelf {count}")
            try:
                await self._peers.call(
                    "knowledge_base", "add_fact", fact, FactAdded, timeout=CALL_SECONDS
                )
            except ActionError as error:
                self.errors[error.code] += 1
                await asyncio.sleep(0.01)
            else:
                self.acknowledged.append(topic)


async def is_up_again(peers: Peers, slug: str, killed_at: float) -> bool:
    """Tell whether a process that was started after the kill is known and answers."""
    try:
        await peers.call(slug, "ping", Query(), Pong, timeout=0.5)
    except ActionError:
        return False
    return any(_is_new(record, slug, killed_at) for record in peers.directory())


def _is_new(record: AgentRecord, slug: str, killed_at: float) -> bool:
    return record.slug == slug and record.since > killed_at and record.phase.is_serving


async def recovery_seconds(peers: Peers, slug: str, killed_at: float) -> float:
    """Return how long it took until the agent served again."""
    async with asyncio.timeout(2 * RECOVERED_SECONDS):
        while not await is_up_again(peers, slug, killed_at):
            await asyncio.sleep(0.01)
    return time.time() - killed_at


async def test_fifty_kills_lose_nothing_that_was_acknowledged(fleet: RunningFleet) -> None:
    """Any agent killed under load serves again in time, and callers see no other errors."""
    fleet.up()
    try:
        async with operator(fleet) as peers:
            load = Load(peers)
            writers = [asyncio.create_task(load.write(number)) for number in range(WRITERS)]
            took = await _kill_one_after_another(fleet, peers)
            load.is_over = True
            await asyncio.gather(*writers)
            kept = [topic for topic in load.acknowledged if await _is_known(peers, topic)]
    finally:
        fleet.down()
    print(f"{len(took)} kills, slowest recovery {max(took):.2f} s, mean {sum(took) / KILLS:.2f} s")
    print(f"{len(load.acknowledged)} writes acknowledged, {dict(load.errors)}")
    assert len(load.acknowledged) > KILLS
    assert kept == load.acknowledged
    assert load.errors.keys() <= set(ErrorCode)
    assert max(took) < RECOVERED_SECONDS


async def _kill_one_after_another(fleet: RunningFleet, peers: Peers) -> list[float]:
    slugs = sorted(fleet.pids())
    order = random.Random(4).sample(slugs * (KILLS // len(slugs) + 1), KILLS)
    took = []
    for slug in order:
        killed_at = time.time()
        os.kill(fleet.pids()[slug], signal.SIGKILL)
        took.append(await recovery_seconds(peers, slug, killed_at))
    return took


async def _is_known(peers: Peers, topic: str) -> bool:
    query = GetFactRequest(topic=topic)
    found = await peers.call("knowledge_base", "get_fact", query, FactFound, timeout=10.0)
    return found.fact.topic == topic


async def test_the_open_ports_are_the_declared_ones(fleet: RunningFleet) -> None:
    """A scan of the running fleet finds the ports of the model on loopback and no other."""
    fleet.up()
    try:
        found = fleet.listening()
        declared = {("127.0.0.1", port) for port in fleet.declared_ports()}
    finally:
        fleet.down()
    assert found == declared
