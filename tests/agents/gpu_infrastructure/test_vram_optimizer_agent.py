"""Tests of VRAMOptimizerAgent: what goes when memory is short, and what stays."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.gpu_infrastructure.idle_models import must_go
from agents.gpu_infrastructure.vram_messages import VRAMOptimizerConfiguration
from agents.gpu_infrastructure.vram_optimizer_agent import VRAMOptimizerAgent
from common.contracts.models import (
    MODEL_CHANGES,
    ModelChanged,
    ModelMemory,
    ModelPhase,
    ModelPicture,
    ModelReply,
)
from common.contracts.twin import VramUpdated
from common.facts import AgentFacts
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness
from common.testing.harness import facts_of

MANAGER = "model_manager_agent"


def picture(model: str, memory_mb: float, last_used_at: float = 0.0) -> ModelPicture:
    """Return a loaded model."""
    return ModelPicture(
        model=model,
        backend="gguf_model_manager",
        phase=ModelPhase.LOADED,
        memory_mb=memory_mb,
        last_used_at=last_used_at,
    )


def memory_of(*models: ModelPicture, total: float = 100.0) -> ModelMemory:
    """Return how full a device is with these models."""
    used = sum(model.memory_mb for model in models)
    return ModelMemory(
        device="cpu", total_mb=total, used_mb=used, free_mb=max(0.0, total - used), models=models
    )


class Manager:
    """Hold models, as ModelManagerAgent does."""

    def __init__(self, *models: ModelPicture) -> None:
        self.models = {model.model: model for model in models}

    def memory(self, request: Any) -> ModelMemory:
        """Answer `get_memory_status`."""
        return memory_of(*self.models.values())

    def unload(self, request: Any) -> ModelReply:
        """Answer `unload_model`."""
        gone = self.models.pop(request.model)
        return ModelReply(model=gone.model_copy(update={"phase": ModelPhase.UNLOADED}))


def facts() -> AgentFacts:
    """Return the facts; the slug does not follow from the name."""
    return facts_of(VRAMOptimizerAgent, slug="vram_optimizer_agent")


def watching(manager: Manager, **fields: Any) -> AgentHarness[VRAMOptimizerAgent]:
    """Return the agent over a manager."""
    configuration = VRAMOptimizerConfiguration.model_validate(fields)
    harness = AgentHarness(VRAMOptimizerAgent, facts=facts(), configuration=configuration)
    harness.peers.answer(MANAGER, "get_memory_status", manager.memory)
    harness.peers.answer(MANAGER, "unload_model", manager.unload)
    harness.peers.answer(
        "system_digital_twin",
        "update_vram_metrics",
        lambda request: VramUpdated(device=request.device, free=request.total - request.used),
    )
    return harness


async def test_nothing_goes_while_there_is_room() -> None:
    """Below the threshold and in use, all stay; the twin is told in bytes."""
    manager = Manager(picture("a", 40.0), picture("b", 40.0))
    async with watching(manager) as agent:
        status = await agent.call("optimize")
        told = agent.peers.calls_of("system_digital_twin", "update_vram_metrics")[-1]

    assert (status.used_share, status.unloads, status.problem) == (0.8, (), "")
    assert sorted(manager.models) == ["a", "b"]
    assert (told.total, told.used) == (100 * 1024**2, 80 * 1024**2)


async def test_the_longest_idle_goes_when_memory_is_short() -> None:
    """Of three models only as many go as must, the one that was not used longest first."""
    manager = Manager()
    async with watching(manager, threshold=0.8) as agent:
        for model in ("b", "c", "a"):
            await agent.call("track_model_usage", model=model)
            await agent.clock.advance(1)
        for model, memory_mb in (("a", 40.0), ("b", 30.0), ("c", 25.0)):
            manager.models[model] = picture(model, memory_mb)
        status = await agent.call("optimize")

    assert [each.model for each in status.unloads] == ["b"]
    assert sorted(manager.models) == ["a", "c"]
    assert status.used_share == 0.65


async def test_a_loaded_model_is_looked_at_at_once() -> None:
    """An event is enough; nobody waits for the next round."""
    manager = Manager(picture("a", 50.0, 1.0))
    async with watching(manager, interval_seconds=3_600, idle_seconds=0) as agent:
        await agent.clock.settle()
        manager.models["b"] = picture("b", 50.0, 2.0)
        changed = ModelChanged(
            model="b", backend="gguf_model_manager", phase=ModelPhase.LOADED, at=0.0
        )
        agent.peers.happen(MODEL_CHANGES, changed)
        await agent.clock.settle()

    assert sorted(manager.models) == ["b"]


async def test_what_idles_too_long_goes_at_any_rate() -> None:
    """After the timeout a model goes though there is room; use puts it off."""
    manager = Manager(picture("a", 10.0), picture("b", 10.0))
    async with watching(manager, idle_seconds=60, interval_seconds=10) as agent:
        await agent.clock.advance(50)
        await agent.call("track_model_usage", model="b")
        await agent.clock.advance(30)
        assert sorted(manager.models) == ["b"]
        await agent.call("set_idle_timeout", seconds=0)
        await agent.clock.advance(1_000)

    assert sorted(manager.models) == ["b"]


async def test_settings_outlive_the_process() -> None:
    """Threshold and timeout are taken up again; clearing goes back to the operator's."""
    async with watching(Manager()) as agent:
        await agent.call("set_vram_threshold", threshold=0.5)
        await agent.call("set_idle_timeout", seconds=7)
        store = agent.store
    async with AgentHarness(VRAMOptimizerAgent, facts=facts(), store=store) as agent:
        kept = await agent.call("get_vram_status")
        await agent.clear_state()
        cleared = await agent.call("get_vram_status")

    assert (kept.threshold, kept.idle_seconds) == (0.5, 7.0)
    assert (cleared.threshold, cleared.idle_seconds) == (0.85, 900.0)


