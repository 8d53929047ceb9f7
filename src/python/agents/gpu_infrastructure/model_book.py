"""
All models at a glance: what is loaded, what must go for another, and who is told of changes.

Backends are asked through model_sources. No text is generated here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from agents.gpu_infrastructure.model_sources import OWN, ModelSources
from common.contracts.models import ModelMemory, ModelPhase, ModelPicture, Task
from common.embedded_text import EMBEDDED_MODEL
from common.gpu_memory import DeviceMemory
from common.messages import ActionError, ErrorCode
from common.model_server import ModelServer

Pictures = dict[str, ModelPicture]
Tell = Callable[[ModelPicture, str], None]
"""Hears of each model whose phase changed, and why."""


class ModelBook:
    """Look at all models, load and unload them one at a time."""

    def __init__(self, sources: ModelSources, device: Callable[[], DeviceMemory], tell: Tell):
        self.sources = sources
        self._device = device
        self._tell = tell
        self._phases: dict[str, ModelPhase] = {}
        self._changing = asyncio.Lock()

    async def look(self, reason: str = "seen on its backend") -> Pictures:
        """Return every model by name, and tell of those that changed since the last look."""
        found = await self.sources.pictures()
        before, self._phases = self._phases, {name: each.phase for name, each in found.items()}
        for name, picture in found.items():
            changed = picture.phase is not before.get(name, ModelPhase.UNLOADED)
            if changed and name != EMBEDDED_MODEL:
                self._tell(picture, reason)
        return found

    async def find(self, model: str) -> ModelPicture:
        """Return one model, or raise ActionError(NOT_FOUND)."""
        return known(await self.look(), model)

    async def load(self, model: str) -> ModelPicture:
        """Load a model; those that idle longest make room for it."""
        async with self._changing:
            found = await self.look()
            wanted = known(found, model)
            if wanted.phase is ModelPhase.LOADED:
                return wanted
            await self._make_room(wanted, loaded(found))
            await self.sources.load(wanted)
            return known(await self.look("loaded on request"), model)

    async def unload(self, model: str) -> ModelPicture:
        """Have a model's backend let it go."""
        async with self._changing:
            await self.sources.unload(known(await self.look(), model))
            return known(await self.look("unloaded on request"), model)

    async def memory(self) -> ModelMemory:
        """Return how full the memory for models is: measured on a GPU, else accounted."""
        held = loaded(await self.look())
        device = self._device()
        used = max(device.used_mb, sum(picture.memory_mb for picture in held))
        return ModelMemory(
            device=device.device,
            total_mb=device.total_mb,
            used_mb=used,
            free_mb=max(0.0, device.total_mb - used),
            models=held,
        )

    async def _make_room(self, wanted: ModelPicture, held: tuple[ModelPicture, ...]) -> None:
        device = self._device()
        if wanted.memory_mb > device.total_mb:
            message = (
                f"expected a model of at most {device.total_mb:.1f} MB, "
                f"found {wanted.memory_mb:.1f} MB"
            )
            raise ActionError(ErrorCode.OVERLOADED, message, "model")
        used = max(device.used_mb, sum(picture.memory_mb for picture in held))
        for picture in sorted(held, key=lambda each: each.last_used_at):
            if used + wanted.memory_mb <= device.total_mb:
                return
            if picture.memory_mb > 0.0:
                await self.sources.unload(picture)
                used -= picture.memory_mb


def known(found: Pictures, model: str) -> ModelPicture:
    """Return one model, or raise ActionError(NOT_FOUND)."""
    if model not in found:
        message = f"expected one of {', '.join(list(found)[:20])}; found {model[:60]!r}"
        raise ActionError(ErrorCode.NOT_FOUND, message, "model")
    return found[model]


def loaded(found: Pictures) -> tuple[ModelPicture, ...]:
    """Return the models that are loaded, sorted by name."""
    return tuple(each for each in found.values() if each.phase is ModelPhase.LOADED)


def suited(found: Pictures, task: Task, server: ModelServer | None) -> ModelPicture:
    """Return the configured or a loaded model of the server that suits, else the embedded one."""
    usable = [
        each
        for each in found.values()
        if each.backend == OWN
        and each.model != EMBEDDED_MODEL
        and each.phase is not ModelPhase.FAILED
        and task in each.tasks
    ]
    if server is None or not usable:
        return found[EMBEDDED_MODEL]
    return min(
        usable,
        key=lambda each: (
            each.model != server.model,
            each.phase is not ModelPhase.LOADED,
            each.memory_mb,
            each.model,
        ),
    )
