"""
ModelManagerAgent: every model of the fleet, the choice of one for a task, and its text.

What there is and what is loaded says model_book; which idle model goes when memory runs short is
watched by the VRAM optimiser.
"""

from __future__ import annotations

import hashlib
from typing import Final

from agents.gpu_infrastructure import model_manager_messages as m
from agents.gpu_infrastructure.conversations import Conversations
from agents.gpu_infrastructure.model_book import ModelBook, known, loaded, suited
from agents.gpu_infrastructure.model_sources import OWN, TINY, ModelSources
from common.agent import Agent, AgentContext, action
from common.bounded_documents import BoundedDocuments
from common.contracts import models as c
from common.embedded_text import EMBEDDED_MODEL
from common.gpu_memory import DeviceMemory, device_memory
from common.messages import ActionError, Done, Query
from common.model_catalogue import ModelCatalogueConfiguration
from common.model_shelf import ModelShelf
from common.text_engine import TextEngine, cache_key, embedded

RESPONSES: Final = "responses"
MOST_RESPONSES: Final = 1_000
MAX_SECONDS: Final = 24 * 3_600.0
GENERATE_SECONDS: Final = 60.0


class ModelManagerAgent(Agent):
    """Know all models, load and unload them within the memory that there is, generate text."""

    configuration = ModelCatalogueConfiguration
    topics = (c.MODEL_CHANGES,)

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        told = self.configured(ModelCatalogueConfiguration)
        self._engine = TextEngine(told, self.clock)
        self._shelf = ModelShelf(0.0, self.clock)
        sources = ModelSources(
            self.peers, self.clock, self._engine.server, self._shelf, told.declared
        )
        self._book = ModelBook(sources, self._device, self._tell_change)
        self._conversations = Conversations(self.store, self.clock)
        self._responses = BoundedDocuments(
            self.store, self.clock, RESPONSES, most=MOST_RESPONSES, seconds=MAX_SECONDS
        )

    async def start(self) -> None:
        """Learn what is kept and how much memory there is."""
        self._shelf.budget_mb = self._device().total_mb
        await self.state_cleared()

    async def state_cleared(self) -> None:
        """Learn which conversations and responses are left."""
        await self._conversations.load()
        await self._responses.load()

    @action
    async def get_all_models(self, request: Query) -> m.AllModels:
        """Return every model of every backend, and which backend did not answer."""
        found = await self._book.look()
        problems = dict(self._book.sources.problems)
        return m.AllModels(models=tuple(found.values()), problems=problems)

    @action
    async def get_loaded_models_status(self, request: Query) -> c.ModelsReply:
        """Return the models that are loaded."""
        return c.ModelsReply(models=loaded(await self._book.look()))

    @action
    async def get_model_status(self, request: c.ModelQuery) -> c.ModelReply:
        """Return one model."""
        return c.ModelReply(model=await self._book.find(request.model))

    @action
    async def get_memory_status(self, request: Query) -> c.ModelMemory:
        """Return how full the memory for models is: measured on a GPU, else accounted."""
        return await self._book.memory()

    @action
    async def load_model(self, request: c.ModelRequest) -> c.ModelReply:
        """Load a model on its backend; those that idle longest make room for it."""
        return c.ModelReply(model=await self._book.load(request.model))

    @action
    async def unload_model(self, request: c.ModelRequest) -> c.ModelReply:
        """Have a model's backend let it go."""
        return c.ModelReply(model=await self._book.unload(request.model))

    @action
    async def generate(self, request: c.GenerateRequest) -> c.Generation:
        """Generate by the model that is named or suits, of the server or a backend."""
        key = cache_key(request)
        kept = await self._responses.get(key) if key else None
        if kept is not None:
            return c.Generation.model_validate(kept).model_copy(update={"cached": True})
        generation = await self._generated(request)
        await self._conversations.add(request.conversation_id, request.prompt, generation.text)
        if key and generation.engine is c.Engine.SERVER:
            document = generation.model_dump(mode="json")
            await self._responses.put(key, document, seconds=m.CACHE_SECONDS)
        return generation

    @action
    async def cache_response(self, request: m.CacheResponseRequest) -> m.ResponseCached:
        """Keep a text as the answer to a prompt, for whoever asks `get_cached_response`."""
        key = _response_key(request.prompt, request.model)
        document = {"text": request.response, "model": request.model or ""}
        await self._responses.put(key, {**document}, seconds=request.seconds)
        return m.ResponseCached(kept=len(self._responses))

    @action
    async def get_cached_response(self, request: m.CachedResponseQuery) -> m.CachedResponse:
        """Return the text that is kept for a prompt."""
        kept = await self._responses.get(_response_key(request.prompt, request.model))
        if kept is None:
            return m.CachedResponse(found=False)
        return m.CachedResponse(found=True, response=str(kept["text"]), model=str(kept["model"]))

    @action
    async def clear_conversation(
        self, request: m.ClearConversationRequest
    ) -> m.ConversationCleared:
        """Forget what was said in a conversation."""
        cleared = await self._conversations.clear(request.conversation_id)
        return m.ConversationCleared(cleared=cleared)

    async def _generated(self, request: c.GenerateRequest) -> c.Generation:
        found = await self._book.look()
        if request.model is None:
            picture = suited(found, request.task, self._engine.server)
        else:
            picture = known(found, request.model)
        self._tell_use(picture.model)
        if picture.backend != OWN:
            return await self._by_backend(picture, request)
        if picture.phase is c.ModelPhase.FAILED:
            return embedded(request, f"{picture.model} cannot be used ({picture.detail}); ")
        if picture.model != EMBEDDED_MODEL:
            await self._book.load(picture.model)
        self._shelf.use(picture.model)
        # When nothing suits, the server is asked all the same, so that the note says what is wrong.
        named = None if request.model is None and picture.model == EMBEDDED_MODEL else picture.model
        turns = await self._conversations.turns(request.conversation_id)
        return await self._engine.generate(request, model=named, turns=turns)

    async def _by_backend(
        self, picture: c.ModelPicture, request: c.GenerateRequest
    ) -> c.Generation:
        wanted = request.model_copy(update={"model": picture.model, "conversation_id": None})
        name = "generate" if picture.backend == TINY else "generate_text"
        return await self.peers.call(
            picture.backend, name, wanted, c.Generation, timeout=GENERATE_SECONDS
        )

    def _device(self) -> DeviceMemory:
        return device_memory(self.configured(ModelCatalogueConfiguration).budget_mb)

    def _tell_change(self, picture: c.ModelPicture, reason: str) -> None:
        changed = c.ModelChanged(
            model=picture.model,
            backend=picture.backend,
            phase=picture.phase,
            reason=reason,
            at=self.clock.now(),
        )
        self.events.publish(c.MODEL_CHANGES, changed)

    def _tell_use(self, model: str) -> None:
        serving = {record.slug for record in self.peers.directory() if record.phase.is_serving}
        if model != EMBEDDED_MODEL and serving & {"vram_optimizer_agent", "predictive_loader"}:
            self.spawn(self._tell_peers(model, serving), f"tell use of {model}")

    async def _tell_peers(self, model: str, serving: set[str]) -> None:
        used, recorded = c.ModelUsed(model=model), c.RecordUsageRequest(model=model)
        try:
            if "vram_optimizer_agent" in serving:
                await self.peers.call("vram_optimizer_agent", "track_model_usage", used, Done)
            if "predictive_loader" in serving:
                await self.peers.call(
                    "predictive_loader", "record_usage", recorded, c.ModelForecasts
                )
        except ActionError as error:
            self.log.debug("not everybody knows of a use: %s", error)


def _response_key(prompt: str, model: str | None) -> str:
    return hashlib.sha256(f"response\n{model or ''}\n{prompt}".encode()).hexdigest()
