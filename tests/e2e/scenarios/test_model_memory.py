"""Scenario: model memory runs short, and the optimiser unloads the idle one."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.agents.gpu_infrastructure.gguf_files import write_gguf

from agents.gpu_infrastructure.vram_messages import VramStatus
from common.contracts.models import (
    MODEL_CHANGES,
    GenerateRequest,
    Generation,
    ModelMemory,
    ModelPhase,
    ModelReply,
    ModelRequest,
)
from common.contracts.twin import TwinMetrics
from common.messages import Empty, Query
from fleet.testing.household import Household, household

AGENTS = (
    "system_digital_twin",
    "gguf_model_manager",
    "model_manager_agent",
    "vram_optimizer_agent",
)
FILE_BYTES = 400_000
MANAGER = "model_manager_agent"


async def unloaded(home: Household, listening: asyncio.Event) -> str:
    """Return the next model that is unloaded."""
    listening.set()
    async for delivery in home.peers.subscribe(MODEL_CHANGES):
        if delivery.event.phase is ModelPhase.UNLOADED:
            return delivery.event.model
    raise AssertionError("subscriptions do not end")


async def test_the_idle_model_goes_when_memory_is_short(tmp_path: Path) -> None:
    """Two of three models fit: the one that was used stays, the one that idles is unloaded."""
    models = tmp_path / "models"
    for name in ("first", "second", "third"):
        write_gguf(models, name, FILE_BYTES)
    environ = {
        "GGUF_MODEL_MANAGER__FOLDER": str(models),
        "GGUF_MODEL_MANAGER__BUDGET_MB": "2",
        "MODEL_MANAGER_AGENT__BUDGET_MB": "1.5",
        "VRAM_OPTIMIZER_AGENT__THRESHOLD": "0.7",
        "VRAM_OPTIMIZER_AGENT__INTERVAL_SECONDS": "0.5",
    }
    async with household(tmp_path, *AGENTS, environ=environ) as home:
        listening = asyncio.Event()
        gone = asyncio.create_task(unloaded(home, listening))
        await listening.wait()
        for name in ("first", "second"):
            await home.call(MANAGER, "load_model", ModelRequest(model=name), ModelReply)
        asked = GenerateRequest(prompt="What is 6 * 7?", model="first")
        answer = await home.call(MANAGER, "generate", asked, Generation)
        await home.call(MANAGER, "load_model", ModelRequest(model="third"), ModelReply)
        async with asyncio.timeout(10):
            model = await gone
        memory = await home.call(MANAGER, "get_memory_status", Query(), ModelMemory)
        status = await home.call("vram_optimizer_agent", "optimize", Empty(), VramStatus)
        metrics = await home.call("system_digital_twin", "get_metrics", Query(), TwinMetrics)

    assert answer.text == "42"
    assert model == "second"
    assert {held.model for held in memory.models if held.memory_mb} == {"first", "third"}
    assert status.unloads[0].model == "second"
    assert status.used_share <= 0.7
    assert metrics.vram[0].source == "vram_optimizer_agent"
