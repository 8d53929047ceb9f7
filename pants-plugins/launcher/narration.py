"""What the launcher says while it works, on stderr. Answers and errors may not enter."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Narration(Protocol):
    """Tells a person what takes time."""

    def say(self, line: str) -> None:
        """Say one line."""


class StderrNarration:
    """Plain lines on stderr, the same on a terminal and in a log."""

    def say(self, line: str) -> None:
        """Write the line at once."""
        print(f"pants: {line}", file=sys.stderr, flush=True)


class RecordedNarration:
    """Keeps what was said: for tests."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        """Keep the line."""
        self.lines.append(line)


@contextmanager
def step(narration: Narration, what: str) -> Iterator[None]:
    """Announce a step and say how long it took."""
    narration.say(f"{what} ...")
    started = time.monotonic()
    yield
    narration.say(f"{what}: {time.monotonic() - started:.1f} s")
