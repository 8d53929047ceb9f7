"""The process: argv, environment, signals and exit codes, as an operator meets them."""

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.core_services.service_registry import ServiceRegistry
from common.clock import SystemClock
from common.contracts.health import HealthReport
from common.facts import AgentFacts
from common.messages import ActionError, Empty, ErrorCode, Reply
from common.security.credentials import Credentials
from common.security.keys import KeyPair
from common.testing import facts_of
from common.testing.live import LiveFleet, eventually, running
from common.testing.ports import free_port
from common.testing.process import OPERATOR, KeyRing
from common.transport.client import Client

MODULE = '''
"""An agent for tests."""

import asyncio

from common.agent import Agent, action
from common.contracts.health import HealthReport
from common.messages import Empty, Reply


class Slept(Reply):
    """Tell how long."""

    seconds: float


class Sleeper(Agent):
    """Answer late.

    More about it.
    """

    @action
    async def nap(self, request: Empty) -> Slept:
        """Answer after a while."""
        await asyncio.sleep(0.3)
        return Slept(seconds=0.3)
'''

FACTS = {
    "name": "Sleeper",
    "slug": "sleeper",
    "module": "sleeper_agent",
    "machine": "pc2",
    "group": "tests",
    "port": 0,
    "health_port": 0,
    "actions": ["nap"],
}


class Slept(Reply):
    """Tell how long."""

    seconds: float


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Give an environment in which the agent's module can be imported."""
    (tmp_path / "sleeper_agent.py").write_text(MODULE)
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path]),
        "AGENT_FACTS": json.dumps(FACTS),
        "STATE_URL": f"sqlite://{tmp_path}/sleeper.db",
        "REGISTRY_ENDPOINT": f"tcp://127.0.0.1:{free_port()}",
        "TRANSPORT_SECURITY": "plain",
    }


async def spawn(environ: dict[str, str], *arguments: str) -> Process:
    """Start the runtime as an orchestrator does."""
    command = (sys.executable, "-m", "common.runtime", *arguments)
    return await asyncio.create_subprocess_exec(*command, env=environ, stdout=PIPE, stderr=PIPE)


