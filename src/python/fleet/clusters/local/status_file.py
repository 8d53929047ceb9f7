"""The supervisor's word on its children, and the lock that says whether there is one.

The lock is on the state directory itself, so that nothing is left behind to clean up, and the
kernel lets go of it when the supervisor dies in whatever way.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "status.json"


@dataclass(frozen=True)
class ProcessStatus:
    """One child: `phase` is running, backoff or stopped; times are unix seconds."""

    name: str
    pid: int
    started: str
    launched_at: float
    restarts: int
    phase: str
    exit_code: int | None
    depends_on: tuple[str, ...]

    @classmethod
    def parse(cls, entry: dict[str, object]) -> ProcessStatus:
        """Read an entry that `asdict` wrote."""
        depends_on = entry["depends_on"]
        assert isinstance(depends_on, list)
        return cls(**{**entry, "depends_on": tuple(depends_on)})  # type: ignore[arg-type]  # our own file


@dataclass(frozen=True)
class FleetStatus:
    """All children, and the supervisor itself; `phase` is running or draining."""

    environment: str
    pid: int
    started: str
    launched_at: float
    phase: str
    drain_seconds: float
    processes: tuple[ProcessStatus, ...]

    def write(self, state: Path) -> None:
        """Replace the status file in one step."""
        draft = state / f"{FILE}.new"
        draft.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        draft.replace(state / FILE)

    @classmethod
    def read(cls, state: Path) -> FleetStatus | None:
        """Read the status file; nothing when there is none."""
        try:
            document = json.loads((state / FILE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        processes = tuple(ProcessStatus.parse(entry) for entry in document["processes"])
        return cls(**{**document, "processes": processes})


def try_lock(state: Path) -> int | None:
    """Take the lock; give the descriptor that holds it, or nothing when another process has it."""
    descriptor = os.open(state, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def is_locked(state: Path) -> bool:
    """Whether a supervisor has the lock."""
    if not state.is_dir():
        return False
    descriptor = try_lock(state)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False
