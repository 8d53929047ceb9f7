"""
What an extra load would leave of each resource: arithmetic on samples.

Linear by intention: replicas add up, nothing is shared and nothing is compressed. No sampling, no
store and no clock may enter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from common.contracts.twin import (
    Headroom,
    HostSample,
    LoadForecast,
    SimulateLoadRequest,
    VramSample,
)

TIGHT_SHARE: Final = 0.1  # less than this much of a resource left over is called tight

Resource = Literal["cpu", "memory", "vram", "disk"]


def forecast(
    load: SimulateLoadRequest, host: HostSample, vram: Sequence[VramSample]
) -> LoadForecast:
    """Return every resource that the load uses before and after it, and what would break."""
    idle = host.cpu_count * (1.0 - host.cpu_percent / 100.0)
    rooms = {
        "cpu": (_room("cpu", host.cpu_count, idle, load.cpu, load.replicas), load.cpu),
        "memory": (
            _room("memory", host.memory_total, host.memory_available, load.memory, load.replicas),
            load.memory,
        ),
        "disk": (
            _room("disk", host.disk_total, host.disk_free, load.disk, load.replicas),
            load.disk,
        ),
    }
    used = [(room, each, fitting(room.free_before, each)) for room, each in rooms.values() if each]
    if load.vram:
        used.append(_vram(load, vram))
    fits = min(count for _, _, count in used)
    return LoadForecast(
        fits=fits >= load.replicas,
        resources=tuple(room for room, _, _ in used),
        breaks=tuple(
            _broken(room, each, count, load.replicas)
            for room, each, count in used
            if count < load.replicas
        ),
        replicas_that_fit=fits,
        sampled_at=host.at,
    )


def fitting(free: float, each: float) -> int:
    """Return how many loads of a size fit into what is free."""
    return max(0, int(free / each + 1e-9))


def _room(resource: Resource, total: float, free: float, each: float, replicas: int) -> Headroom:
    after = free - each * replicas
    return Headroom(
        resource=resource,
        total=total,
        free_before=free,
        free_after=after,
        verdict=_verdict(fitting(free, each) >= replicas if each else True, after, total),
    )


def _verdict(fits: bool, after: float, total: float) -> Literal["fits", "tight", "breaks"]:
    if not fits:
        return "breaks"
    return "tight" if after < TIGHT_SHARE * total else "fits"


def _vram(load: SimulateLoadRequest, devices: Sequence[VramSample]) -> tuple[Headroom, float, int]:
    free = [device.total - device.used for device in devices]
    count = sum(fitting(each, load.vram) for each in free)  # a replica cannot span two devices
    total = sum(device.total for device in devices)
    after = sum(free) - load.vram * load.replicas
    room = Headroom(
        resource="vram",
        total=total,
        free_before=sum(free),
        free_after=after,
        verdict=_verdict(count >= load.replicas, after, total),
    )
    return room, load.vram, count


def _broken(room: Headroom, each: float, fits: int, replicas: int) -> str:
    if room.resource == "vram" and room.total == 0:
        return "vram: no GPU has reported its memory"
    unit = "cores" if room.resource == "cpu" else "bytes"
    return (
        f"{room.resource}: {replicas} x {each:g} {unit} were asked, {room.free_before:g} of "
        f"{room.total:g} are free, so {fits} fit"
    )
