"""
Messages of the observability hub that no other agent needs.

Only values live here: no looking, no judging and no restarting.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.observability import Point
from common.messages import Query, Reply


class Anomaly(BaseModel):
    """Hold one thing that was out of line; score is the modified z-score, 0 for `down`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: str
    instance: str
    at: float
    measure: str
    value: float
    score: float
    message: str


class RestartStep(BaseModel):
    """Hold how far the restart of one agent is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: str
    state: Literal["waiting", "asked", "back", "refused", "late"] = "waiting"
    message: str = ""


class Restart(BaseModel):
    """Hold one restart of some agents, in groups of which each waits for the one before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    restart_id: str
    started_at: float
    finished_at: float | None = None
    order: tuple[tuple[str, ...], ...]
    steps: tuple[RestartStep, ...]
    problem: str = ""


class GetRestartsRequest(Query):
    """Ask `get_restarts`, newest first."""

    limit: int = Field(default=10, ge=1, le=100)


class RestartList(Reply):
    """Answer `get_restarts`."""

    restarts: tuple[Restart, ...]


class HistoryRequest(Query):
    """Ask `get_anomalies` and `get_time_series`, newest first."""

    agent: str | None = Field(default=None, min_length=1, max_length=100)
    since: float = Field(default=0.0, ge=0.0)
    limit: int = Field(default=100, ge=1, le=1_000)


class Anomalies(Reply):
    """Answer `get_anomalies`."""

    anomalies: tuple[Anomaly, ...]


class TimeSeries(Reply):
    """Answer `get_time_series`."""

    points: tuple[Point, ...]


class MetricsText(Reply):
    """Answer `get_metrics_text` in the text format 0.0.4 of Prometheus."""

    content_type: str = "text/plain; version=0.0.4; charset=utf-8"
    text: str
