"""
Which memories a search returns and in which order: pure functions on values.

No index, no store and no clock may enter.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from agents.memory_orchestrator.decay import seen_at, strength_at
from common.contracts.memory import Memory, MemoryFilter, ScoredMemory

STRENGTH_SHARE: Final = 0.25  # how much of a score a faded memory loses at most


def matches(memory: Memory, where: MemoryFilter, now: float) -> bool:
    """Say whether a memory passes every condition of a filter."""
    return (
        where.memory_type in (None, memory.memory_type)
        and where.tier in (None, memory.tier)
        and where.parent_id in (None, memory.parent_id)
        and set(where.tags) <= set(memory.tags)
        and memory.importance >= where.minimum_importance
        and strength_at(memory, now) >= where.minimum_strength
        and (where.created_after is None or memory.created_at > where.created_after)
        and (where.created_before is None or memory.created_at < where.created_before)
    )


def ranked(
    candidates: Iterable[tuple[Memory, float]], where: MemoryFilter, now: float, limit: int
) -> tuple[ScoredMemory, ...]:
    """Return the best that match; of equal matches the stronger memory comes first."""
    hits = [
        ScoredMemory(memory=seen_at(memory, now), score=score * faded_share(memory, now))
        for memory, score in candidates
        if matches(memory, where, now)
    ]
    hits.sort(key=lambda hit: (-hit.score, -hit.memory.created_at, hit.memory.memory_id))
    return tuple(hits[:limit])


def faded_share(memory: Memory, now: float) -> float:
    """Return the factor on the score of a memory of this strength."""
    return 1.0 - STRENGTH_SHARE * (1.0 - strength_at(memory, now))


def newest(
    memories: Iterable[Memory], where: MemoryFilter, now: float, limit: int
) -> tuple[ScoredMemory, ...]:
    """Return the newest that match, with score 0 because nothing was compared."""
    found = [memory for memory in memories if matches(memory, where, now)]
    found.sort(key=lambda memory: (-memory.created_at, memory.memory_id))
    return tuple(ScoredMemory(memory=seen_at(memory, now), score=0.0) for memory in found[:limit])
