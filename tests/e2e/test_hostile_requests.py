"""The whole fleet, every action of which is asked for with malice: nobody dies, nobody babbles."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from common.actions import actions_of
from common.agent import Agent
from common.base_actions import BaseActions
from common.facts import AgentFacts
from common.messages import ActionError, ErrorCode, Reply, Request
from common.outside import connect
from common.peers import Peers
from common.runtime import load_agent
from fleet.keys import keys_directory, operator_credentials
from fleet.testing.running import RunningFleet

MODEL = Path("deploy/local/model.json")
AT_ONCE = 16
CALL_SECONDS = 20.0
HOSTILE: tuple[Any, ...] = (
    None,
    -(10**30),
    "\x00../../../etc/passwd",
    "x" * 20_000,
    [[[[]]]],
    {"attachment": 0},
    "$(reboot)`reboot`|reboot",
)


class Anything(Request, extra="allow"):
    """Ask with whatever there is."""


class Whatever(Reply, extra="allow"):
    """Take any answer."""


def agents() -> Iterator[tuple[str, type[Agent]]]:
    """Give the agents of the model with their classes."""
    for entry in json.loads(MODEL.read_text())["agents"]:
        stated = {name: entry[name] for name in AgentFacts.model_fields if name in entry}
        yield entry["slug"], load_agent(AgentFacts.model_validate(stated))


def bodies(request: type[Request]) -> Iterator[dict[str, Any]]:
    """Give bodies that no schema allows: a stranger's field, and each field with malice in it."""
    yield {"\x00": 1}
    yield {"unknown": "x" * 20_000}
    for number, name in enumerate(request.model_fields):
        yield {name: HOSTILE[number % len(HOSTILE)], "unknown": True}


def cases() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give every hostile request to the fleet: agent, action and body."""
    for slug, agent_class in agents():
        for declared in (*actions_of(agent_class), *actions_of(BaseActions)):
            if not declared.is_stream:
                for body in bodies(declared.request):
                    yield slug, declared.name, body


async def ask_all(peers: Peers) -> list[str]:
    """Ask everything and return what should not have been answered so."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def ask(slug: str, action: str, body: dict[str, Any]) -> str:
        async with gate:
            try:
                wanted = Anything(**body)
                await peers.call(slug, action, wanted, Whatever, timeout=CALL_SECONDS)
            except ActionError as error:
                if error.code is ErrorCode.INVALID and "Traceback" not in error.message:
                    return ""
                return f"{slug}.{action} {str(body)[:80]}: {error}"
            return f"{slug}.{action} {str(body)[:80]}: was answered"

    return [told for told in await asyncio.gather(*(ask(*case) for case in cases())) if told]


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[RunningFleet]:
    """Give a fleet of this machine that runs."""
    made = RunningFleet(tmp_path, MODEL)
    made.up()
    yield made
    made.down()


async def test_malice_is_refused_by_every_agent_and_all_of_them_live_on(
    fleet: RunningFleet,
) -> None:
    """Each request is INVALID, no agent was started again, and no log has a traceback."""
    before = fleet.pids()
    credentials = operator_credentials(keys_directory(fleet.state))
    async with connect(fleet.registry, "fleet", credentials=credentials) as peers:
        wrong = await ask_all(peers)

    assert wrong == []
    assert fleet.pids() == before
    assert set(fleet.restarts().values()) == {0}
    logs = {path.stem: path.read_text() for path in (fleet.state / "logs").glob("*.log")}
    assert [slug for slug, text in logs.items() if "Traceback" in text] == []
    assert len(before) == 84
