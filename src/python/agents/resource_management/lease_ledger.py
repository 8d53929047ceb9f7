"""
Which shares are granted to whom until when, and whether one more fits.

Law: what is granted never exceeds the capacity that held when it was granted, and never the host.
Reading the host and keeping leases on a disk may not enter.
"""

from __future__ import annotations

from collections.abc import Iterable

from agents.resource_management.host_capacity import HostReading
from common.contracts.resources import Lease, Shares, Thresholds

ROUNDING = 1e-9


def summed(shares: Iterable[Shares]) -> Shares:
    """Add shares up."""
    found = tuple(shares)
    return Shares(
        cpu=sum(each.cpu for each in found),
        memory_mb=sum(each.memory_mb for each in found),
        gpu_memory_mb=sum(each.gpu_memory_mb for each in found),
    )


def capacity_of(host: Shares, thresholds: Thresholds) -> Shares:
    """Return what may be granted of a host."""
    return Shares(
        cpu=host.cpu * thresholds.cpu_percent / 100.0,
        memory_mb=host.memory_mb * thresholds.memory_percent / 100.0,
        gpu_memory_mb=host.gpu_memory_mb * thresholds.gpu_percent / 100.0,
    )


def left_of(capacity: Shares, granted: Shares) -> Shares:
    """Return what is not granted yet; nothing of what is granted beyond the capacity."""
    return Shares(
        cpu=max(0.0, capacity.cpu - granted.cpu),
        memory_mb=max(0.0, capacity.memory_mb - granted.memory_mb),
        gpu_memory_mb=max(0.0, capacity.gpu_memory_mb - granted.gpu_memory_mb),
    )


def shortage(wanted: Shares, granted: Shares, reading: HostReading, thresholds: Thresholds) -> str:
    """Say why shares cannot be granted; empty when they can."""
    free = left_of(capacity_of(reading.host, thresholds), granted)
    amounts = (
        ("cpu", wanted.cpu, free.cpu, "cores"),
        ("memory", wanted.memory_mb, min(free.memory_mb, reading.memory_free_mb), "MB"),
        ("gpu memory", wanted.gpu_memory_mb, free.gpu_memory_mb, "MB"),
    )
    for name, asked, left, unit in amounts:
        if asked > left + ROUNDING * max(1.0, left):
            return f"{name}: asked for {asked:g} {unit}, {left:.3g} {unit} are left"
    used = (
        ("cpu", wanted.cpu, reading.cpu_percent, thresholds.cpu_percent),
        ("memory", wanted.memory_mb, reading.memory_percent, thresholds.memory_percent),
        ("gpu memory", wanted.gpu_memory_mb, reading.gpu_percent or 0.0, thresholds.gpu_percent),
    )
    for name, asked, percent, threshold in used:
        if asked > 0 and percent > threshold:
            return f"{name}: {percent:.0f} % is in use, the threshold is {threshold:g} %"
    return ""


class LeaseLedger:
    """Hold the leases that run."""

    def __init__(self) -> None:
        self._leases: dict[str, Lease] = {}

    def __len__(self) -> int:
        """Count the leases."""
        return len(self._leases)

    def get(self, request_id: str) -> Lease | None:
        """Return a lease that runs."""
        return self._leases.get(request_id)

    def all(self) -> tuple[Lease, ...]:
        """Return all leases, sorted by what they were asked for with."""
        return tuple(self._leases[key] for key in sorted(self._leases))

    def granted(self) -> Shares:
        """Return what all leases add up to."""
        return summed(lease.shares for lease in self._leases.values())

    def enter(self, lease: Lease) -> None:
        """Add a lease, or replace the one of the same request."""
        self._leases[lease.request_id] = lease

    def strike(self, request_id: str) -> bool:
        """Take a lease out and tell whether there was one."""
        return self._leases.pop(request_id, None) is not None

    def expire(self, now: float) -> tuple[Lease, ...]:
        """Take out the leases that have run out, and return them."""
        over = tuple(lease for lease in self._leases.values() if lease.expires_at <= now)
        for lease in over:
            del self._leases[lease.request_id]
        return over
