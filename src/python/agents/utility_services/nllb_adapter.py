"""
NLLBAdapter: neural translation by the model of a configured server.

The model is taken when it is needed and let go of when it idles; without a server the embedded
rules answer and say so. Prompts and rules are those of common.translation.
"""

from __future__ import annotations

import asyncio
from typing import Final

from pydantic import Field

from common.agent import Agent, action
from common.circuit import CircuitBreaker
from common.contracts.models import ModelChanged, ModelPhase, ModelPicture, ModelReply, Task
from common.contracts.translation import TranslateRequest, Translation
from common.messages import ActionError, Empty, ErrorCode, Query, Topic
from common.model_server import Completion, ModelServer, ModelServerConfiguration
from common.translation.identification import UNDETERMINED, identify
from common.translation.instruction import NAMES, generation_of
from common.translation.rules import RuleEngine

CONFIDENCE: Final = 0.9
LOOK_SECONDS: Final = 15.0
NO_SERVER: Final = "no model server is configured: the embedded rules translated"


class NLLBConfiguration(ModelServerConfiguration):
    """Say which model translates, and how long it is kept without work."""

    translation_model: str = Field(default="", max_length=200)  # empty: the server's own
    idle_seconds: float = Field(default=300.0, ge=1.0, le=86_400.0)
    memory_mb: float = Field(default=0.0, ge=0.0, le=1_000_000.0)


ADAPTER_CHANGES: Final = Topic("nllb_adapter", "model_changes", ModelChanged)


class NLLBAdapter(Agent):
    """Translate by a neural model that loads and unloads itself."""

    configuration = NLLBConfiguration
    topics = (ADAPTER_CHANGES,)

    async def start(self) -> None:
        """Begin to look for a model that idles; nothing is loaded yet."""
        self._settings = self.configured(NLLBConfiguration)
        self._server: ModelServer | None = None
        self._circuit = CircuitBreaker(clock=self.clock)
        self._rules = RuleEngine()
        self._loading = asyncio.Lock()
        self._phase = ModelPhase.UNLOADED
        self._last_used = 0.0
        self._uses = 0
        self._running = 0
        self._detail = ""
        self.spawn(self._free_when_idle(), "free idle model")

    @action
    async def translate(self, request: TranslateRequest) -> Translation:
        """Translate by the model, or by the rules when there is none."""
        source = request.source_language or await self._detect(request.text)
        target = request.target_language
        if source == target or not request.text.strip():
            return Translation(
                text=request.text, source_language=source, target_language=target,
                engine="none", confidence=1.0,
            )  # fmt: skip
        try:
            return await self._circuit.call(lambda: self._by_model(request.text, source, target))
        except ActionError as error:
            return await self._embedded(request.text, source, target, error)

    @action
    async def get_model_status(self, request: Query) -> ModelReply:
        """Say whether the model is loaded and when it was last used."""
        return ModelReply(model=self._picture())

    @action
    async def load_model(self, request: Empty) -> ModelReply:
        """Load the model before it is needed."""
        await self._load()
        return ModelReply(model=self._picture())

    @action
    async def unload_model(self, request: Empty) -> ModelReply:
        """Let go of the model, unless it is at work."""
        if self._running:
            raise ActionError(ErrorCode.CONFLICT, f"{self._running} translations are running")
        self._unload("asked to")
        return ModelReply(model=self._picture())

    async def _detect(self, text: str) -> str:
        found = await asyncio.to_thread(identify, text)
        if found.language == UNDETERMINED and text.strip():
            message = "expected a text in a language, or source_language"
            raise ActionError(ErrorCode.INVALID, message, "text")
        return found.language

    async def _by_model(self, text: str, source: str, target: str) -> Translation:
        server = await self._load()
        self._running += 1
        try:
            answer = await self._ask(server, text, source, target)
        finally:
            self._running -= 1
            self._last_used = self.clock.now()
        self._uses += 1
        if not answer.text.strip():
            raise ActionError(ErrorCode.INTERNAL, "the model translated to nothing")
        return Translation(
            text=answer.text.strip(), source_language=source, target_language=target,
            engine=f"server/{answer.model}"[:200], confidence=CONFIDENCE,
        )  # fmt: skip

    async def _ask(self, server: ModelServer, text: str, source: str, target: str) -> Completion:
        wanted = generation_of(text, source, target)
        return await server.ask(
            wanted.prompt,
            system=wanted.system,
            model=self._settings.translation_model or None,
            max_tokens=wanted.max_tokens,
            temperature=wanted.temperature,
        )

    async def _embedded(
        self, text: str, source: str, target: str, error: ActionError
    ) -> Translation:
        if not self._rules.translates(source, target):
            pair = f"{NAMES.get(source, source)} to {NAMES.get(target, target)}"
            message = f"{error.message}, and the embedded rules do not translate {pair}"
            raise ActionError(ErrorCode.UNAVAILABLE, message) from error
        rendering = await asyncio.to_thread(self._rules.translate, text, source, target)
        failed = f"the model failed ({error.message}): the embedded rules translated"
        return Translation(
            text=rendering.text, source_language=source, target_language=target,
            engine=self._rules.name, confidence=rendering.confidence,
            unknown_words=rendering.unknown_words,
            note=failed if self._settings.url else NO_SERVER,
        )  # fmt: skip

    async def _load(self) -> ModelServer:
        async with self._loading:
            if self._server is not None:
                return self._server
            server = ModelServer.from_configuration(self._settings)
            if server is None:
                raise ActionError(ErrorCode.UNAVAILABLE, "no model server: set MODEL_SERVER_URL")
            self._change(ModelPhase.LOADING, "needed")
            health = await server.health()
            if not health.is_healthy:
                self._change(ModelPhase.FAILED, health.problem)
                raise ActionError(ErrorCode.UNAVAILABLE, health.problem)
            self._server, self._last_used = server, self.clock.now()
            self._change(ModelPhase.LOADED, "needed")
            return server

    def _unload(self, reason: str) -> None:
        if self._server is not None:
            self._server = None
            self._change(ModelPhase.UNLOADED, reason)

    def _change(self, phase: ModelPhase, reason: str) -> None:
        self._phase, self._detail = phase, reason
        self.events.publish(
            ADAPTER_CHANGES,
            ModelChanged(
                model=self._name(), backend=self.facts.slug, phase=phase, reason=reason,
                at=self.clock.now(),
            ),
        )  # fmt: skip

    async def _free_when_idle(self) -> None:
        while True:
            await self.clock.sleep(min(LOOK_SECONDS, self._settings.idle_seconds))
            idle = self.clock.now() - self._last_used
            if not self._running and idle >= self._settings.idle_seconds:
                self._unload(f"idle for {idle:.0f} s")

    def _name(self) -> str:
        return self._settings.translation_model or self._settings.model or "default"

    def _picture(self) -> ModelPicture:
        is_loaded = self._phase is ModelPhase.LOADED
        return ModelPicture(
            model=self._name(), backend=self.facts.slug, phase=self._phase,
            tasks=(Task.TRANSLATION,), last_used_at=self._last_used, uses=self._uses,
            memory_mb=self._settings.memory_mb if is_loaded else 0.0,
            detail=self._detail or ("" if self._settings.url else NO_SERVER),
        )  # fmt: skip
