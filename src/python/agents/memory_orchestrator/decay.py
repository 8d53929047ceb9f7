"""
How memories fade and grow: pure arithmetic on values, the time is an argument.

Strength halves once per half-life of the tier (exponential forgetting, as in Ebbinghaus' curve);
a reinforcement closes a share of the gap to full strength. Nothing here may read a clock, touch
the store or know about agents.
"""

from __future__ import annotations

from typing import Final

from common.contracts.memory import Memory, Tier

DAY: Final = 86_400.0
HALF_LIFE: Final[dict[Tier, float]] = {
    Tier.SHORT: 1.0 * DAY,
    Tier.MEDIUM: 14.0 * DAY,
    Tier.LONG: 365.0 * DAY,
}
ABOVE: Final[dict[Tier, Tier]] = {Tier.SHORT: Tier.MEDIUM, Tier.MEDIUM: Tier.LONG}
PROMOTE_AT: Final = 0.8  # strength after a reinforcement
REINFORCEMENTS: Final[dict[Tier, int]] = {Tier.SHORT: 2, Tier.MEDIUM: 5}
DEMOTE_BELOW: Final = 0.1
FORGET_BELOW: Final = 0.01


def initial_strength(importance: float) -> float:
    """Return the strength of a new memory: even an unimportant one starts at half."""
    return 0.5 + 0.5 * importance


def strength_at(memory: Memory, now: float) -> float:
    """Return what is left of the strength; a clock that went back does not strengthen."""
    elapsed = max(0.0, now - memory.measured_at)
    left: float = memory.strength * 0.5 ** (elapsed / HALF_LIFE[memory.tier])
    return left


def seen_at(memory: Memory, now: float) -> Memory:
    """Return the memory with the strength of this moment, for a reader."""
    return memory.model_copy(update={"strength": strength_at(memory, now), "measured_at": now})


def reinforced(memory: Memory, amount: float, now: float) -> Memory:
    """Return the memory after one use: stronger, and a tier up once it was used often enough."""
    before = strength_at(memory, now)
    strength = min(1.0, before + amount * (1.0 - before))
    count = memory.reinforcements + 1
    rises = strength >= PROMOTE_AT and count >= REINFORCEMENTS.get(memory.tier, count + 1)
    return memory.model_copy(
        update={
            "strength": strength,
            "measured_at": now,
            "reinforcements": count,
            "tier": ABOVE.get(memory.tier, memory.tier) if rises else memory.tier,
        }
    )


def faded(memory: Memory, now: float) -> Memory | None:
    """Return the memory as the sweep leaves it; None when it is forgotten. Long tier stays."""
    strength = strength_at(memory, now)
    if memory.tier is Tier.SHORT and strength < FORGET_BELOW:
        return None
    if memory.tier is Tier.MEDIUM and strength < DEMOTE_BELOW:
        update = {"tier": Tier.SHORT, "strength": strength, "measured_at": now}
        return memory.model_copy(update=update)
    return memory
