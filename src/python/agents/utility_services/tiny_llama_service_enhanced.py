"""
TinyLlamaServiceEnhanced: one small model that is there when asked and goes when it idles.

The model lives on the configured model server; without one the embedded engine answers, takes no
memory, and says so.
"""

from __future__ import annotations

import asyncio
from typing import Final

from pydantic import Field

from common.agent import Agent, AgentContext, action
from common.contracts import models as c
from common.gpu_memory import device_memory
from common.messages import ActionError, Empty, ErrorCode, Query
from common.model_server import ModelServerConfiguration
from common.model_shelf import ModelShelf
from common.text_engine import TextEngine

MODEL: Final = "tiny-llama"
TASKS: Final = (c.Task.CHAT, c.Task.SUMMARY)
LOOK_SECONDS: Final = 10.0


class TinyLlamaConfiguration(ModelServerConfiguration):
    """Say which model of the server it is, what that takes, and how long it may idle."""

    server_model: str = Field(default="", max_length=200)  # empty: MODEL_SERVER_MODEL
    memory_mb: float = Field(default=700.0, ge=0.0, le=1e6)
    idle_seconds: float = Field(default=300.0, ge=0.05, le=86_400.0)


class TinyLlamaServiceEnhanced(Agent):
    """Load the small model on demand, answer with it, let it go when it idles."""

    configuration = TinyLlamaConfiguration

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._told = self.configured(TinyLlamaConfiguration)
        self._engine = TextEngine(self._told, self.clock)
        self._shelf = ModelShelf(0.0, self.clock)
        self._problem = ""
        self._loading = asyncio.Lock()
        self._answering = 0

    async def start(self) -> None:
        """Learn how much memory there is, and begin to watch for idleness."""
        self._shelf.budget_mb = max(self._told.memory_mb, device_memory().total_mb)
        self.spawn(self._watch(), "watch")

    @action
    async def generate(self, request: c.GenerateRequest) -> c.Generation:
        """Generate by the small model, loading it first, or by the embedded engine."""
        if request.model not in (None, MODEL):
            message = f"expected {MODEL}, found {request.model}"
            raise ActionError(ErrorCode.NOT_FOUND, message, "model")
        self._answering += 1
        try:
            try:
                await self._load()
            except ActionError as error:
                self._problem = error.message
            self._shelf.use(MODEL)
            return await self._engine.generate(request, model=self._told.server_model or None)
        finally:
            self._answering -= 1

    @action
    async def ensure_loaded(self, request: Empty) -> c.ModelReply:
        """Load the model if it is not; without a server there is none to load."""
        await self._load()
        return c.ModelReply(model=self._picture())

    @action
    async def request_unload(self, request: Empty) -> c.ModelReply:
        """Let the model go, unless it is just answering."""
        if self._answering:
            raise ActionError(ErrorCode.CONFLICT, f"{MODEL} is answering; ask again")
        self._shelf.drop(MODEL)
        return c.ModelReply(model=self._picture())

    @action
    async def resource_stats(self, request: Query) -> c.ModelMemory:
        """Return what the model takes of the memory that there is."""
        device = device_memory()
        used = max(device.used_mb, self._shelf.used_mb)
        return c.ModelMemory(
            device=device.device,
            total_mb=device.total_mb,
            used_mb=used,
            free_mb=max(0.0, device.total_mb - used),
            models=(self._picture(),),
        )

    async def _load(self) -> None:
        """Have the server show that it has the model, by one word of it."""
        async with self._loading:
            if MODEL in self._shelf:
                return
            wanted = c.GenerateRequest(prompt="Hello", max_tokens=1, temperature=0.0)
            await self._engine.from_server(wanted, model=self._told.server_model or None)
            self._shelf.put(MODEL, self._told.memory_mb)
            self._problem = ""

    async def _watch(self) -> None:
        while True:
            await self.clock.sleep(min(LOOK_SECONDS, self._told.idle_seconds))
            held = self._shelf.find(MODEL)
            idle = self.clock.now() - held.last_used_at if held else 0.0
            if idle >= self._told.idle_seconds and not self._answering:
                self._shelf.drop(MODEL)
                self.log.info("unloaded %s: idle for %.0f s", MODEL, idle)

    def _picture(self) -> c.ModelPicture:
        held = self._shelf.find(MODEL)
        if self._engine.server is None:
            phase, detail = c.ModelPhase.FAILED, "no model server: set MODEL_SERVER_URL"
        elif held is not None:
            phase, detail = c.ModelPhase.LOADED, "on the model server"
        else:
            phase, detail = c.ModelPhase.UNLOADED, self._problem
        return c.ModelPicture(
            model=MODEL,
            backend=self.facts.slug,
            phase=phase,
            tasks=TASKS,
            memory_mb=self._told.memory_mb,
            last_used_at=held.last_used_at if held else 0.0,
            uses=held.uses if held else 0,
            detail=detail,
        )
