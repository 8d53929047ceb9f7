"""One agent of the supervisor: start it, hear of its end, stop it. No decisions."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable

from fleet.clusters.local.cell import Cell
from fleet.clusters.local.fork import EXIT_FAILED
from fleet.clusters.local.plan import LaunchSpec
from fleet.clusters.local.status_file import ProcessStatus

FIRST_DELAY = 0.05
LONGEST_DELAY = 30.0
STEADY_SECONDS = 2.0
"""A forked agent serves long before; one that lived so long crashed of something else."""


def restart_delay(crashes: int) -> float:
    """Wait twice as long after each crash in a row, up to a limit."""
    return min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(max(crashes - 1, 0), 16))


class Child:
    """An agent that is started again and again; `phase` is running, backoff or stopped."""

    def __init__(self, spec: LaunchSpec, cell: Cell) -> None:
        self.spec = spec
        self._cell = cell
        self.phase = "stopped"
        self.restarts = 0
        self.crashes = 0
        self.exit_code: int | None = None
        self.launched_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def pid(self) -> int:
        """Return the process that the agent runs in, 0 when it does not run."""
        return self._cell.pid if self.phase == "running" else 0

    def launch(self, ended: Callable[[Child], None]) -> None:
        """Start the agent; `ended` is called once it is gone."""
        # Taken first: the agent may have told the registry of itself before the host goes on.
        self.launched_at, self.phase = time.time(), "running"
        try:
            self._cell.start(self.spec, lambda code: self._ended(code, ended))
        except OSError as error:  # no room for another process now; there may be later
            sys.stderr.write(f"{self.spec.name}: must be forked, was not: {error}\n")
            asyncio.get_running_loop().call_soon(self._ended, EXIT_FAILED, ended)

    def _ended(self, code: int, ended: Callable[[Child], None]) -> None:
        lived = time.time() - self.launched_at
        self.phase, self.exit_code = "stopped", code
        self.crashes = 1 if lived >= STEADY_SECONDS else self.crashes + 1
        self.forget_timer()
        ended(self)

    def launch_later(self, ended: Callable[[Child], None], launched: Callable[[], None]) -> None:
        """Start the agent again after the delay that its crashes have earned."""

        def again() -> None:
            self.restarts += 1
            self.launch(ended)
            launched()

        self.phase = "backoff"
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(restart_delay(self.crashes), again)

    def stop(self, patience: float) -> None:
        """Ask the agent to drain and end; kill its cell when it does not."""
        self.forget_timer()
        self._cell.stop(self.spec.name)
        self._timer = asyncio.get_running_loop().call_later(patience, self._cell.kill)

    def forget_timer(self) -> None:
        """Give up a start or a kill that was to come."""
        if self._timer:
            self._timer.cancel()
        self._timer = None
        if self.phase == "backoff":
            self.phase = "stopped"

    def status(self) -> ProcessStatus:
        """Say what is known of the agent."""
        return ProcessStatus(
            name=self.spec.name,
            pid=self.pid,
            started=self._cell.started if self.phase == "running" else "",
            launched_at=self.launched_at,
            restarts=self.restarts,
            phase=self.phase,
            exit_code=self.exit_code,
            depends_on=self.spec.depends_on,
        )
