"""
What the host has and uses: processors and memory by psutil, a GPU by NVML.

Granting may not enter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import psutil

from common.contracts.resources import Shares
from common.gpu_memory import gpu_memory

MB: Final = 1024 * 1024


@dataclass(frozen=True)
class HostReading:
    """Hold what a host has, how much of it is in use, and how much memory is left."""

    host: Shares
    cpu_percent: float
    memory_percent: float
    memory_free_mb: float
    gpu_used_mb: float | None = None

    @property
    def gpu_percent(self) -> float | None:
        """Return how full the memory of the GPU is; None without one."""
        if self.gpu_used_mb is None or self.host.gpu_memory_mb <= 0:
            return None
        return min(100.0, 100.0 * self.gpu_used_mb / self.host.gpu_memory_mb)


class HostCapacity:
    """Read the host; cheap, and never waits."""

    def __init__(self) -> None:
        psutil.cpu_percent(interval=None)  # each call measures since the one before

    def read(self) -> HostReading:
        """Return the host as it is."""
        gpu = gpu_memory()
        memory = psutil.virtual_memory()
        return HostReading(
            host=Shares(
                cpu=float(psutil.cpu_count() or 1),
                memory_mb=memory.total / MB,
                gpu_memory_mb=gpu.total_mb if gpu else 0.0,
            ),
            cpu_percent=min(100.0, max(0.0, psutil.cpu_percent(interval=None))),
            memory_percent=memory.percent,
            memory_free_mb=memory.available / MB,
            gpu_used_mb=gpu.used_mb if gpu else None,
        )
