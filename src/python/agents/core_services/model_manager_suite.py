"""
ModelManagerSuite: one service that loads, unloads, asks and scores models within a budget.

Models, records and what is learned from use have modules of their own next to this one and in
common; here they are put together.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Final

from agents.core_services import suite_messages as m
from agents.core_services.model_records import ModelRecords
from agents.core_services.suite_models import SuiteModels
from common.agent import Agent, AgentContext, action
from common.contracts import models as c
from common.gpu_memory import device_memory
from common.messages import ActionError, Query
from common.model_catalogue import ModelCatalogueConfiguration
from common.model_shelf import ModelShelf
from common.model_usage import ModelUsage
from common.text_engine import TextEngine, embedded

USAGE: Final = "usage"
KEY: Final = "all"


class ModelManagerSuite(Agent):
    """Hold models in a budget of memory, choose by what was recorded of them, generate."""

    configuration = ModelCatalogueConfiguration

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        told = self.configured(ModelCatalogueConfiguration)
        self._engine = TextEngine(told, self.clock)
        self._shelf = ModelShelf(0.0, self.clock)
        self._models = SuiteModels(
            self.facts.slug, self.clock, self._engine.server, self._shelf, told.declared
        )
        self._records = ModelRecords(self.store, self.clock)
        self._usage = ModelUsage()
        self._generations: Counter[str] = Counter()
        self._learning = asyncio.Lock()

    async def start(self) -> None:
        """Take up what was recorded, and learn how much memory there is."""
        told = self.configured(ModelCatalogueConfiguration)
        self._shelf.budget_mb = device_memory(told.budget_mb).total_mb
        await self.state_cleared()

    async def state_cleared(self) -> None:
        """Read what is left of records and of what was learned."""
        await self._records.load()
        self._usage = ModelUsage.load(await self.store.get(USAGE, KEY) or {})

    @action
    async def list_models(self, request: c.ListModelsRequest) -> c.ModelsReply:
        """Return every model, or those that are loaded."""
        found = (await self._models.pictures()).values()
        wanted = (m for m in found if not request.loaded_only or m.phase is c.ModelPhase.LOADED)
        return c.ModelsReply(models=tuple(wanted))

    @action
    async def get_loaded_models_status(self, request: Query) -> c.ModelMemory:
        """Return the models that are loaded, and what is left of the budget."""
        found = (await self._models.pictures()).values()
        return c.ModelMemory(
            device=device_memory().device,
            total_mb=self._shelf.budget_mb,
            used_mb=self._shelf.used_mb,
            free_mb=self._shelf.free_mb,
            models=tuple(each for each in found if each.phase is c.ModelPhase.LOADED),
        )

    @action
    async def load_model(self, request: c.ModelRequest) -> c.ModelReply:
        """Load a model; those that idle longest make room for it."""
        return c.ModelReply(model=await self._models.load(request.model))

    @action
    async def unload_model(self, request: c.ModelRequest) -> c.ModelReply:
        """Let a model go."""
        return c.ModelReply(model=await self._models.unload(request.model))

    @action
    async def select_model(self, request: c.SelectModelRequest) -> m.Selection:
        """Return the best model for a task within a limit of memory."""
        most_mb = request.max_memory_mb
        best, score = await self._models.select(request.task, most_mb, self._records.score)
        told = "not evaluated yet" if score is None else f"evaluated {score:.2f}"
        reason = f"{told} for {request.task.value}, {best.phase.value}"
        return m.Selection(model=best, score=score, reason=reason)

    @action
    async def generate(self, request: c.GenerateRequest) -> c.Generation:
        """Generate by the model that is named or selected; time and tokens are recorded."""
        picture = await self._models.chosen(request, self._records.score)
        began = self.clock.monotonic()
        found = await self._generated(request, picture)
        is_embedded = found.engine is c.Engine.EMBEDDED
        used = found.model if is_embedded or picture is None else picture.model
        self._shelf.use(used)
        self._generations[found.engine.value] += 1
        seconds = self.clock.monotonic() - began
        await self._records.measured(used, {"seconds": seconds, "tokens": float(found.tokens)})
        await self._learn(used)
        return found

    @action
    async def generate_text(self, request: c.GenerateRequest) -> c.Generation:
        """Generate as `generate` does."""
        return await self.generate(request)

    @action
    async def record_usage(self, request: c.RecordUsageRequest) -> m.UsageTaken:
        """Learn that a model was used now."""
        await self._learn(request.model)
        self._shelf.use(request.model)
        return m.UsageTaken(uses=self._usage.uses)

    @action
    async def predict_models(self, request: c.PredictModelsRequest) -> c.ModelForecasts:
        """Return the models that will be wanted next, likeliest first."""
        return c.ModelForecasts(models=self._forecasts(request.limit), uses=self._usage.uses)

    @action
    async def preload_models(self, request: m.PreloadRequest) -> m.Preloaded:
        """Load the likely models that fit beside what is loaded."""
        forecasts = self._forecasts(request.limit)
        loaded: list[str] = []
        skipped: dict[str, str] = {}
        for each in forecasts:
            problem = f"its probability is {each.probability:.2f} only"
            if each.probability >= request.minimum_probability:
                problem = await self._preload(each.model)
            if problem:
                skipped[each.model] = problem
            else:
                loaded.append(each.model)
        return m.Preloaded(loaded=tuple(loaded), skipped=skipped, forecasts=forecasts)

    @action
    async def log_performance_metric(self, request: m.PerformanceMetric) -> m.PerformanceMetrics:
        """Record something that was measured of a model."""
        record = await self._records.measured(request.model, {request.metric: request.value})
        return m.PerformanceMetrics(models=(record,))

    @action
    async def log_model_evaluation(self, request: m.ModelEvaluation) -> m.PerformanceMetrics:
        """Record how good a model was; `select_model` goes by it."""
        record = await self._records.judged(request.model, request.task, request.score)
        return m.PerformanceMetrics(models=(record,))

    @action
    async def get_performance_metrics(self, request: m.PerformanceQuery) -> m.PerformanceMetrics:
        """Return what was recorded of one model, or of all."""
        return m.PerformanceMetrics(models=self._records.find(request.model))

    @action
    async def get_stats(self, request: Query) -> m.SuiteStats:
        """Return budget, counts, and what is wrong with the server."""
        found = (await self._models.pictures()).values()
        return m.SuiteStats(
            budget_mb=self._shelf.budget_mb,
            used_mb=self._shelf.used_mb,
            models=len(found),
            loaded=sum(each.phase is c.ModelPhase.LOADED for each in found),
            generations=dict(self._generations),
            uses=self._usage.uses,
            problem=self._models.problem,
        )

    async def _generated(
        self, request: c.GenerateRequest, picture: c.ModelPicture | None
    ) -> c.Generation:
        if picture is not None and picture.phase is c.ModelPhase.FAILED:
            return embedded(request, f"{picture.model} cannot be used ({picture.detail}); ")
        return await self._engine.generate(request, model=picture.model if picture else None)

    async def _preload(self, model: str) -> str:
        try:
            picture = await self._models.find(model)
            if picture.phase is not c.ModelPhase.LOADED and picture.memory_mb > self._shelf.free_mb:
                return f"needs {picture.memory_mb:.0f} MB, {self._shelf.free_mb:.0f} MB are free"
            await self._models.load(model)
        except ActionError as error:
            return str(error)
        return ""

    def _forecasts(self, limit: int) -> tuple[c.ModelForecast, ...]:
        return self._usage.predict(self.clock.now(), limit)

    async def _learn(self, model: str) -> None:
        async with self._learning:
            self._usage.record(model, self.clock.now())
            await self.store.put(USAGE, KEY, self._usage.dump())
