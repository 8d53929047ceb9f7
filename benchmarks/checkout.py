"""A private copy of the tree with Pants caches of its own, so that runs do not help each other."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class BenchmarkError(Exception):
    """A command that is measured failed, so that its time means nothing."""


@dataclass(frozen=True)
class Checkout:
    """A clone of this repository's HEAD, and how to run Pants in it."""

    path: Path
    caches: Path
    env_vars: Mapping[str, str] = field(default_factory=dict)
    umask: int = 0o022

    @classmethod
    def create(cls, path: Path, caches: Path, **settings: object) -> Checkout:
        """Clone HEAD into a new folder."""
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(path)], check=True)
        return cls(path, caches, **settings)  # type: ignore[arg-type]  # the fields above

    def pants(self, *arguments: str) -> float:
        """Run Pants and give the seconds that it took.

        Raises
        ------
            BenchmarkError: when it fails; the message ends with what it printed last.
        """
        env_vars = {
            **os.environ,
            "PANTS_LOCAL_STORE_DIR": str(self.caches / "store"),
            "PANTS_NAMED_CACHES_DIR": str(self.caches / "named"),
            **self.env_vars,
        }
        start = time.monotonic()
        result = subprocess.run(
            [str(self.path / "pants"), *arguments],
            cwd=self.path,
            env=env_vars,
            umask=self.umask,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        elapsed = time.monotonic() - start
        if result.returncode:
            said = "\n".join(result.stdout.splitlines()[-30:])
            raise BenchmarkError(f"{self.path}: pants {' '.join(arguments)} failed\n\n{said}")
        return elapsed

    def append(self, path: str, line: str) -> None:
        """Add a line to a file of the checkout."""
        with (self.path / path).open("a") as file:
            file.write(line + "\n")

    def stop_daemon(self) -> None:
        """End this checkout's pantsd, so that nothing is left in memory."""
        for file in self.path.glob(".pids/*/pantsd/pid"):
            subprocess.run(["kill", file.read_text().strip()], check=False)

    def remove(self) -> None:
        """Delete the checkout and its caches."""
        self.stop_daemon()
        for path in (self.path, self.caches):
            shutil.rmtree(path, ignore_errors=True)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Lay out rows in columns; the first row is the head."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join(lines)
