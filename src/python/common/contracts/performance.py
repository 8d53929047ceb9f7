"""
Messages about performance: figures of agents, what they add up to, alerts on them.

Only values live here; series are kept by performance_logger_agent, judged by performance_monitor.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from common.messages import Event, Query, Reply, Request, Topic

LATENCY: Final = "latency_seconds"  # one value is one request that was answered
ERRORS: Final = "errors"  # each value is a number of requests that failed
LARGEST: Final = 1e15

AgentName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=100)]
MetricName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.]*$", max_length=100)]
Figure = Annotated[float, Field(ge=-LARGEST, le=LARGEST, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0.0, le=LARGEST, allow_inf_nan=False)]
Percent = Annotated[float, Field(ge=0.0, le=100_000.0, allow_inf_nan=False)]  # of one core
Time = Annotated[float, Field(ge=0.0, le=1e11, allow_inf_nan=False)]


class LogMetricRequest(Request):
    """Ask performance_logger_agent or performance_monitor `log_metric`."""

    agent: AgentName
    metric: MetricName
    value: Figure
    unit: str = Field(default="", max_length=20)


class MetricLogged(Reply):
    """Answer `log_metric`: when it was written down."""

    agent: str
    metric: str
    at: float


class LogResourceUsageRequest(Request):
    """Ask performance_logger_agent `log_resource_usage`."""

    agent: AgentName
    cpu_percent: Percent
    memory_mb: Amount
    gpu_memory_mb: Amount = 0.0


class UsageLogged(Reply):
    """Answer `log_resource_usage`."""

    agent: str
    at: float


class AgentSeriesRequest(Query):
    """Ask `get_agent_metrics` and `get_agent_resource_usage`: the newest of a span of time."""

    agent: AgentName
    metric: MetricName | None = None
    since: Time = 0.0
    until: Time | None = None
    limit: int = Field(default=100, ge=1, le=1_000)


class MetricPoint(BaseModel):
    """Hold one value of one metric."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: float
    agent: str
    metric: str
    value: float
    unit: str = ""


class Aggregate(BaseModel):
    """Hold what the values of one metric add up to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: str
    count: int
    total: float
    minimum: float
    maximum: float
    mean: float
    p50: float
    p95: float
    p99: float
    last: float


class AgentMetrics(Reply):
    """Answer `get_agent_metrics`: points newest first, aggregates of these points by metric."""

    agent: str
    points: tuple[MetricPoint, ...]
    aggregates: tuple[Aggregate, ...]


class UsagePoint(BaseModel):
    """Hold what an agent used at one moment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: float
    cpu_percent: float
    memory_mb: float
    gpu_memory_mb: float = 0.0


class AgentResourceUsage(Reply):
    """Answer `get_agent_resource_usage`: points newest first, aggregates of these points."""

    agent: str
    points: tuple[UsagePoint, ...]
    aggregates: tuple[Aggregate, ...]


class RecentMetricsRequest(Query):
    """Ask performance_logger_agent `get_recent_metrics`: of every agent, after a number."""

    after: int = Field(default=0, ge=0, le=2**62)
    limit: int = Field(default=500, ge=1, le=2_000)


class RecentMetrics(Reply):
    """Answer `get_recent_metrics`, oldest first; ask for what comes after `last` the next time."""

    points: tuple[MetricPoint, ...]
    last: int


# ---- performance_monitor


class MetricsRequest(Query):
    """Ask performance_monitor `get_metrics`: of one agent, or of all."""

    agent: AgentName | None = None


class AgentFigures(BaseModel):
    """Hold the figures of one agent over the window; latency is None without a request."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: str
    requests: int
    errors: float
    error_share: float
    throughput: float  # requests a second
    latency_mean: float | None = None
    latency_p50: float | None = None
    latency_p95: float | None = None
    latency_p99: float | None = None


class PerformanceFigures(Reply):
    """Answer `get_metrics`; note says why figures may be incomplete."""

    window_seconds: float
    agents: tuple[AgentFigures, ...]
    note: str = ""


class AlertRule(StrEnum):
    """Name what an alert is about."""

    SLOW = "slow"
    ERRORS = "errors"
    BUSY = "busy"


class AlertsRequest(Query):
    """Ask performance_monitor `get_alerts`: those that stand, or with those of the past."""

    agent: AgentName | None = None
    standing_only: bool = False
    limit: int = Field(default=100, ge=1, le=500)


class Alert(BaseModel):
    """Hold one alert; it stands until `cleared_at`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    alert_id: str
    agent: str
    rule: AlertRule
    value: float
    threshold: float
    message: str
    at: float
    cleared_at: float | None = None


class Alerts(Reply):
    """Answer `get_alerts`, newest first."""

    alerts: tuple[Alert, ...]


class AlertRaised(Event):
    """Tell that an alert was raised or, with `cleared_at`, that it is over."""

    alert: Alert


ALERTS: Final = Topic("performance_monitor", "alerts", AlertRaised)
