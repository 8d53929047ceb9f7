"""Tiny agents for tests of clusters: one that works, and those that fail in a known way."""

from __future__ import annotations

import threading

from common.agent import Agent


class Steady(Agent):
    """Start, and go on."""


class Broken(Agent):
    """Never start."""

    async def start(self) -> None:
        """Fail as a full disk would make it."""
        raise RuntimeError("no room for the index")


class Late(Agent):
    """Start the second time."""

    async def start(self) -> None:
        """Fail until a file of an earlier try is there."""
        trace = self.state_directory / "tried"
        if not trace.exists():
            trace.touch()
            raise RuntimeError("no disk yet")


class Stubborn(Agent):
    """Never stop: only a kill ends it."""

    async def stop(self) -> None:
        """Block the whole process."""
        threading.Event().wait()
