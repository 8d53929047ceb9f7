"""
Where models come from: the backends of the fleet, the configured server, and what was declared.

Here they are only asked and told; which model is wanted is decided elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from common.clock import Clock
from common.contracts.models import (
    ListModelsRequest,
    ModelMemory,
    ModelPhase,
    ModelPicture,
    ModelReply,
    ModelRequest,
    ModelsReply,
    Task,
)
from common.embedded_text import EMBEDDED_MODEL
from common.messages import ActionError, Empty, ErrorCode, Query
from common.model_catalogue import Declared
from common.model_server import ModelServer
from common.model_shelf import ModelShelf
from common.peers import Peers

GGUF: Final = "gguf_model_manager"
TINY: Final = "tiny_llama_service_enhanced"
OWN: Final = "model_manager_agent"
ASK_SECONDS: Final = 3.0
LOAD_SECONDS: Final = 30.0
SERVER_LIST_SECONDS: Final = 10.0
EMBEDDED_TASKS: Final = (Task.CHAT, Task.SUMMARY)


class ModelSources:
    """Ask every backend for its models; one that does not answer has none for now."""

    def __init__(
        self,
        peers: Peers,
        clock: Clock,
        server: ModelServer | None,
        shelf: ModelShelf,
        declared: Declared,
    ) -> None:
        self._peers = peers
        self._clock = clock
        self._server = server
        self._shelf = shelf
        self._declared = declared
        self._served: tuple[str, ...] = ()
        self._served_until = -1.0
        self.problems: dict[str, str] = {}

    async def pictures(self) -> dict[str, ModelPicture]:
        """Return every model by name; of two with one name that of the folder wins."""
        tiny, gguf, _ = await asyncio.gather(self._tiny(), self._gguf(), self._look_at_server())
        own = (self._of_server(name) for name in sorted({*self._served, *self._declared}))
        found = {picture.model: picture for picture in (*own, *tiny, *gguf)}
        found[EMBEDDED_MODEL] = ModelPicture(
            model=EMBEDDED_MODEL,
            backend=OWN,
            phase=ModelPhase.LOADED,
            tasks=EMBEDDED_TASKS,
            detail="rules that ship with the agent",
        )
        return dict(sorted(found.items()))

    async def load(self, picture: ModelPicture) -> None:
        """Load a model on its backend."""
        if picture.backend == GGUF:
            wanted = ModelRequest(model=picture.model)
            await self._peers.call(
                "gguf_model_manager", "load_model", wanted, ModelReply, timeout=LOAD_SECONDS
            )
        elif picture.backend == TINY:
            await self._peers.call(
                "tiny_llama_service_enhanced",
                "ensure_loaded",
                Empty(),
                ModelReply,
                timeout=LOAD_SECONDS,
            )
        elif picture.phase is ModelPhase.FAILED:
            raise ActionError(ErrorCode.UNAVAILABLE, picture.detail, "model")
        elif picture.model != EMBEDDED_MODEL:
            self._shelf.put(picture.model, picture.memory_mb)

    async def unload(self, picture: ModelPicture) -> None:
        """Have the backend of a model let it go."""
        if picture.backend == GGUF:
            wanted = ModelRequest(model=picture.model)
            await self._peers.call("gguf_model_manager", "unload_model", wanted, ModelReply)
        elif picture.backend == TINY:
            await self._peers.call(
                "tiny_llama_service_enhanced", "request_unload", Empty(), ModelReply
            )
        elif picture.model == EMBEDDED_MODEL:
            message = f"expected a model that takes memory, found {EMBEDDED_MODEL}"
            raise ActionError(ErrorCode.CONFLICT, message, "model")
        else:
            self._shelf.drop(picture.model)

    def _of_server(self, name: str) -> ModelPicture:
        memory_mb, tasks = self._declared.get(name, (0.0, tuple(Task)))
        held = self._shelf.find(name)
        is_served = name in self._served
        missing = "no model server is configured" if self._server is None else self._missing()
        phase = ModelPhase.LOADED if held else ModelPhase.UNLOADED
        return ModelPicture(
            model=name,
            backend=OWN,
            phase=phase if is_served else ModelPhase.FAILED,
            tasks=tasks,
            memory_mb=memory_mb,
            last_used_at=held.last_used_at if held else 0.0,
            uses=held.uses if held else 0,
            detail="on the model server" if is_served else missing,
        )

    def _missing(self) -> str:
        return self.problems.get("model_server") or "the model server does not have it"

    async def _look_at_server(self) -> None:
        if self._server is None or self._clock.monotonic() < self._served_until:
            return
        health = await self._server.health()
        self._served = health.models
        self._served_until = self._clock.monotonic() + SERVER_LIST_SECONDS
        self._note("model_server", health.problem)

    async def _gguf(self) -> tuple[ModelPicture, ...]:
        async def ask() -> tuple[ModelPicture, ...]:
            wanted = ListModelsRequest()
            found = await self._peers.call(
                "gguf_model_manager", "list_models", wanted, ModelsReply, timeout=ASK_SECONDS
            )
            return found.models

        return await self._asked(GGUF, ask)

    async def _tiny(self) -> tuple[ModelPicture, ...]:
        async def ask() -> tuple[ModelPicture, ...]:
            found = await self._peers.call(
                "tiny_llama_service_enhanced",
                "resource_stats",
                Query(),
                ModelMemory,
                timeout=ASK_SECONDS,
            )
            return found.models

        serving = any(r.slug == TINY and r.phase.is_serving for r in self._peers.directory())
        return await self._asked(TINY, ask) if serving else ()

    async def _asked(
        self, backend: str, ask: Callable[[], Awaitable[tuple[ModelPicture, ...]]]
    ) -> tuple[ModelPicture, ...]:
        try:
            found = await ask()
        except ActionError as error:
            self._note(backend, str(error))
            return ()
        self._note(backend, "")
        # A backend speaks for itself only: what it names as another's is not believed.
        return tuple(picture.model_copy(update={"backend": backend}) for picture in found)

    def _note(self, backend: str, problem: str) -> None:
        if problem:
            self.problems[backend] = problem
        else:
            self.problems.pop(backend, None)