async def finished(environ: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr of a call that ends by itself."""
    process = await spawn(environ, *arguments)
    async with asyncio.timeout(20):
        out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@asynccontextmanager
async def ready(environ: dict[str, str]) -> AsyncIterator[tuple[Process, dict[str, Any]]]:
    """Give a process that said it is ready, and the line that says so."""
    process = await spawn(environ)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            while (line := json.loads(await process.stdout.readline()))["message"] != "ready":
                continue
        yield process, line
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_describe_is_the_agent_as_json(environ: dict[str, str]) -> None:
    """--describe tells facts, actions with schemas, and the base actions."""
    code, out, err = await finished(environ, "--describe")

    assert (code, err) == (0, "")
    described = json.loads(out)
    defaults: dict[str, Any] = {"depends_on": [], "calls": [], "storage": []}
    assert described["facts"] == FACTS | defaults | {"gpu": False, "criticality": "normal"}
    (nap,) = described["actions"]
    assert (nap["name"], nap["summary"]) == ("nap", "Answer after a while.")
    assert nap["reply"]["properties"] == {"seconds": {"title": "Seconds", "type": "number"}}
    assert {"ping", "health"} < set(described["base_actions"])


async def test_help_lists_environment_and_actions(environ: dict[str, str]) -> None:
    """--help says what the agent is, what it reads and what it answers."""
    code, out, _ = await finished(environ, "--help")

    assert code == 0
    assert out.startswith("Sleeper: Answer late.\n")
    assert "  DRAIN_SECONDS      how long requests that run may take" in out
    assert "  nap                Answer after a while." in out


async def test_unknown_argument_is_a_usage_error(environ: dict[str, str]) -> None:
    """A wrong argument exits 2 and says what is expected."""
    assert await finished(environ, "--verbose") == (
        2,
        "",
        "error: expected --describe, --help, --health or nothing, found '--verbose'\n\n"
        "hint: --help\n",
    )


async def test_settings_mistakes_exit_2(environ: dict[str, str]) -> None:
    """Mistakes of the environment are told all at once, without a traceback."""
    environ |= {"AGENT_PORT": "x", "LOG_LEVEL": "loud"}

    assert await finished(environ) == (
        2,
        "",
        "error: the environment has mistakes\n"
        "AGENT_PORT: expected a port from 0 to 65535, found 'x'\n"
        "LOG_LEVEL: expected one of DEBUG, INFO, WARNING, ERROR, found 'loud'\n\n"
        "hint: sleeper --help\n",
    )


async def test_without_keys_it_exits_2(environ: dict[str, str], tmp_path: Path) -> None:
    """An agent that has no keys says which file it expected, and how to get it."""
    environ |= {"TRANSPORT_SECURITY": "curve", "KEYS_DIRECTORY": str(tmp_path / "keys")}
    code, out, err = await finished(environ)

    assert (code, out) == (2, "")
    assert err.startswith(f"error: KEYS_DIRECTORY: {tmp_path}/keys/agent.key: expected ")
    assert "\n\nhint: " in err
    assert "Traceback" not in err


async def test_facts_mistakes_exit_2(environ: dict[str, str]) -> None:
    """Facts that do not hold are told by field."""
    environ["AGENT_FACTS"] = json.dumps(FACTS | {"machine": "pc9", "colour": "red"})
    code, out, err = await finished(environ)

    assert (code, out) == (2, "")
    assert "AGENT_FACTS: machine: Input should be 'mainpc' or 'pc2'" in err
    assert "AGENT_FACTS: colour: Extra inputs are not permitted" in err
    assert "Traceback" not in err


async def test_actions_unlike_the_facts_exit_2(environ: dict[str, str]) -> None:
    """An agent whose code and facts disagree does not start."""
    environ["AGENT_FACTS"] = json.dumps(FACTS | {"actions": ["snore"]})
    code, _, err = await finished(environ)

    assert code == 2
    assert "stated in the facts but not declared: snore" in err


async def test_missing_class_exits_2(environ: dict[str, str]) -> None:
    """A module without the class that the facts name is told so."""
    environ["AGENT_FACTS"] = json.dumps(FACTS | {"name": "Snorer"})
    code, _, err = await finished(environ)

    assert code == 2
    assert err.startswith("error: sleeper_agent: expected a class Snorer(Agent)\n\nhint: ")


async def test_port_in_use_exits_3(environ: dict[str, str]) -> None:
    """A second process on the same port says so and leaves."""
    async with running(ServiceRegistry) as fleet:
        environ["AGENT_PORT"] = str(fleet.registry_port)
        code, _, err = await finished(environ)

    assert code == 3
    assert err == (
        f"error: AGENT_PORT: expected 127.0.0.1:{fleet.registry_port} to be free,"
        " found it in use\n\nhint: AGENT_PORT=0 picks a free port\n"
    )


async def test_sigterm_drains(environ: dict[str, str]) -> None:
    """SIGTERM lets what runs finish; the record is gone and the exit code 0."""
    async with running(ServiceRegistry) as fleet:
        environ["REGISTRY_ENDPOINT"] = fleet.registry_endpoint
        async with ready(environ) as (process, line):
            assert (line["agent"], line["level"]) == ("sleeper", "info")
            nap = asyncio.create_task(fleet.peers.call("sleeper", "nap", Empty(), Slept))
            await inflight(fleet, "sleeper")
            process.send_signal(signal.SIGTERM)

            assert Slept(seconds=0.3) == await nap
            assert await asyncio.wait_for(process.wait(), 10) == 0

            async def is_gone() -> bool:
                return all(found.slug != "sleeper" for found in fleet.peers.directory())

            await eventually(is_gone)


async def test_keys_decide_who_may_ask(environ: dict[str, str], tmp_path: Path) -> None:
    """A process with keys answers a caller that it trusts, and no stranger."""
    keys = KeyRing(tmp_path / "keys")
    keys.make(AgentFacts.model_validate(FACTS))
    port = free_port()
    environ |= {"AGENT_PORT": str(port), "KEYS_DIRECTORY": str(keys.folder / "sleeper")}
    stranger = replace(keys.of(), own=KeyPair.generate())
    async with ready(environ | {"TRANSPORT_SECURITY": "curve"}):
        endpoint = f"tcp://127.0.0.1:{port}"

        assert Slept(seconds=0.3) == await ask(endpoint, keys.of())
        for wrong in (stranger, None):
            with pytest.raises(ActionError) as caught:
                await ask(endpoint, wrong)
            assert caught.value.code is ErrorCode.DENIED


async def ask(endpoint: str, credentials: Credentials | None) -> Slept:
    """Let the sleeper nap, as the test itself."""
    client = Client(OPERATOR, SystemClock(), credentials=credentials)
    try:
        deadline = client.deadline(10)
        return await client.call(endpoint, "sleeper.nap", Empty(), Slept, deadline=deadline)
    finally:
        client.close()


async def inflight(fleet: LiveFleet, slug: str) -> None:
    """Return when an agent works on something besides this question."""

    async def is_busy() -> bool:
        report = await fleet.peers.call(slug, "health", Empty(), HealthReport)
        return report.inflight == 2

    await eventually(is_busy)


async def test_waiting_process_stops_at_once(environ: dict[str, str]) -> None:
    """SIGINT ends a process that waits for a dependency nobody starts."""
    environ["AGENT_FACTS"] = json.dumps(FACTS | {"depends_on": ["nobody"]})
    environ["AGENT_HEALTH_PORT"] = str(free_port())
    process = await spawn(environ)
    await eventually(lambda: listens(environ))
    assert (await finished(environ, "--health"))[0] == 1
    process.send_signal(signal.SIGINT)

    assert await asyncio.wait_for(process.wait(), 10) == 0
    await process.communicate()


async def listens(environ: dict[str, str]) -> bool:
    """Tell whether the health port is open."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(environ["AGENT_HEALTH_PORT"]))) == 0


async def test_health_probes(environ: dict[str, str]) -> None:
    """--health and health_probe.py are 0 for a ready agent and 1 for one that is away."""
    environ["AGENT_HEALTH_PORT"] = str(free_port())
    probe = (sys.executable, "-I", health_probe(), environ["AGENT_HEALTH_PORT"])

    async def probed() -> int:
        return await (await asyncio.create_subprocess_exec(*probe)).wait()

    assert ((await finished(environ, "--health"))[0], await probed()) == (1, 1)
    async with ready(environ):
        assert ((await finished(environ, "--health"))[0], await probed()) == (0, 0)


def health_probe() -> str:
    """Return the file that images run."""
    from common import health_probe

    return str(health_probe.__file__)


async def test_registry_process_leaves_its_table(environ: dict[str, str], tmp_path: Path) -> None:
    """A registry that was stopped leaves with 0 and its table on disk."""
    facts = facts_of(ServiceRegistry, port=free_port())
    environ["AGENT_FACTS"] = facts.model_dump_json()
    async with ready(environ) as (process, _):
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 10) == 0

    assert (tmp_path / "sleeper.db").exists()
