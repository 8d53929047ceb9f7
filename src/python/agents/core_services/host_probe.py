"""
What the operating system says about this host. The only reader of psutil among these agents.

No history and no forecast may enter.
"""

from __future__ import annotations

from pathlib import Path

import psutil

from common.contracts.twin import HostSample


class HostProbe:
    """Sample processor, memory, swap, disk and processes; cheap, and never waits."""

    def __init__(self, disk: Path) -> None:
        self._disk = disk
        psutil.cpu_percent(interval=None)  # each call measures since the one before

    def sample(self, now: float) -> HostSample:
        """Return the resources as they are."""
        memory = psutil.virtual_memory()
        disk = psutil.disk_usage(str(self._disk))
        return HostSample(
            at=now,
            cpu_count=psutil.cpu_count() or 1,
            cpu_percent=min(100.0, max(0.0, psutil.cpu_percent(interval=None))),
            memory_total=memory.total,
            memory_available=memory.available,
            swap_used=psutil.swap_memory().used,
            disk_total=disk.total,
            disk_free=disk.free,
            processes=len(psutil.pids()),
        )
