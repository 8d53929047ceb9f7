"""Log files of agents: where they are, put the last one aside, read, follow. No parsing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

LOOK_AGAIN_SECONDS = 0.2
CHUNK = 1 << 16


def log_path(state: Path, name: str) -> Path:
    """Give where the log of an agent, or of a cell, is."""
    return state / "logs" / f"{name}.log"


def rotate(path: Path) -> None:
    """Keep the log of the last run beside the one to come."""
    if path.is_file():
        path.replace(path.with_name(f"{path.name}.1"))


def read(path: Path) -> Iterator[str]:
    """Give a log as it is now."""
    with path.open(encoding="utf-8", errors="replace") as stream:
        while piece := stream.read(CHUNK):
            yield piece


def follow(path: Path, pause: Callable[[float], object] = time.sleep) -> Iterator[str]:
    """Give a log and whatever is added to it; go on with the new file after a rotation."""
    stream = path.open(encoding="utf-8", errors="replace")
    try:
        while True:
            if piece := stream.read(CHUNK):
                yield piece
            elif _was_replaced(path, stream.fileno()):
                stream.close()
                stream = path.open(encoding="utf-8", errors="replace")
            else:
                pause(LOOK_AGAIN_SECONDS)
    finally:
        stream.close()


def _was_replaced(path: Path, descriptor: int) -> bool:
    try:
        return path.stat().st_ino != os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False
