"""A cell from inside: agents on one event loop, started and stopped as the host says.

An agent that ends leaves the others alone. When the host is gone the agents go on; SIGTERM then
drains them all.
"""

from __future__ import annotations

import asyncio
import gc
import json
import signal
import socket
import traceback
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

from common.agent_process import AgentProcess
from common.logs import configure_logs
from common.runtime import live_as_told
from common.transport.context import close_context
from fleet.clusters.local.cell import MESSAGE_BYTES
from fleet.clusters.local.fork import EXIT_FAILED, exit_code


class InsideCell:
    """Run the agents that the host names until there are none, and none can come."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._agents: dict[str, AgentProcess] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._has_host = True
        self._over = asyncio.Event()

    async def run(self) -> None:
        """Return when the host has gone and the last agent has ended."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop_all)
        self._control.setblocking(False)
        loop.add_reader(self._control, self._hear)
        await self._over.wait()

    def _hear(self) -> None:
        # One message at a time: an agent that was just told to start has begun before the next.
        try:
            message = self._control.recv(MESSAGE_BYTES)
        except ConnectionError:
            message = b""
        if not message:
            asyncio.get_running_loop().remove_reader(self._control)
            self._has_host = False
            self._end_if_empty()
            return
        told = json.loads(message)
        if "start" in told:
            spec = told["start"]
            self._tasks[spec["name"]] = asyncio.create_task(self._live(spec))
        elif told["stop"] in self._agents:
            self._agents[told["stop"]].stop()

    def _stop_all(self) -> None:
        for agent in self._agents.values():
            agent.stop()

    async def _live(self, spec: dict[str, Any]) -> None:
        name = spec["name"]
        with Path(spec["log"]).open("a", encoding="utf-8", buffering=1) as log:
            try:
                code = await live_as_told(
                    spec["env_vars"],
                    lambda process: self._agents.update({name: process}),
                    logs=log,
                    errors=log,
                )
            except SystemExit as asked:  # a module may leave like a program of its own
                with redirect_stderr(log):
                    code = exit_code(asked)
            except BaseException:
                traceback.print_exc(file=log)
                code = EXIT_FAILED
        self._agents.pop(name, None)
        del self._tasks[name]
        self._tell({"ended": name, "code": code})
        self._end_if_empty()

    def _tell(self, message: dict[str, object]) -> None:
        if self._has_host:
            try:
                self._control.send(json.dumps(message).encode())
            except ConnectionError:
                self._has_host = False

    def _end_if_empty(self) -> None:
        if not self._has_host and not self._tasks:
            self._over.set()


def main(control: int) -> int:
    """Run a cell that was just forked; its host is at the other end of the descriptor."""
    gc.freeze()
    configure_logs("", "cell", "INFO")
    with socket.socket(fileno=control) as own:
        asyncio.run(_run(own))
    close_context()
    return 0


async def _run(control: socket.socket) -> None:
    await InsideCell(control).run()
