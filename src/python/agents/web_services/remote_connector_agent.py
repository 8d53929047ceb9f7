"""
RemoteConnectorAgent: the way to models elsewhere, with a cache of what they answered.

It asks the configured model server, then ModelManagerAgent on the other machine, then the embedded
engine, which says so. The server's address is the operator's, so nobody else chooses it.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from agents.web_services import connector_messages as m
from common.agent import Agent, AgentContext, action
from common.bounded_documents import BoundedDocuments
from common.circuit import CircuitBreaker
from common.contracts.models import (
    MODEL_CHANGES,
    Engine,
    GenerateRequest,
    Generation,
    ModelPhase,
)
from common.messages import ActionError, ErrorCode
from common.model_server import ModelServerConfiguration
from common.text_engine import TextEngine, cache_key, embedded

RESPONSES: Final = "responses"
MOST_RESPONSES: Final = 1_000
KEPT_SECONDS: Final = 3_600.0
MOST_MODELS: Final = 500
MANAGER_SECONDS: Final = 60.0


class RemoteConnectorAgent(Agent):
    """Bridge requests for text to whichever model is there; keep answers for an hour."""

    configuration = ModelServerConfiguration

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._engine = TextEngine(self.configured(ModelServerConfiguration), self.clock)
        self._manager = CircuitBreaker(clock=self.clock)
        self._models: dict[str, m.ModelStatus] = {}
        self._answered: Counter[str] = Counter()
        self._responses = BoundedDocuments(
            self.store, self.clock, RESPONSES, most=MOST_RESPONSES, seconds=KEPT_SECONDS
        )

    async def start(self) -> None:
        """Learn which responses are kept, and begin to hear of models."""
        await self._responses.load()
        self.spawn(self._hear(), "hear")

    async def state_cleared(self) -> None:
        """Forget the responses."""
        await self._responses.load()

    @action
    async def generate(self, request: GenerateRequest) -> Generation:
        """Generate by a model elsewhere; a note says why when none answered."""
        key = cache_key(request)
        kept = await self._responses.get(key) if key else None
        if kept is not None:
            self._answered["cache"] += 1
            return Generation.model_validate(kept).model_copy(update={"cached": True})
        generation = await self._generated(request)
        if key and generation.engine is Engine.SERVER:
            await self._responses.put(key, generation.model_dump(mode="json"))
        return generation

    @action
    async def check_status(self, request: m.CheckStatusRequest) -> m.ConnectorStatus:
        """Return which ways to a model are open, of one model or of all."""
        if request.model is not None and request.model not in self._models:
            message = f"nothing was told of a model {request.model!r}"
            raise ActionError(ErrorCode.NOT_FOUND, message, "model")
        server = self._engine.server
        health = await server.health() if server else None
        models = (self._models[name] for name in sorted(self._models))
        return m.ConnectorStatus(
            server_configured=server is not None,
            server_healthy=health is not None and health.is_healthy,
            server_models=health.models if health else (),
            problem=health.problem if health else "no model server: set MODEL_SERVER_URL",
            manager_serving=self._is_manager_serving(),
            circuit=self._manager.state.value,
            models=tuple(each for each in models if request.model in (None, each.model)),
            kept_responses=len(self._responses),
            answered=dict(self._answered),
        )

    @action
    async def model_status_update(self, request: m.ModelStatusUpdate) -> m.StatusTaken:
        """Take what became of a model somewhere."""
        self._note(request.model, request.backend, request.phase)
        return m.StatusTaken(models=len(self._models))

    async def _generated(self, request: GenerateRequest) -> Generation:
        reasons: list[str] = []
        if self._engine.server is not None:
            try:
                found = await self._engine.from_server(request, model=request.model)
                return self._counted("server", found)
            except ActionError as error:
                reasons.append(f"the model server failed ({error.code}: {error.message})")
        if self._is_manager_serving():
            try:
                found = await self._manager.call(lambda: self._ask_manager(request))
                return self._counted("manager", found)
            except ActionError as error:
                reasons.append(f"model_manager_agent failed ({error.code}: {error.message})")
        why = "".join(f"{reason}; " for reason in reasons)
        return self._counted("embedded", embedded(request, why))

    async def _ask_manager(self, request: GenerateRequest) -> Generation:
        return await self.peers.call(
            "model_manager_agent", "generate", request, Generation, timeout=MANAGER_SECONDS
        )

    async def _hear(self) -> None:
        async for delivery in self.peers.subscribe(MODEL_CHANGES):
            changed = delivery.event
            self._note(changed.model, changed.backend, changed.phase)

    def _note(self, model: str, backend: str, phase: ModelPhase) -> None:
        self._models.pop(model, None)
        at = self.clock.now()
        self._models[model] = m.ModelStatus(model=model, backend=backend, phase=phase, at=at)
        while len(self._models) > MOST_MODELS:
            del self._models[next(iter(self._models))]

    def _is_manager_serving(self) -> bool:
        records = self.peers.directory()
        return any(r.slug == "model_manager_agent" and r.phase.is_serving for r in records)

    def _counted(self, way: str, generation: Generation) -> Generation:
        self._answered[way] += 1
        return generation
