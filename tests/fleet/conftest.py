"""A real fleet on this machine for the tests of the local cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.core_services.service_registry import ServiceRegistry
from common.actions import actions_of
from common.base_actions import BASE_ACTIONS
from common.testing.ports import free_ports
from fleet.clusters.local.launch import python_path
from fleet.testing.models import agent_entry, model_document

TIMEOUT = 120


class LocalFleet:
    """The program as a person runs it: a process for each command."""

    def __init__(self, folder: Path, classes: dict[str, str], **settings: Any) -> None:
        self.model = folder / "model.json"
        self.state = folder / "state"
        ports = iter(free_ports(2 * len(classes) + 2))
        entries = [
            agent_entry(
                slug,
                next(ports),
                name=name,
                module=module or "fleet.testing.agents",
                health_port=next(ports),
            )
            for slug, (module, _, name) in _split(classes)
        ]
        actions = {action.name for action in actions_of(ServiceRegistry)} - set(BASE_ACTIONS)
        registry = agent_entry(
            "service_registry", next(ports), health_port=next(ports), actions=sorted(actions)
        )
        document = model_document(*entries, registry, orchestrator="process", **settings)
        self.document = {**document, "images": None}
        self.model.write_text(json.dumps(self.document))

    def command(self, *arguments: str) -> tuple[str, ...]:
        """Give the command line of a command."""
        options = ("--model", str(self.model), "--state", str(self.state))
        return (sys.executable, "-m", "fleet", *options, *arguments)

    @property
    def environ(self) -> dict[str, str]:
        """Give the environment variables of every command; agents may lie beside the model."""
        path = os.pathsep.join((python_path(os.environ), str(self.model.parent)))
        return {**os.environ, "PYTHONPATH": path, "NO_COLOR": "1"}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self.command(*arguments),
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Run a command beside the test."""
        return subprocess.Popen(
            self.command(*arguments),
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def status(self) -> dict[str, dict[str, Any]]:
        """Ask for the status of each agent."""
        asked = self.run("status", "--json")
        return {entry["agent"]: entry for entry in json.loads(asked.stdout or "[]")}

    def pids(self) -> list[int]:
        """The processes of this fleet, whoever started them, by what they were told."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and _mentions(entry, str(self.state)):
                found.append(int(entry.name))
        return found


def _split(classes: dict[str, str]) -> Iterator[tuple[str, tuple[str, str, str]]]:
    return ((slug, name.rpartition(":")) for slug, name in classes.items())


def _mentions(process: Path, text: str) -> bool:
    try:
        told = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False
    return text.encode() in told


MakeFleet = Callable[..., LocalFleet]


@pytest.fixture
def local_fleet(tmp_path: Path) -> Iterator[MakeFleet]:
    """Make a fleet of agents given as slug="class" or "module:class"; it is stopped in the end."""
    made: list[LocalFleet] = []

    def make(**classes: Any) -> LocalFleet:
        settings = classes.pop("settings", {})
        folder = tmp_path / str(len(made))
        folder.mkdir()
        made.append(LocalFleet(folder, classes, **settings))
        return made[-1]

    yield make
    for fleet in made:
        fleet.run("down")
