"""
ModelEvaluationFramework: records how well models and agents do, and hands out the scores.

Measuring and training may not enter: who did that tells the result.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from agents.learning_knowledge.kept_values import values_of
from common.agent import Agent, action
from common.bounded_documents import BoundedDocuments
from common.contracts import evaluation as e
from common.messages import Query

METRICS: Final = "metrics"
EVALUATIONS: Final = "evaluations"
MOST_METRICS: Final = 10_000
MOST_EVALUATIONS: Final = 5_000
KEPT_SECONDS: Final = 365 * 86_400.0


class ModelEvaluationFramework(Agent):
    """Keep two journals: what was measured, and how models were judged."""

    async def start(self) -> None:
        """Take up what was recorded before."""
        self._metrics = BoundedDocuments(
            self.store, self.clock, METRICS, most=MOST_METRICS, seconds=KEPT_SECONDS
        )
        self._evaluations = BoundedDocuments(
            self.store, self.clock, EVALUATIONS, most=MOST_EVALUATIONS, seconds=KEPT_SECONDS
        )
        await self.state_cleared()

    async def state_cleared(self) -> None:
        """Read what the store has; keys go on after the last one."""
        await self._metrics.load()
        await self._evaluations.load()
        self._records = await values_of(self.store, METRICS, e.MetricRecord)
        self._judged = await values_of(self.store, EVALUATIONS, e.Evaluation)
        self._written = 0

    @action
    async def log_performance_metric(self, request: e.LogPerformanceMetricRequest) -> e.Logged:
        """Write a value down."""
        now = self.clock.now()
        record = e.MetricRecord(
            subject=request.subject, metric=request.metric, value=request.value, at=now
        )
        await self._metrics.put(self._key(now), record.model_dump(mode="json"))
        self._records = [*self._records[-MOST_METRICS + 1 :], record]
        return e.Logged(at=now)

    @action
    async def get_performance_metrics(
        self, request: e.PerformanceMetricsRequest
    ) -> e.PerformanceMetrics:
        """Return values of a subject, and what they add up to."""
        wanted = [
            record
            for record in reversed(self._remembered())
            if record.subject == request.subject
            and request.metric in (None, record.metric)
            and record.at >= request.since
        ][: request.limit]
        return e.PerformanceMetrics(records=tuple(wanted), summaries=_summaries(wanted))

    @action
    async def log_model_evaluation(self, request: e.LogModelEvaluationRequest) -> e.Logged:
        """Write down how good a model was."""
        now = self.clock.now()
        found = e.Evaluation(**request.model_dump(), at=now)
        await self._evaluations.put(self._key(now), found.model_dump(mode="json"))
        self._judged = [*self._judged[-MOST_EVALUATIONS + 1 :], found]
        return e.Logged(at=now)

    @action
    async def get_model_evaluation_scores(
        self, request: e.ModelEvaluationScoresRequest
    ) -> e.ModelEvaluationScores:
        """Return evaluations, and how each model has come on."""
        wanted = [
            found
            for found in reversed(self._believed())
            if request.model in (None, found.model) and request.task in (None, found.task)
        ]
        return e.ModelEvaluationScores(
            evaluations=tuple(wanted[: request.limit]), standings=_standings(wanted)
        )

    @action
    async def get_stats(self, request: Query) -> e.EvaluationStats:
        """Say how much is remembered."""
        records, judged = self._remembered(), self._believed()
        return e.EvaluationStats(
            metrics=len(records),
            evaluations=len(judged),
            subjects=len({record.subject for record in records}),
            models=len({found.model for found in judged}),
            last_at=max((*(one.at for one in records), *(one.at for one in judged)), default=None),
        )

    def _remembered(self) -> list[e.MetricRecord]:
        oldest = self.clock.now() - KEPT_SECONDS
        return [record for record in self._records if record.at > oldest]

    def _believed(self) -> list[e.Evaluation]:
        oldest = self.clock.now() - KEPT_SECONDS
        return [found for found in self._judged if found.at > oldest]

    def _key(self, now: float) -> str:
        # The number tells records of one moment apart; the time keeps processes apart.
        self._written += 1
        return f"{now:020.6f}-{self._written:09d}"


def _summaries(newest_first: Iterable[e.MetricRecord]) -> tuple[e.MetricSummary, ...]:
    values: dict[str, list[float]] = defaultdict(list)
    for record in newest_first:
        values[record.metric].append(record.value)
    return tuple(
        e.MetricSummary(
            metric=metric,
            count=len(found),
            mean=sum(found) / len(found),
            minimum=min(found),
            maximum=max(found),
            last=found[0],
        )
        for metric, found in sorted(values.items())
    )


def _standings(newest_first: Iterable[e.Evaluation]) -> tuple[e.ModelStanding, ...]:
    scores: dict[tuple[str, str], list[float]] = defaultdict(list)
    for found in newest_first:
        scores[found.model, found.task].append(found.score)
    standings = (
        e.ModelStanding(
            model=model,
            task=task,
            count=len(found),
            first=found[-1],
            last=found[0],
            best=max(found),
            mean=sum(found) / len(found),
            improvement=found[0] - found[-1],
        )
        for (model, task), found in scores.items()
    )
    return tuple(sorted(standings, key=lambda s: (-s.last, s.model, s.task)))
