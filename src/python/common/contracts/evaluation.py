"""
Messages about how well models and agents do.

Only values live here; records belong to model_evaluation_framework.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from common.messages import Query, Reply, Request

Subject = Annotated[str, Field(pattern=r"^[A-Za-z][\w.:/@+-]*$", max_length=200)]
Metric = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.]*$", max_length=100)]
Value = Annotated[float, Field(ge=-1e15, le=1e15, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Time = Annotated[float, Field(ge=0.0, le=1e11, allow_inf_nan=False)]
Limit = Annotated[int, Field(ge=1, le=1_000)]


class LogPerformanceMetricRequest(Request):
    """Ask `log_performance_metric`: something that was measured of an agent or a model."""

    subject: Subject
    metric: Metric
    value: Value


class PerformanceMetricsRequest(Query):
    """Ask `get_performance_metrics`: the newest of a subject, of one metric or of all."""

    subject: Subject
    metric: Metric | None = None
    since: Time = 0.0
    limit: Limit = 100


class MetricRecord(BaseModel):
    """Hold one value that was measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: str
    metric: str
    value: float
    at: float


class MetricSummary(BaseModel):
    """Hold what the values of one metric add up to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: str
    count: int
    mean: float
    minimum: float
    maximum: float
    last: float


class Logged(Reply):
    """Answer `log_performance_metric` and `log_model_evaluation`: when it was written down."""

    at: float


class PerformanceMetrics(Reply):
    """Answer `get_performance_metrics`: records newest first, summaries of these by metric."""

    records: tuple[MetricRecord, ...]
    summaries: tuple[MetricSummary, ...]


class LogModelEvaluationRequest(Request):
    """Ask `log_model_evaluation`: how good a model was on examples it had not seen."""

    model: Subject
    task: Metric = "classification"
    score: Share
    examples: int = Field(default=0, ge=0, le=10**9)
    cycle_id: str = Field(default="", max_length=100)
    note: str = Field(default="", max_length=200)


class ModelEvaluationScoresRequest(Query):
    """Ask `get_model_evaluation_scores`: of one model, or of all."""

    model: Subject | None = None
    task: Metric | None = None
    limit: Limit = 100


class Evaluation(BaseModel):
    """Hold one evaluation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    task: str
    score: float
    examples: int = 0
    cycle_id: str = ""
    note: str = ""
    at: float


class ModelStanding(BaseModel):
    """Hold how a model went from its first evaluation that is remembered to its last."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    task: str
    count: int
    first: float
    last: float
    best: float
    mean: float
    improvement: float  # last less first


class ModelEvaluationScores(Reply):
    """Answer `get_model_evaluation_scores`: evaluations newest first; standings, best first."""

    evaluations: tuple[Evaluation, ...]
    standings: tuple[ModelStanding, ...]


class EvaluationStats(Reply):
    """Answer `get_stats`: what is remembered."""

    metrics: int
    evaluations: int
    subjects: int
    models: int
    last_at: float | None = None
