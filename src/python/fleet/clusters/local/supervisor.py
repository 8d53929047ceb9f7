"""The prefork host: the process that the agents' cells are forked from. No registry.

It reads a plan from stdin, imports the runtime and every agent's module once, starts everything at
once, starts again what crashes, and says on stdout what happens, one JSON object a line, for as
long as somebody listens. SIGTERM drains the fleet: who nobody depends on any more goes first. A
second SIGTERM kills. The leash is a pipe from the `up` that launched it: when its other end
closes before a byte came, `up` was killed, and the fleet drains.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from fleet.clusters.local.cell import Cell
from fleet.clusters.local.child import Child
from fleet.clusters.local.fork import Entry, ProcessSpec
from fleet.clusters.local.identity import start_time
from fleet.clusters.local.log_file import log_path
from fleet.clusters.local.plan import Plan
from fleet.clusters.local.prefork import preload
from fleet.clusters.local.status_file import FILE, FleetStatus
from fleet.clusters.local.title import set_name

NAME = "fleet-host"
KILL_MARGIN_SECONDS = 2.0


class Supervisor:
    """Keep the children of a plan running until told to drain."""

    def __init__(self, plan: Plan, state: Path, entry: Entry) -> None:
        self._plan = plan
        self._state = state
        self._cells = {name: Cell(_process(name, plan, state), entry) for name in plan.cells}
        self._children = {spec.name: Child(spec, self._cells[spec.cell]) for spec in plan.agents}
        self._launched_at = time.time()
        self._draining = False
        self._asked: set[str] = set()
        self._dirty = False
        self._listener = True
        self._over = asyncio.Event()

    async def run(self, leash: int) -> None:
        """Start everything; return when everything has ended."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.drain)
        loop.add_reader(leash, self._leash_moved, leash)
        for child in self._children.values():
            self._launch(child)
        await self._over.wait()
        await self._dismiss()
        (self._state / FILE).unlink(missing_ok=True)

    async def _dismiss(self) -> None:
        """See the cells off: they have no agent any more."""
        running = [cell for cell in self._cells.values() if cell.pid]
        for cell in running:
            cell.dismiss()
        with suppress(TimeoutError):
            async with asyncio.timeout(KILL_MARGIN_SECONDS):
                await asyncio.gather(*(cell.gone.wait() for cell in running))
        for cell in running:
            cell.kill()
        await asyncio.gather(*(cell.gone.wait() for cell in running))

    def drain(self) -> None:
        """End the children, dependents first; on the second call, at once."""
        if self._draining:
            for cell in self._cells.values():
                cell.kill()
            return
        self._draining = True
        for child in self._children.values():
            child.forget_timer()
        self._drain_next()

    def _drain_next(self) -> None:
        running = {name for name, child in self._children.items() if child.phase == "running"}
        needed = {slug for name in running for slug in self._children[name].spec.depends_on}
        for name in sorted(running - needed - self._asked):
            self._asked.add(name)
            self._children[name].stop(self._plan.drain_seconds + KILL_MARGIN_SECONDS)
        self._changed()
        if not running:
            self._over.set()

    def _launch(self, child: Child) -> None:
        child.launch(self._ended)
        self._launched(child)

    def _launched(self, child: Child) -> None:
        self._tell(
            "launched",
            name=child.spec.name,
            at=child.launched_at,
            pid=child.pid,
            restarts=child.restarts,
        )
        self._changed()

    def _ended(self, child: Child) -> None:
        name = child.spec.name
        self._tell("ended", name=name, code=child.exit_code, draining=self._draining)
        if self._draining:
            self._drain_next()
        elif child.exit_code != 0:
            child.launch_later(self._ended, lambda: self._launched(child))
        self._changed()

    def _tell(self, event: str, **details: object) -> None:
        """Tell the `up` that launched us, if it still listens."""
        if self._listener:
            line = json.dumps({"event": event, "at": time.time(), **details}) + "\n"
            try:
                os.write(sys.stdout.fileno(), line.encode())
            except (BrokenPipeError, BlockingIOError):
                self._listener = False

    def _leash_moved(self, leash: int) -> None:
        asyncio.get_running_loop().remove_reader(leash)
        if not os.read(leash, 1) and not self._draining:
            self.drain()
        os.close(leash)

    def _changed(self) -> None:
        """Write the status soon: one write for many changes."""
        if not self._dirty:
            self._dirty = True
            asyncio.get_running_loop().call_later(0.02, self._write_status)

    def _write_status(self) -> None:
        self._dirty = False
        if not self._over.is_set():
            self._status().write(self._state)

    def _status(self) -> FleetStatus:
        return FleetStatus(
            environment=self._plan.environment,
            pid=os.getpid(),
            started=start_time(os.getpid()),
            launched_at=self._launched_at,
            phase="draining" if self._draining else "running",
            drain_seconds=self._plan.drain_seconds,
            processes=tuple(child.status() for child in self._children.values()),
        )


def _process(cell: str, plan: Plan, state: Path) -> ProcessSpec:
    names = tuple(spec.name for spec in plan.cells[cell])
    return ProcessSpec(cell, names, plan.inherited, str(log_path(state, cell)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a supervisor; the caller has locked the state directory and passed the lock on."""
    parser = argparse.ArgumentParser(prog="supervisor", allow_abbrev=False)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--leash", type=int, required=True)
    options = parser.parse_args(arguments)
    os.set_blocking(options.leash, False)
    os.set_blocking(sys.stdout.fileno(), False)
    with suppress(KeyboardInterrupt):
        plan = Plan.from_json(sys.stdin.read())
        set_name(NAME)
        for module, why in preload(spec.module for spec in plan.agents).items():
            sys.stderr.write(f"{module}: must be importable, was not: {why}\n")
        asyncio.run(_supervise(plan, options.state, options.leash))
    return 0


async def _supervise(plan: Plan, state: Path, leash: int) -> None:
    # Only now: `preload` imports what it needs while no collection runs.
    from fleet.clusters.local import inside_cell

    await Supervisor(plan, state, inside_cell.main).run(leash)


if __name__ == "__main__":
    sys.exit(main())
