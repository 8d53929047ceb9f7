"""
VRAMOptimizerAgent: the memory of models, watched; the idle ones unloaded when it runs short.

It holds no model: ModelManagerAgent says how full memory is, and unloads.
"""

from __future__ import annotations

import asyncio
from typing import Final

from agents.gpu_infrastructure import vram_messages as v
from agents.gpu_infrastructure.idle_models import must_go, used_share
from common.agent import Agent, AgentContext, action
from common.contracts import models as c
from common.contracts.twin import UpdateVramRequest, VramUpdated
from common.gpu_memory import MB
from common.messages import ActionError, Done, Empty, Query

SETTINGS: Final = "settings"
MAX_TRACKED: Final = 500
KEPT_UNLOADS: Final = 50


class VRAMOptimizerAgent(Agent):
    """Keep the memory of models below a threshold; the longest idle go first."""

    configuration = v.VRAMOptimizerConfiguration

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._told = self.configured(v.VRAMOptimizerConfiguration)
        self._threshold = self._told.threshold
        self._idle_seconds = self._told.idle_seconds
        self._used_at: dict[str, float] = {}
        self._unloads: tuple[v.Unload, ...] = ()
        self._memory: c.ModelMemory | None = None
        self._problem = ""
        self._looking = asyncio.Lock()

    async def start(self) -> None:
        """Take up the settings of the process before, and begin to watch."""
        kept = await self.store.get(SETTINGS, "all")
        if kept is not None:
            self._threshold = v.SetThreshold.model_validate(kept["threshold"]).threshold
            self._idle_seconds = v.SetIdleTimeout.model_validate(kept["idle"]).seconds
        self.spawn(self._watch(), "watch")
        self.spawn(self._hear(), "hear")

    async def state_cleared(self) -> None:
        """Go back to what the operator says."""
        self._threshold, self._idle_seconds = self._told.threshold, self._told.idle_seconds
        self._unloads = ()

    @action
    async def get_vram_status(self, request: Query) -> v.VramStatus:
        """Return how full the memory is, the settings, and what was unloaded."""
        return self._status()

    @action
    async def optimize(self, request: Empty) -> v.VramStatus:
        """Look at once, without waiting for the next round."""
        await self._look()
        return self._status()

    @action
    async def track_model_usage(self, request: c.ModelUsed) -> Done:
        """Note that a model was used now."""
        self._used_at.pop(request.model, None)
        self._used_at[request.model] = self.clock.now()
        while len(self._used_at) > MAX_TRACKED:
            del self._used_at[next(iter(self._used_at))]
        return Done()

    @action
    async def set_idle_timeout(self, request: v.SetIdleTimeout) -> v.VramStatus:
        """Choose after how long an idle model goes, also over a restart."""
        self._idle_seconds = request.seconds
        return await self._kept()

    @action
    async def set_vram_threshold(self, request: v.SetThreshold) -> v.VramStatus:
        """Choose from which share on memory is short, also over a restart."""
        self._threshold = request.threshold
        return await self._kept()

    async def _kept(self) -> v.VramStatus:
        threshold = {"threshold": self._threshold}
        idle = {"seconds": self._idle_seconds}
        await self.store.put(SETTINGS, "all", {"threshold": {**threshold}, "idle": {**idle}})
        return self._status()

    def _status(self) -> v.VramStatus:
        return v.VramStatus(
            memory=self._memory,
            used_share=used_share(self._memory) if self._memory else 0.0,
            threshold=self._threshold,
            idle_seconds=self._idle_seconds,
            unloads=tuple(reversed(self._unloads)),
            problem=self._problem,
        )

    async def _watch(self) -> None:
        while True:
            await self._look()
            await self.clock.sleep(self._told.interval_seconds)

    async def _hear(self) -> None:
        """Look as soon as a model was loaded: a round later may be too late."""
        async for delivery in self.peers.subscribe(c.MODEL_CHANGES):
            if delivery.event.phase is c.ModelPhase.LOADED:
                await self._look()

    async def _look(self) -> None:
        async with self._looking:
            try:
                await self._look_after_memory()
            except ActionError as error:
                self._problem = str(error)
                self.log.warning("cannot look after the memory of models: %s", error)
            else:
                self._problem = ""
        await self._tell_twin()

    async def _look_after_memory(self) -> None:
        memory = await self._read()
        for picture in memory.models:  # one that was never used idles since it was first seen
            if picture.model not in self._used_at and picture.last_used_at == 0.0:
                await self.track_model_usage(c.ModelUsed(model=picture.model))
        going = must_go(
            memory,
            self._used_at,
            self.clock.now(),
            threshold=self._threshold,
            idle_seconds=self._idle_seconds,
        )
        for picture, reason in going:
            await self._unload(picture, reason)
        self._memory = await self._read() if going else memory

    async def _read(self) -> c.ModelMemory:
        return await self.peers.call(
            "model_manager_agent", "get_memory_status", Query(), c.ModelMemory
        )

    async def _unload(self, picture: c.ModelPicture, reason: str) -> None:
        wanted = c.ModelRequest(model=picture.model)
        problem = ""
        try:
            await self.peers.call("model_manager_agent", "unload_model", wanted, c.ModelReply)
            self.log.info("unloaded %s: %s", picture.model, reason)
        except ActionError as error:
            problem = str(error)
            self.log.warning("%s stays loaded: %s", picture.model, error)
        entry = v.Unload(
            model=picture.model,
            memory_mb=picture.memory_mb,
            reason=reason,
            at=self.clock.now(),
            problem=problem,
        )
        self._unloads = (*self._unloads, entry)[-KEPT_UNLOADS:]

    async def _tell_twin(self) -> None:
        memory = self._memory
        if memory is None or memory.total_mb <= 0.0:
            return
        total = max(1, int(memory.total_mb * MB))
        metrics = UpdateVramRequest(
            device=memory.device,
            total=total,
            used=min(total, int(memory.used_mb * MB)),
            models={picture.model: int(picture.memory_mb * MB) for picture in memory.models},
            source=self.facts.slug,
        )
        try:
            await self.peers.call(
                "system_digital_twin", "update_vram_metrics", metrics, VramUpdated
            )
        except ActionError as error:
            self.log.warning("the twin does not know how full memory is: %s", error)
