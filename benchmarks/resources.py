"""What a process holds, as the kernel tells it. Nothing of ZeroMQ may enter."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Resources:
    """Resident memory, threads, open descriptors, and which of these are sockets."""

    resident_bytes: int
    threads: int
    descriptors: int
    sockets: int

    @property
    def mebibytes(self) -> float:
        """Return the resident memory in MiB."""
        return self.resident_bytes / (1 << 20)


def resources(pid: int) -> Resources:
    """Look at a process."""
    process = Path("/proc") / str(pid)
    resident = int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    links = [_target(entry) for entry in (process / "fd").iterdir()]
    return Resources(
        resident_bytes=resident,
        threads=len(os.listdir(process / "task")),
        descriptors=len(links),
        sockets=sum(link.startswith("socket:") for link in links),
    )


def _target(entry: Path) -> str:
    try:
        return os.readlink(entry)
    except FileNotFoundError:  # the descriptor of this very look, when it is at ourselves
        return ""
