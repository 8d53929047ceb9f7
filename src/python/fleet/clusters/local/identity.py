"""Which process a pid means: a pid alone may have been given to somebody else since."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from functools import cache
from pathlib import Path


@cache
def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def start_time(pid: int) -> str:
    """Name the moment at which a process started: this boot, and ticks since; empty when gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else f"{_boot()}:{fields[19]}"


def is_alive(pid: int, started: str) -> bool:
    """Whether the process that had this pid at that moment still runs."""
    return bool(started) and start_time(pid) == started


def send(pid: int, started: str, number: signal.Signals) -> bool:
    """Signal exactly that process; say whether it was there."""
    with suppress(ProcessLookupError):
        descriptor = os.pidfd_open(pid)
        try:
            if is_alive(pid, started):
                signal.pidfd_send_signal(descriptor, number)
                return True
        finally:
            os.close(descriptor)
    return False


def proportional_memory(pid: int) -> int | None:
    """Give the PSS of a process in bytes; nothing when the kernel does not tell."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return None
    for line in rollup.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return None