async def test_a_manager_that_is_away_or_refuses_is_told() -> None:
    """Problems are in the status; a refused unload is in the list with its reason."""
    manager = Manager(picture("a", 50.0), picture("b", 50.0))
    async with watching(manager) as agent:
        agent.peers.fail(MANAGER, "unload_model", ErrorCode.CONFLICT)
        refused = await agent.call("optimize")
        agent.peers.forget(MANAGER, "get_memory_status")
        away = await agent.call("optimize")

    assert refused.unloads[0].problem.startswith("conflict")
    assert "unavailable" in away.problem
    assert away.memory is not None


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("set_vram_threshold", {"threshold": 0}),
        ("set_vram_threshold", {"threshold": 1.5}),
        ("set_vram_threshold", {"threshold": "full"}),
        ("set_idle_timeout", {"seconds": -1}),
        ("track_model_usage", {"model": ""}),
    ],
)
async def test_settings_out_of_bounds_are_invalid(action: str, fields: dict[str, Any]) -> None:
    """Shares are above 0 and at most 1, times are not negative."""
    async with watching(Manager()) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call(action, **fields)

    assert caught.value.code is ErrorCode.INVALID


@given(
    st.lists(st.tuples(st.floats(0.1, 50), st.floats(0, 1_000)), max_size=8),
    st.floats(0.1, 1.0),
)
def test_only_what_must_go_goes(given_models: list[tuple[float, float]], threshold: float) -> None:
    """Those that go are the longest idle, never the one used last, and no more than needed."""
    models = [picture(f"m{n}", mb, at) for n, (mb, at) in enumerate(given_models)]
    memory = memory_of(*models)
    found = must_go(memory, {}, 1_000.0, threshold=threshold, idle_seconds=0.0)
    going = [model for model, _ in found]
    staying = [model for model in models if model not in going]

    assert all(a.last_used_at <= b.last_used_at for a in going for b in staying)
    assert not models or staying
    if going:
        before_last = memory.used_mb - sum(model.memory_mb for model in going[:-1])
        assert before_last > threshold * memory.total_mb
    if len(staying) > 1:
        assert sum(model.memory_mb for model in staying) <= threshold * memory.total_mb + 1e-6
