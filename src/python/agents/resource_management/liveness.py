"""
What two looks at the fleet say about who is alive.

Looking and telling may not enter: this is pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from common.contracts.fleet_health import AgentHealth
from common.contracts.registry import AgentRecord
from common.lifecycle import Phase

GONE: Final = "gone"
UNREACHABLE: Final = "unreachable"
BEST_FIRST: Final = (Phase.READY, Phase.DEGRADED, Phase.STARTING, Phase.WAITING, Phase.DRAINING)

Copy = tuple[str, str, float]
"""Slug, instance and start of one process."""


def copy_of(record: AgentRecord) -> Copy:
    """Return what tells one process from all others."""
    return record.slug, record.instance, record.since


def health_of(
    agent: str,
    records: Iterable[AgentRecord],
    silent: Mapping[Copy, int],
    before: AgentHealth | None,
    *,
    now: float,
    most_silent: int,
) -> AgentHealth:
    """Return how an agent is; one of whose copies one answers is alive."""
    found = tuple(records)
    heard = [record for record in found if silent.get(copy_of(record), 0) < most_silent]
    phases = sorted((record.phase for record in heard), key=_rank)
    if phases:
        alive, phase, reason = True, phases[0].value, ""
    elif found:
        asked = max(silent.get(copy_of(record), 0) for record in found)
        alive, phase = False, UNREACHABLE
        reason = f"its health port did not answer {asked} times in a row"
    else:
        alive, phase, reason = False, GONE, "the directory does not name it any more"
    if before is not None and before.alive == alive and before.phase == phase:
        return before
    # A process that crashed falls silent first; one that was told to stop takes its record along.
    orderly = phase == GONE and before is not None and (before.alive or before.orderly)
    died = not alive and not orderly and before is not None and before.alive
    deaths = before.deaths if before is not None else 0
    is_same_state = before is not None and before.alive == alive
    return AgentHealth(
        agent=agent,
        alive=alive,
        phase=phase,
        since=before.since if is_same_state and before is not None else now,
        reason=reason,
        orderly=orderly,
        deaths=deaths + int(died),
    )


def _rank(phase: Phase) -> int:
    return BEST_FIRST.index(phase) if phase in BEST_FIRST else len(BEST_FIRST)
