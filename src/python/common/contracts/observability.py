"""
How every agent is, as observability_hub saw it last.

Only values live here: no looking and no judging.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from common.messages import Reply

FleetStatus = Literal["healthy", "degraded", "unhealthy", "unknown"]


class Point(BaseModel):
    """Hold one agent at one moment; rates are since the point before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: str
    instance: str
    at: float
    up: bool
    phase: str
    problem: str = ""
    requests: float = 0.0
    error_rate: float = 0.0
    latency_seconds: float | None = None  # None while nothing was answered
    memory_bytes: float = 0.0


class HealthSummary(Reply):
    """Answer `get_health_summary` and `scrape_now`, as of the newest scrape."""

    status: FleetStatus
    scraped_at: float | None
    up: int
    down: int
    agents: tuple[Point, ...]
