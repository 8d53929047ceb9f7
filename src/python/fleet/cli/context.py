"""What every command is given, and how the cluster of an environment is chosen."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TextIO

from fleet.cli.narration import Lines, make_narrator
from fleet.clusters.cluster import Cluster
from fleet.errors import ConfigError
from fleet.load import load_model
from fleet.model import AgentSpec, Model


@dataclass(frozen=True)
class Context:
    """One call of the program."""

    options: argparse.Namespace
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)

    @cached_property
    def model(self) -> Model:
        """Read the model file."""
        return load_model(self.options.model)

    @cached_property
    def narrator(self) -> Lines:
        """Give who tells people what goes on."""
        return make_narrator(self.stderr, self.environ)

    @property
    def state(self) -> Path:
        """Give the folder for what the running fleet keeps."""
        if self.options.state:
            return Path(self.options.state).absolute()
        home = self.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
        return Path(home) / "fleet" / self.model.environment.name

    @cached_property
    def cluster(self) -> Cluster:
        """Give what runs the environment."""
        orchestrator = self.model.environment.orchestrator
        if orchestrator == "process":
            from fleet.clusters.local.cluster import LocalCluster

            return LocalCluster(self.model, self.state, self.environ)
        if orchestrator == "compose":
            from fleet.clusters.compose import ComposeCluster

            return ComposeCluster(self.model, self.state, self.environ)
        message = f"environment/orchestrator: must be one of compose, process, was {orchestrator}"
        raise ConfigError(message, "Choose an environment that this program can run")

    def agent(self, name: str) -> AgentSpec:
        """Find an agent that was named on the command line."""
        if agent := self.model.agent(name):
            return agent
        known = ", ".join(sorted(agent.slug for agent in self.model.agents))
        raise ConfigError(f"{name}: must be an agent of this fleet, one of {known}")

    def write_json(self, document: object) -> None:
        """Write data for programs."""
        print(json.dumps(document, indent=2, sort_keys=True), file=self.stdout, flush=True)
