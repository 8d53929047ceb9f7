"""
One look at one agent: what /readyz and /metrics of its health port say.

Judging the numbers and keeping them may not enter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from pydantic import ValidationError

from agents.core_services.exposition import Sample, samples
from common.contracts.health import HealthReport
from common.contracts.observability import Point
from common.contracts.registry import AgentRecord
from common.http_fetch import FetchError, fetch

REQUESTS: Final = "agent_request_count_total"
SECONDS: Final = "agent_request_duration_sum"
ANSWERED: Final = "agent_request_duration_count"
MEMORY: Final = "agent_resident_memory_bytes"
SUCCESS: Final = "success"
WAITS: Final = frozenset({"watch_agents", "get_result"})  # slow on purpose: no latency of work
AT_ONCE: Final = 8


@dataclass(frozen=True)
class Counters:
    """Hold the running totals of one process."""

    requests: float = 0.0
    errors: float = 0.0
    seconds: float = 0.0
    answered: float = 0.0
    memory: float = 0.0


@dataclass(frozen=True)
class Look:
    """Hold what was seen of one agent; problem says why it is not up."""

    record: AgentRecord
    phase: str
    text: str = ""
    counters: Counters = field(default_factory=Counters)
    problem: str = ""


def counted(found: Iterable[Sample]) -> Counters:
    """Add up the samples of one exposition."""
    totals = dict.fromkeys((REQUESTS, SECONDS, ANSWERED, MEMORY), 0.0)
    errors = 0.0
    for sample in found:
        if sample.name in (SECONDS, ANSWERED) and sample.labels.get("action") in WAITS:
            continue
        if sample.name in totals:
            totals[sample.name] += sample.value
        if sample.name == REQUESTS and sample.labels.get("status") != SUCCESS:
            errors += sample.value
    return Counters(
        requests=totals[REQUESTS],
        errors=errors,
        seconds=totals[SECONDS],
        answered=totals[ANSWERED],
        memory=totals[MEMORY],
    )


def point_of(look: Look, before: Counters, at: float) -> Point:
    """Return the rates between two looks; counters that went back began anew."""
    now = look.counters
    base = before if now.requests >= before.requests else Counters()
    requests, answered = now.requests - base.requests, now.answered - base.answered
    errors, seconds = now.errors - base.errors, now.seconds - base.seconds
    return Point(
        agent=look.record.slug,
        instance=look.record.instance,
        at=at,
        up=not look.problem,
        phase=look.phase,
        problem=look.problem,
        requests=requests,
        error_rate=min(1.0, max(0.0, errors / requests)) if requests > 0 else 0.0,
        latency_seconds=max(0.0, seconds / answered) if answered > 0 else None,
        memory_bytes=now.memory,
    )


async def look_at(record: AgentRecord) -> Look:
    """Fetch both pages of one agent; a problem is part of the answer, not an error."""
    try:
        ready = await fetch(f"{record.health_endpoint}/readyz")
        report = HealthReport.model_validate_json(ready.body)
        page = await fetch(f"{record.health_endpoint}/metrics")
    except FetchError as error:
        return Look(record, "unreachable", problem=str(error))
    except ValidationError:
        problem = f"{record.health_endpoint}/readyz: the answer is no health report"
        return Look(record, "unreachable", problem=problem)
    problem = "" if page.status == 200 else f"{record.health_endpoint}/metrics: {page.status}"
    if ready.status != 200:
        problem = f"not ready: {report.phase.value}, waiting for {list(report.waiting_for)}"
    found = counted(samples(page.body))
    return Look(record, report.phase.value, page.body, found, problem)


async def look_at_all(records: Iterable[AgentRecord]) -> tuple[Look, ...]:
    """Look at every agent, a few at a time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(record: AgentRecord) -> Look:
        async with gate:
            return await look_at(record)

    return tuple(await asyncio.gather(*(one(record) for record in records)))
