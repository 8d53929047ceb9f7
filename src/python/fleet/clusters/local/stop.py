"""Stop a fleet that another process started: through its supervisor, or without it."""

from __future__ import annotations

import os
import select
import signal
import time
from pathlib import Path

from fleet.clusters.cluster import Narrator
from fleet.clusters.local import identity
from fleet.clusters.local.status_file import FILE, FleetStatus, ProcessStatus, is_locked
from fleet.clusters.local.supervisor import KILL_MARGIN_SECONDS
from fleet.errors import FleetError, NotRunningError


def stop(state: Path, narrator: Narrator) -> None:
    """Stop whatever runs; raise when nothing does."""
    began = time.monotonic()
    status = FleetStatus.read(state) if state.is_dir() else None
    if status and is_locked(state):
        narrator.say(f"stop {len(status.processes)} agents of {status.environment}")
        _stop_supervisor(status)
    elif status and orphans(status):
        narrator.say(f"stop {len(orphans(status))} agents whose supervisor is gone")
        _stop_orphans(status)
        (state / FILE).unlink(missing_ok=True)
    else:
        raise NotRunningError(f"{state}: no fleet runs here", "Start it with `up`")
    narrator.say(f"stopped  {time.monotonic() - began:.1f} s")


def refuse_orphans(state: Path) -> None:
    """Raise when agents still run though their supervisor is gone; forget those that do not."""
    status = FleetStatus.read(state)
    if status is None:
        return
    if left := orphans(status):
        names = ", ".join(process.name for process in left)
        raise FleetError(f"{state}: still running without a supervisor: {names}", "Run `down`")
    (state / FILE).unlink(missing_ok=True)


def orphans(status: FleetStatus) -> tuple[ProcessStatus, ...]:
    """Give the agents that run, by pid and start."""
    return tuple(p for p in status.processes if p.pid and identity.is_alive(p.pid, p.started))


def _stop_supervisor(status: FleetStatus) -> None:
    if not identity.send(status.pid, status.started, signal.SIGTERM):
        return
    patience = (status.drain_seconds + KILL_MARGIN_SECONDS) * (depth(status.processes) + 1)
    if not wait_for_end(status.pid, patience):
        raise FleetError(
            f"the supervisor (pid {status.pid}) still drains after {patience:.0f} s",
            f"kill {status.pid}  # a second signal kills the agents",
        )


def depth(processes: tuple[ProcessStatus, ...]) -> int:
    """Give the length of the longest chain of dependencies: so many drains come one by one."""
    needs = {process.name: process.depends_on for process in processes}
    depths: dict[str, int] = {}

    def depth_of(name: str) -> int:
        if name not in depths:
            depths[name] = 1 + max((depth_of(needed) for needed in needs[name]), default=0)
        return depths[name]

    return max(map(depth_of, needs), default=0)


def _stop_orphans(status: FleetStatus) -> None:
    """Drain all at once: without the supervisor nobody knows which agent of a cell is next."""
    left = {process.pid: process.started for process in orphans(status)}
    for pid, started in left.items():
        identity.send(pid, started, signal.SIGTERM)
    deadline = time.monotonic() + status.drain_seconds + KILL_MARGIN_SECONDS
    for pid, started in left.items():
        if not wait_for_end(pid, max(0.0, deadline - time.monotonic())):
            identity.send(pid, started, signal.SIGKILL)


def wait_for_end(pid: int, seconds: float) -> bool:
    """Wait until a process is gone; say whether it is."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        poller = select.poll()
        poller.register(descriptor, select.POLLIN)
        return bool(poller.poll(seconds * 1000))
    finally:
        os.close(descriptor)
