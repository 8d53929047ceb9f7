"""A process that is told what to do by lines of JSON, and answers with such lines."""

from __future__ import annotations

import json
import subprocess
import sys
from types import ModuleType
from typing import Any

from checkout import BenchmarkError
from live_agents import child_environ


class Child:
    """Run a module of this folder as a program; its first line says that it is ready."""

    def __init__(self, program: ModuleType, told: dict[str, Any]) -> None:
        self._program = program.__name__
        self._process = subprocess.Popen(
            (sys.executable, str(program.__file__), json.dumps(told)),
            env=child_environ(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, asked: dict[str, Any]) -> None:
        """Let it do something."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()

    def wait(self) -> Any:
        """Return what it answers."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise BenchmarkError(f"{self._program}: expected an answer, found that it ended")
        return json.loads(line)

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
