"""All agents as processes on this machine, asked as a person asks them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.testing.ports import free_ports
from fleet.clusters.local.status_file import FleetStatus
from fleet.clusters.local.stop import wait_for_end


class Fleet:
    """The program, run as `./pants run deploy:local` runs it, on ports that nobody uses."""

    def __init__(self, folder: Path) -> None:
        self.model = folder / "model.json"
        self.state = folder / "state"
        model = json.loads(Path("deploy/local/model.json").read_text())
        ports = iter(free_ports(2 * len(model["agents"])))
        for agent in model["agents"]:
            agent["port"], agent["health_port"] = next(ports), next(ports)
        self.model.write_text(json.dumps(model))

    def run(self, *arguments: str) -> str:
        """Run one command; it must go well."""
        result = self.try_to(*arguments)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def try_to(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command, whatever comes of it."""
        options = ("--model", str(self.model), "--state", str(self.state))
        return subprocess.run(
            (sys.executable, "-m", "fleet", *options, *arguments),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )

    def pid_of(self, agent: str) -> int:
        """Give the pid of an agent as the host knows it."""
        status = FleetStatus.read(self.state)
        assert status is not None
        return next(process.pid for process in status.processes if process.name == agent)

    def until_ready(self) -> None:
        """Look until every agent is ready again."""
        until = time.monotonic() + 30
        while self.try_to("status").returncode:
            assert time.monotonic() < until, self.try_to("status").stdout


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Give a fleet that is stopped in the end, come what may."""
    made = Fleet(tmp_path)
    yield made
    if made.state.exists():
        subprocess.run(
            (sys.executable, "-m", "fleet", "--model", made.model, "--state", made.state, "down"),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=False,
        )


def test_what_was_remembered_is_known_after_a_restart(fleet: Fleet) -> None:
    """All 84 agents become ready; a fact survives that all of them stop."""
    fleet.run("up", "--detach")
    phases = {entry["agent"]: entry["phase"] for entry in json.loads(fleet.run("status", "--json"))}
    assert phases == dict.fromkeys(phases, "ready")
    assert len(phases) == 84

    fleet.run("ask", "remember that the boiler was serviced on 4 May")
    fleet.run("down")
    fleet.run("up", "--detach")

    assert "4 May" in fleet.run("ask", "when was the boiler serviced?")
    fleet.run("down")


def test_a_killed_store_forgets_nothing(fleet: Fleet) -> None:
    """What was acknowledged is answered though the agent that keeps it is killed in between."""
    fleet.run("up", "--detach")
    fleet.run("ask", "remember that the boiler was serviced on 4 May")
    before = fleet.pid_of("memory_orchestrator_service")

    os.kill(before, signal.SIGKILL)

    assert wait_for_end(before, 30)
    fleet.until_ready()
    assert "4 May" in fleet.run("ask", "when was the boiler serviced?")
    assert fleet.pid_of("memory_orchestrator_service") != before
    fleet.run("down")
