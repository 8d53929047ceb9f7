"""A fleet of processes that the real program starts, on ports that nobody uses. No fake here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil

from common.testing.ports import free_ports
from fleet.model import REGISTRY


class RunningFleet:
    """The program, run as `./pants run deploy:local` runs it, on a copy of a model."""

    def __init__(self, folder: Path, model: Path) -> None:
        self.model = folder / "model.json"
        self.state = folder / "state"
        document = json.loads(model.read_text())
        ports = iter(free_ports(2 * len(document["agents"])))
        for agent in document["agents"]:
            agent["port"], agent["health_port"] = next(ports), next(ports)
        self._agents = document["agents"]
        self.model.write_text(json.dumps(document))

    @property
    def registry(self) -> str:
        """Return where the registry answers."""
        port = next(agent["port"] for agent in self._agents if agent["slug"] == REGISTRY)
        return f"tcp://127.0.0.1:{port}"

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

    def up(self) -> None:
        """Start the fleet; all agents are ready when this returns."""
        self.run("up", "--detach")

    def down(self) -> None:
        """Stop the fleet, if it was started."""
        if (self.state / "status.json").exists():
            self.run("down")

    def pids(self) -> dict[str, int]:
        """Return the process of each agent that runs now; those of a group share one."""
        status = json.loads((self.state / "status.json").read_text())
        return {entry["name"]: entry["pid"] for entry in status["processes"] if entry["pid"]}

    def restarts(self) -> dict[str, int]:
        """Return how often each agent was started again."""
        status = json.loads((self.state / "status.json").read_text())
        return {entry["name"]: entry["restarts"] for entry in status["processes"]}

    def declared_ports(self) -> set[int]:
        """Return the ports that the model states."""
        return {agent[name] for agent in self._agents for name in ("port", "health_port")}

    def listening(self) -> set[tuple[str, int]]:
        """Return where the processes of the fleet listen, the host of the agents among them."""
        host = json.loads((self.state / "status.json").read_text())["pid"]
        return {
            (connection.laddr.ip, connection.laddr.port)
            for pid in (host, *self.pids().values())
            for connection in psutil.Process(pid).net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
        }
