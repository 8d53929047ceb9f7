"""
Messages of ModelManagerSuite that nobody else needs.

Only values live here.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.models import ModelForecast, ModelName, ModelPicture, Task
from common.messages import Query, Reply, Request

MetricName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\w.-]+$")]


class Selection(Reply):
    """Answer `select_model`: the model, and why it is the one."""

    model: ModelPicture
    score: float | None = None  # mean of its evaluations for the task, if there are any
    reason: str


class UsageTaken(Reply):
    """Answer `record_usage`: how many uses were learned from."""

    uses: int


class PreloadRequest(Request):
    """Ask `preload_models`: the likely ones that fit beside what is loaded."""

    limit: int = Field(default=1, ge=1, le=10)
    minimum_probability: float = Field(default=0.3, ge=0.0, le=1.0)


class Preloaded(Reply):
    """Answer `preload_models`: what was loaded, and what is likely but was not, and why."""

    loaded: tuple[str, ...]
    skipped: dict[str, str] = Field(default_factory=dict)
    forecasts: tuple[ModelForecast, ...] = ()


class PerformanceMetric(Request):
    """Ask `log_performance_metric`: something that was measured of a model."""

    model: ModelName
    metric: MetricName
    value: float = Field(ge=-1e12, le=1e12, allow_inf_nan=False)


class ModelEvaluation(Request):
    """Ask `log_model_evaluation`: how good a model was at a task, 0 to 1."""

    model: ModelName
    task: Task
    score: float = Field(ge=0.0, le=1.0, allow_inf_nan=False)
    source: str = Field(default="", max_length=200)


class Summary(BaseModel):
    """What many values add up to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: int
    mean: float
    least: float
    most: float
    last: float
    at: float

    def with_value(self, value: float, at: float) -> Summary:
        """Return the summary with one more value."""
        count = self.count + 1
        return Summary(
            count=count,
            mean=self.mean + (value - self.mean) / count,
            least=min(self.least, value),
            most=max(self.most, value),
            last=value,
            at=at,
        )

    @classmethod
    def of(cls, value: float, at: float) -> Summary:
        """Return the summary of one value."""
        return cls(count=1, mean=value, least=value, most=value, last=value, at=at)


class ModelRecord(BaseModel):
    """All that is recorded of one model; evaluations are by task."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    metrics: dict[str, Summary] = Field(default_factory=dict)
    evaluations: dict[str, Summary] = Field(default_factory=dict)


class PerformanceQuery(Query):
    """Ask `get_performance_metrics`: of one model, or of all."""

    model: ModelName | None = None


class PerformanceMetrics(Reply):
    """Answer `get_performance_metrics`, `log_performance_metric` and `log_model_evaluation`."""

    models: tuple[ModelRecord, ...]


class SuiteStats(Reply):
    """Answer `get_stats`."""

    budget_mb: float
    used_mb: float
    models: int
    loaded: int
    generations: dict[str, int] = Field(default_factory=dict)  # engine -> how many
    uses: int
    problem: str = ""
