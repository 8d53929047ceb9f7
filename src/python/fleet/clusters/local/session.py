"""The `up` that launches a supervisor and listens to it. Decides nothing about agents."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

from fleet.clusters.local.launch import interpreter, python_path
from fleet.clusters.local.plan import Plan
from fleet.errors import FleetError

SUPERVISOR_LOG = "supervisor.log"


class Session:
    """A supervisor on a leash: it drains its fleet when this process is gone."""

    def __init__(self, process: subprocess.Popen[bytes], leash: int) -> None:
        self._process = process
        self._leash = leash

    @classmethod
    def launch(cls, plan: Plan, state: Path, lock: int, environ: Mapping[str, str]) -> Session:
        """Start a supervisor in a session of its own and hand it the lock and the plan."""
        leash_end, leash = os.pipe()
        own = ("-P", "-u", "-m", "fleet.clusters.local.supervisor")
        arguments = (*own, "--state", str(state), "--leash", str(leash_end))
        with open(state / "logs" / SUPERVISOR_LOG, "wb") as log:
            process = subprocess.Popen(
                (interpreter(), *arguments),
                env={**environ, "PYTHONPATH": python_path(environ)},
                cwd=state,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                pass_fds=(leash_end, lock),
            )
        os.close(leash_end)
        os.close(lock)
        session = cls(process, leash)
        session._hand_over(plan, state)
        return session

    def _hand_over(self, plan: Plan, state: Path) -> None:
        assert self._process.stdin is not None
        try:
            with self._process.stdin as stdin:
                stdin.write(plan.to_json().encode())
        except BrokenPipeError as error:
            log = state / "logs" / SUPERVISOR_LOG
            raise FleetError(f"{log}: the supervisor ended at once", f"cat {log}") from error

    @property
    def pid(self) -> int:
        """Give the supervisor's pid."""
        return self._process.pid

    async def events(self) -> AsyncGenerator[dict[str, Any], None]:
        """Give what the supervisor tells, until it ends."""
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), self._process.stdout
        )
        while line := await reader.readline():
            yield json.loads(line)

    def drain(self) -> None:
        """Tell the supervisor to end everything; a second time, to kill."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def release(self) -> None:
        """Take off the leash: the fleet goes on without this process."""
        os.write(self._leash, b"d")
        os.close(self._leash)

    def wait(self) -> int:
        """Reap the supervisor after it has told its last."""
        return self._process.wait()
