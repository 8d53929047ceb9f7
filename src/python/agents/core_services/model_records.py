"""
What was measured and judged of models, kept as summaries that do not grow.

Which model is chosen for it is decided elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from agents.core_services.suite_messages import ModelRecord, Summary
from common.clock import Clock
from common.contracts.models import Task
from common.messages import ActionError, ErrorCode
from common.state.store import Store

COLLECTION: Final = "model_records"
MOST_MODELS: Final = 300
MOST_METRICS: Final = 50


class ModelRecords:
    """Add values to the summaries of each model."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._records: dict[str, ModelRecord] = {}
        self._writing = asyncio.Lock()

    async def load(self) -> None:
        """Read what is kept."""
        rows = await self._store.scan(COLLECTION)
        self._records = {key: ModelRecord.model_validate(document) for key, document in rows}

    def find(self, model: str | None = None) -> tuple[ModelRecord, ...]:
        """Return what is recorded of one model, or of all, sorted by name."""
        names = sorted(self._records) if model is None else [model]
        return tuple(self._records[name] for name in names if name in self._records)

    def score(self, model: str, task: Task) -> float | None:
        """Return the mean of a model's evaluations for a task."""
        record = self._records.get(model)
        found = record.evaluations.get(task.value) if record else None
        return found.mean if found else None

    async def measured(self, model: str, values: Mapping[str, float]) -> ModelRecord:
        """Add values that were measured."""
        async with self._writing:
            record = self._of(model)
            metrics = self._added(record.metrics, values)
            if len(metrics) > MOST_METRICS:
                message = f"expected at most {MOST_METRICS} metrics of a model, found one more"
                raise ActionError(ErrorCode.OVERLOADED, message, "metric")
            return await self._keep(record.model_copy(update={"metrics": metrics}))

    async def judged(self, model: str, task: Task, score: float) -> ModelRecord:
        """Add a score for a task."""
        async with self._writing:
            record = self._of(model)
            evaluations = self._added(record.evaluations, {task.value: score})
            return await self._keep(record.model_copy(update={"evaluations": evaluations}))

    def _of(self, model: str) -> ModelRecord:
        return self._records.get(model) or ModelRecord(model=model)

    def _added(self, kept: dict[str, Summary], values: Mapping[str, float]) -> dict[str, Summary]:
        now = self._clock.now()
        added = {
            name: kept[name].with_value(value, now) if name in kept else Summary.of(value, now)
            for name, value in values.items()
        }
        return {**kept, **added}

    async def _keep(self, record: ModelRecord) -> ModelRecord:
        if record.model not in self._records and len(self._records) >= MOST_MODELS:
            await self._forget_oldest()
        self._records[record.model] = record
        await self._store.put(COLLECTION, record.model, record.model_dump(mode="json"))
        return record

    async def _forget_oldest(self) -> None:
        def last_at(record: ModelRecord) -> float:
            summaries = (*record.metrics.values(), *record.evaluations.values())
            return max((summary.at for summary in summaries), default=0.0)

        oldest = min(self._records.values(), key=last_at).model
        del self._records[oldest]
        await self._store.delete(COLLECTION, oldest)
