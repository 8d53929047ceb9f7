"""One child process of the supervisor: start it, hear of its end, signal it. No decisions."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Callable

from fleet.clusters.local.identity import start_time
from fleet.clusters.local.plan import ProcessSpec
from fleet.clusters.local.status_file import ProcessStatus

FIRST_DELAY = 0.2
LONGEST_DELAY = 30.0
STEADY_SECONDS = 10.0


def restart_delay(crashes: int) -> float:
    """Wait twice as long after each crash in a row, up to a limit."""
    return min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(max(crashes - 1, 0), 16))


class Child:
    """A process that is started again and again; `phase` is running, backoff or stopped."""

    def __init__(self, spec: ProcessSpec) -> None:
        self.spec = spec
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
        with open(self.spec.log, "ab") as log:
            process = subprocess.Popen(
                self.spec.arguments,
                env=self.spec.env_vars,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.pid, self.launched_at, self.phase = process.pid, time.time(), "running"
        self.started, self._descriptor = start_time(process.pid), os.pidfd_open(process.pid)
        loop = asyncio.get_running_loop()
        loop.add_reader(self._descriptor, self._reap, loop, process, ended)

    def _reap(
        self,
        loop: asyncio.AbstractEventLoop,
        process: subprocess.Popen[bytes],
        ended: Callable[[Child], None],
    ) -> None:
        loop.remove_reader(self._descriptor)
        os.close(self._descriptor)
        self._descriptor, self.phase, self.exit_code = -1, "stopped", process.wait()
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
