"""The host's side of a cell: a process in which several agents run. No decisions.

It is forked when its first agent is to start. The host tells it on a socket which agent to start
and which to stop, and hears there of every end, one JSON object a message; when the process itself
ends, all of its agents have.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict

from fleet.clusters.local.fork import Entry, ProcessSpec, fork
from fleet.clusters.local.identity import start_time
from fleet.clusters.local.plan import LaunchSpec

MESSAGE_BYTES = 1 << 17

Ended = Callable[[int], None]
"""Told of the exit code of an agent."""


class Cell:
    """A process that is forked when an agent needs it; `pid` is 0 while there is none."""

    def __init__(self, spec: ProcessSpec, entry: Entry) -> None:
        self._spec = spec
        self._entry = entry
        self.pid = 0
        self.started = ""
        self.gone = asyncio.Event()
        self._descriptor = -1
        self._control: socket.socket | None = None
        self._ends: dict[str, Ended] = {}

    def start(self, agent: LaunchSpec, ended: Ended) -> None:
        """Start an agent; `ended` is called once with its exit code.

        Raises OSError when the process has to be forked and cannot be.
        """
        if self._control is None:
            self._fork()
        self._ends[agent.name] = ended
        self._send({"start": asdict(agent)})

    def stop(self, name: str) -> None:
        """Ask an agent to drain and end."""
        self._send({"stop": name})

    def kill(self) -> None:
        """End the process at once, and all of its agents with it."""
        if self._descriptor >= 0:
            signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)

    def dismiss(self) -> None:
        """Let the process end when its last agent has."""
        if self._control is not None:
            self._control.shutdown(socket.SHUT_WR)

    def _fork(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self.pid = fork(self._spec, theirs.fileno(), self._entry)
        except OSError:
            self._control.close()
            self._control = None
            raise
        finally:
            theirs.close()
        self.gone.clear()
        self.started, self._descriptor = start_time(self.pid), os.pidfd_open(self.pid)
        self._control.setblocking(False)
        loop = asyncio.get_running_loop()
        loop.add_reader(self._control, self._hear)
        loop.add_reader(self._descriptor, self._reap)

    def _send(self, message: Mapping[str, object]) -> None:
        # When it has just ended, `_reap` is about to tell its agents' ends.
        with suppress(ConnectionError):
            if self._control is not None:
                self._control.send(json.dumps(message).encode())

    def _hear(self) -> bool:
        """Take in one message; say whether there was one."""
        assert self._control is not None
        try:
            message = self._control.recv(MESSAGE_BYTES)
        except (BlockingIOError, ConnectionError):
            return False
        if not message:
            asyncio.get_running_loop().remove_reader(self._control)
            return False
        told = json.loads(message)
        self._ends.pop(told["ended"])(told["code"])
        return True

    def _reap(self) -> None:
        loop = asyncio.get_running_loop()
        while self._hear():
            continue
        loop.remove_reader(self._descriptor)
        os.close(self._descriptor)
        assert self._control is not None
        loop.remove_reader(self._control)
        self._control.close()
        _, status = os.waitpid(self.pid, 0)
        self.pid, self.started, self._descriptor, self._control = 0, "", -1, None
        self.gone.set()
        ends, self._ends = self._ends, {}
        for ended in ends.values():
            ended(os.waitstatus_to_exitcode(status))
