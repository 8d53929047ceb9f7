"""
Which models have to go: a pure judgement of how full memory is and when each was used.

No clock and no peer may enter.
"""

from __future__ import annotations

from collections.abc import Mapping

from common.contracts.models import ModelMemory, ModelPicture


def used_share(memory: ModelMemory) -> float:
    """Return which share of the memory is used."""
    return memory.used_mb / memory.total_mb if memory.total_mb > 0.0 else 0.0


def must_go(
    memory: ModelMemory,
    used_at: Mapping[str, float],
    now: float,
    *,
    threshold: float,
    idle_seconds: float,
) -> tuple[tuple[ModelPicture, str], ...]:
    """Return models and reasons: those that idle too long, then the longest idle until it fits.

    The model used last stays, however short memory is; `idle_seconds` of 0 is no limit.
    """

    def since(picture: ModelPicture) -> float:
        return max(picture.last_used_at, used_at.get(picture.model, 0.0))

    held = sorted(
        (picture for picture in memory.models if picture.memory_mb > 0.0),
        key=lambda picture: (since(picture), picture.model),
    )
    going: list[tuple[ModelPicture, str]] = []
    used = memory.used_mb
    for picture in held:
        idle = now - since(picture)
        if 0.0 < idle_seconds < idle:
            going.append((picture, f"idle for {idle:.0f} s"))
        elif used > threshold * memory.total_mb and picture is not held[-1]:
            going.append((picture, f"{used:.1f} of {memory.total_mb:.1f} MB are used"))
        else:
            continue
        used -= picture.memory_mb
    return tuple(going)
