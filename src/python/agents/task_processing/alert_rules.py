"""
Which figures of an agent are worth an alert.

Keeping and telling alerts may not enter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from common.configuration import Configuration
from common.contracts.performance import AgentFigures, AlertRule

Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]


class PerformanceMonitorConfiguration(Configuration):
    """What an operator may choose: the window, and from where on figures are alarming."""

    window_seconds: float = Field(default=300.0, ge=1.0, le=3_600.0)
    check_seconds: float = Field(default=5.0, ge=0.5, le=300.0)
    slow_seconds: Positive = 2.0  # the 95th percentile of latency
    error_share: float = Field(default=0.2, ge=0.0, lt=1.0)
    busy_throughput: Positive = 200.0  # requests a second
    least_requests: int = Field(default=5, ge=1)  # fewer say nothing about slow and errors


@dataclass(frozen=True)
class Finding:
    """Say which figure of an agent is above which threshold."""

    agent: str
    rule: AlertRule
    value: float
    threshold: float
    message: str


def findings(figures: AgentFigures, limits: PerformanceMonitorConfiguration) -> tuple[Finding, ...]:
    """Return the rules that one agent's figures break."""
    found: list[Finding] = []

    def hold(rule: AlertRule, value: float, threshold: float, told: str) -> None:
        if value > threshold:
            shown = f"{figures.agent}: {told} is {value:.3g}, the threshold is {threshold:.3g}"
            found.append(Finding(figures.agent, rule, value, threshold, shown))

    if figures.requests >= limits.least_requests:
        slow = figures.latency_p95 or 0.0
        hold(AlertRule.SLOW, slow, limits.slow_seconds, "95th percentile of latency (s)")
        hold(AlertRule.ERRORS, figures.error_share, limits.error_share, "share of errors")
    hold(AlertRule.BUSY, figures.throughput, limits.busy_throughput, "throughput (1/s)")
    return tuple(found)
