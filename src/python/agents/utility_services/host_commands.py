"""
The commands that need no program: an image has no shell and hardly any of the usual tools.

They read what the kernel tells everybody, and change nothing.
"""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

MAX_PROCESSES: Final = 500
GIGABYTE: Final = 1e9
PROC: Final = Path("/proc")

Words = tuple[str, ...]


def date(words: Words, now: float) -> str:
    """Tell the date and time."""
    if "--unix" in words:
        return f"{now:.0f}"
    return datetime.fromtimestamp(now, UTC).strftime("%A %Y-%m-%d %H:%M:%S UTC")


def disk_free(words: Words, now: float) -> str:
    """Tell how full the disk is that holds the working folder."""
    usage = shutil.disk_usage(".")
    share = 100 * usage.used / usage.total
    return (
        f"{usage.free / GIGABYTE:.1f} GB of {usage.total / GIGABYTE:.1f} GB free, {share:.0f}% used"
    )


def echo(words: Words, now: float) -> str:
    """Say the words again."""
    return " ".join(words)


def list_processes(words: Words, now: float) -> str:
    """List number and name of the processes that can be seen."""
    numbers = sorted(int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())
    lines = (f"{number:>7} {_name_of(number)}" for number in numbers[:MAX_PROCESSES])
    return "\n".join(line for line in lines if not line.endswith(" "))


def memory(words: Words, now: float) -> str:
    """Tell how full the memory is."""
    lines = (line.split() for line in (PROC / "meminfo").read_text().splitlines())
    found = {words[0].rstrip(":"): int(words[1]) * 1024 for words in lines if len(words) > 1}
    total, free = found.get("MemTotal", 0), found.get("MemAvailable", 0)
    return f"{free / GIGABYTE:.1f} GB of {total / GIGABYTE:.1f} GB available"


def system_info(words: Words, now: float) -> str:
    """Tell the kernel, machine and number of cores."""
    seen = platform.uname()
    return f"{seen.system} {seen.release} {seen.machine}, {os.cpu_count()} cores"


def uptime(words: Words, now: float) -> str:
    """Tell for how long the host has been up."""
    seconds = int(float((PROC / "uptime").read_text().split()[0]))
    days, rest = divmod(seconds, 86_400)
    return f"up {days} days, {rest // 3600}:{rest % 3600 // 60:02}"


def _name_of(number: int) -> str:
    try:
        return (PROC / str(number) / "comm").read_text().strip()
    except OSError:  # it ended meanwhile
        return ""


BUILT_INS: Final[dict[str, Callable[[Words, float], str]]] = {
    command.__name__: command
    for command in (date, disk_free, echo, list_processes, memory, system_info, uptime)
}
