"""The fourteen agents as processes on this machine, asked as a person asks them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.testing.models import free_ports


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
        options = ("--model", str(self.model), "--state", str(self.state))
        result = subprocess.run(
            (sys.executable, "-m", "fleet", *options, *arguments),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout


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
    """All fourteen agents become ready; a fact survives that all of them stop."""
    fleet.run("up", "--detach")
    phases = {entry["agent"]: entry["phase"] for entry in json.loads(fleet.run("status", "--json"))}
    assert phases == dict.fromkeys(phases, "ready")
    assert len(phases) == 14

    fleet.run("ask", "remember that the boiler was serviced on 4 May")
    fleet.run("down")
    fleet.run("up", "--detach")

    assert "4 May" in fleet.run("ask", "when was the boiler serviced?")
    fleet.run("down")
