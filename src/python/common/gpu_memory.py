"""How much memory models may take: of a GPU if there is one, else of the host. No model enters.

The only reader of NVML among the agents; it is imported when it is first asked for.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

MB = 1024.0 * 1024.0
CPU = "cpu"
DRIVERS = (Path("/dev/nvidiactl"), Path("/dev/dxg"))


@dataclass(frozen=True)
class DeviceMemory:
    """The memory of one device in MB; without a GPU `used_mb` is for the caller to account."""

    device: str
    total_mb: float
    used_mb: float = 0.0

    @property
    def is_measured(self) -> bool:
        """Tell whether a GPU said it, and not an account of what was loaded."""
        return self.device != CPU


def device_memory(budget_mb: float = 0.0, share_of_ram: float = 0.5) -> DeviceMemory:
    """Return what models may take: the budget if one is set, the GPU's memory, a share of RAM."""
    if budget_mb > 0.0:
        return DeviceMemory(CPU, budget_mb)
    return gpu_memory() or DeviceMemory(CPU, share_of_ram * host_memory_mb())


def gpu_memory() -> DeviceMemory | None:
    """Return the memory of the first GPU as NVML measures it, or None without one."""
    library = _nvml()
    if library is None:
        return None
    try:
        found = library.nvmlDeviceGetMemoryInfo(library.nvmlDeviceGetHandleByIndex(0))
    except library.NVMLError:
        return None
    return DeviceMemory("gpu0", found.total / MB, found.used / MB)


def host_memory_mb() -> float:
    """Return the memory that the host has."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / MB


@cache
def _nvml() -> Any:
    if not any(driver.exists() for driver in DRIVERS):
        return None
    try:
        import pynvml  # type: ignore[import-untyped]  # it ships no types
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:  # no driver, which means no GPU
        return None
    return pynvml
