"""
PredictiveLoader: which models will be wanted soon, learned from past use, and their preloading.

How it is learned is in common.model_usage; the loading is done by ModelManagerAgent.
"""

from __future__ import annotations

import asyncio
from typing import Final

from pydantic import Field

from common.agent import Agent, AgentContext, action
from common.configuration import Configuration
from common.contracts import models as c
from common.messages import ActionError, Query, Reply
from common.model_usage import ModelUsage

COLLECTION: Final = "usage"
KEY: Final = "model"
LOAD_SECONDS: Final = 30.0


class PredictiveLoaderConfiguration(Configuration):
    """Say how likely a model must be to be preloaded, how many at a time, and how often."""

    minimum_probability: float = Field(default=0.5, ge=0.0, le=1.0)
    preloads: int = Field(default=1, ge=0, le=10)
    minimum_uses: int = Field(default=3, ge=0, le=1_000)
    interval_seconds: float = Field(default=60.0, ge=0.1, le=3_600.0)


class PreloadStatus(Reply):
    """Answer `get_preload_status`: what was asked for last, and what became of it."""

    asked: dict[str, str]  # model -> `loaded`, or why not
    uses: int


class PredictiveLoader(Agent):
    """Learn from each use of a model, and ask for the next one before it is wanted."""

    configuration = PredictiveLoaderConfiguration

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._told = self.configured(PredictiveLoaderConfiguration)
        self._usage = ModelUsage()
        self._asked: dict[str, str] = {}
        self._writing = asyncio.Lock()

    async def start(self) -> None:
        """Take up what was learned, and begin to look ahead."""
        await self.state_cleared()
        self.spawn(self._look_ahead(), "look ahead")

    async def state_cleared(self) -> None:
        """Learn from the store what is left of what was learned."""
        document = await self.store.get(COLLECTION, KEY)
        self._usage = ModelUsage.load(document or {})
        self._asked = {}

    @action
    async def predict_models(self, request: c.PredictModelsRequest) -> c.ModelForecasts:
        """Return the models that will be wanted next, likeliest first."""
        return c.ModelForecasts(models=self._forecasts(request.limit), uses=self._usage.uses)

    @action
    async def record_usage(self, request: c.RecordUsageRequest) -> c.ModelForecasts:
        """Learn that a model was used now, and preload what usually follows."""
        async with self._writing:
            self._usage.record(request.model, self.clock.now())
            await self.store.put(COLLECTION, KEY, self._usage.dump())
        self._asked.pop(request.model, None)
        self.spawn(self._preload(), "preload")
        return c.ModelForecasts(models=self._forecasts(3), uses=self._usage.uses)

    @action
    async def get_preload_status(self, request: Query) -> PreloadStatus:
        """Return which models were asked to be preloaded, and what became of it."""
        return PreloadStatus(asked=dict(self._asked), uses=self._usage.uses)

    def _forecasts(self, limit: int) -> tuple[c.ModelForecast, ...]:
        return self._usage.predict(self.clock.now(), limit)

    async def _look_ahead(self) -> None:
        while True:  # what is wanted changes with the time of day, too
            await self.clock.sleep(self._told.interval_seconds)
            self._asked = {}
            await self._preload()

    async def _preload(self) -> None:
        if self._usage.uses < self._told.minimum_uses:
            return
        for forecast in self._forecasts(self._told.preloads):
            wanted = forecast.probability >= self._told.minimum_probability
            if wanted and forecast.model not in self._asked:
                self._asked[forecast.model] = "asked"
                self._asked[forecast.model] = await self._load(forecast.model)

    async def _load(self, model: str) -> str:
        wanted = c.ModelRequest(model=model)
        try:
            found = await self.peers.call(
                "model_manager_agent", "load_model", wanted, c.ModelReply, timeout=LOAD_SECONDS
            )
        except ActionError as error:
            self.log.info("%s is not preloaded: %s", model, error)
            return str(error)
        return found.model.phase.value
