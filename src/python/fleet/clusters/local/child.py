"""One child process of the supervisor: start it, hear of its end, signal it. No decisions."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable

from fleet.clusters.local.fork import EXIT_FAILED, Entry, fork
from fleet.clusters.local.identity import start_time
from fleet.clusters.local.plan import ProcessSpec
from fleet.clusters.local.status_file import ProcessStatus

FIRST_DELAY = 0.05
LONGEST_DELAY = 30.0
STEADY_SECONDS = 2.0
"""A forked agent serves long before; one that lived so long crashed of something else."""


def restart_delay(crashes: int) -> float:
    """Wait twice as long after each crash in a row, up to a limit."""
    return min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(max(crashes - 1, 0), 16))


class Child:
    """A process that is started again and again; `phase` is running, backoff or stopped."""

    def __init__(self, spec: ProcessSpec, entry: Entry) -> None:
        self.spec = spec
        self._entry = entry
        self.phase = "stopped"
        self.restarts = 0
        self.crashes = 0
        self.exit_code: int | None = None
        self.launched_at = 0.0
        self.started = ""
        self.pid = 0
        self._descriptor = -1
        self._timer: asyncio.TimerHandle | None = None

    def launch(self, ended: Callable[[Child], None]) -> None:
        """Start the process; `ended` is called once it is gone and reaped."""
        # Taken first: the agent may have told the registry of itself before the host goes on.
        self.launched_at, self.phase = time.time(), "running"
        loop = asyncio.get_running_loop()
        try:
            self.pid = fork(self.spec, self._entry)
        except OSError as error:  # no room for another process now; there may be later
            sys.stderr.write(f"{self.spec.name}: must be forked, was not: {error}\n")
            self.pid = 0
            loop.call_soon(self._ended, EXIT_FAILED, ended)
            return
        self.started, self._descriptor = start_time(self.pid), os.pidfd_open(self.pid)
        loop.add_reader(self._descriptor, self._reap, loop, ended)

    def _reap(self, loop: asyncio.AbstractEventLoop, ended: Callable[[Child], None]) -> None:
        loop.remove_reader(self._descriptor)
        os.close(self._descriptor)
        self._descriptor = -1
        _, status = os.waitpid(self.pid, 0)
        self._ended(os.waitstatus_to_exitcode(status), ended)

    def _ended(self, code: int, ended: Callable[[Child], None]) -> None:
        self.phase, self.exit_code = "stopped", code
        lived = time.time() - self.launched_at
        self.crashes = 1 if lived >= STEADY_SECONDS else self.crashes + 1
        self.forget_timer()
        ended(self)

    def launch_later(self, ended: Callable[[Child], None], launched: Callable[[], None]) -> None:
        """Start the process again after the delay that its crashes have earned."""

        def again() -> None:
            self.restarts += 1
            self.launch(ended)
            launched()

        self.phase = "backoff"
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(restart_delay(self.crashes), again)

    def signal(self, number: signal.Signals) -> None:
        """Signal the process if it runs; nobody else can be meant."""
        if self._descriptor >= 0:
            signal.pidfd_send_signal(self._descriptor, number)

    def stop(self, patience: float) -> None:
        """Ask the process to drain and end; kill it when it does not."""
        self.forget_timer()
        self.signal(signal.SIGTERM)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(patience, self.signal, signal.SIGKILL)

    def forget_timer(self) -> None:
        """Give up a start or a kill that was to come."""
        if self._timer:
            self._timer.cancel()
        self._timer = None
        if self.phase == "backoff":
            self.phase = "stopped"

    def status(self) -> ProcessStatus:
        """Say what is known of the process."""
        return ProcessStatus(
            name=self.spec.name,
            pid=self.pid if self.phase == "running" else 0,
            started=self.started if self.phase == "running" else "",
            launched_at=self.launched_at,
            restarts=self.restarts,
            phase=self.phase,
            exit_code=self.exit_code,
            depends_on=self.spec.depends_on,
        )
