"""Tests of PredictiveLoader: it learns what follows, and asks for it in time."""

from __future__ import annotations

from typing import Any

import pytest

from agents.gpu_infrastructure.predictive_loader import PredictiveLoader
from common.contracts.models import ModelPhase, ModelPicture, ModelReply
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness


def loaded(request: Any) -> ModelReply:
    """Answer `load_model`."""
    return ModelReply(model=ModelPicture(model=request.model, backend="x", phase=ModelPhase.LOADED))


async def used(agent: AgentHarness[PredictiveLoader], *models: str) -> None:
    """Record uses, one a second, and let the preloading run."""
    for model in models:
        await agent.call("record_usage", model=model)
        await agent.clock.advance(1)


async def test_what_usually_follows_is_preloaded() -> None:
    """After hearing comes translating: the model of the second is asked for after the first."""
    async with AgentHarness(PredictiveLoader) as agent:
        agent.peers.answer("model_manager_agent", "load_model", loaded)
        await used(agent, "hear", "translate", "hear", "translate", "hear")
        forecasts = await agent.call("predict_models")
        status = await agent.call("get_preload_status")
        asked = agent.peers.calls_of("model_manager_agent", "load_model")

    assert forecasts.models[0].model == "translate"
    assert forecasts.models[0].reason == "follows hear"
    assert forecasts.uses == 5
    assert status.asked == {"translate": "loaded"}
    assert asked[-1].model == "translate"


async def test_nothing_is_known_at_first() -> None:
    """Without uses there are no forecasts and no preloading, also after a while."""
    async with AgentHarness(PredictiveLoader) as agent:
        forecasts = await agent.call("predict_models")
        await agent.clock.advance(300)

        assert forecasts.models == ()
        assert agent.peers.calls == []


async def test_what_was_learned_outlives_the_process() -> None:
    """The same forecasts come after a restart; clearing forgets them."""
    async with AgentHarness(PredictiveLoader) as agent:
        await used(agent, "a", "b", "a")
        before = await agent.call("predict_models")
        store, clock = agent.store, agent.clock
    async with AgentHarness(PredictiveLoader, store=store, clock=clock) as agent:
        after = await agent.call("predict_models")
        await agent.clear_state()
        cleared = await agent.call("predict_models")

    assert after == before
    assert cleared.models == ()


async def test_a_manager_that_refuses_is_noted() -> None:
    """A failed preload breaks nothing and is said."""
    async with AgentHarness(PredictiveLoader) as agent:
        agent.peers.fail("model_manager_agent", "load_model", ErrorCode.NOT_FOUND)
        await used(agent, "a", "b", "a")
        status = await agent.call("get_preload_status")

    assert status.asked["b"].startswith("not_found")


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("predict_models", {"limit": 0}),
        ("record_usage", {"model": "a b"}),
        ("record_usage", {"model": "a", "task": "dance"}),
        ("record_usage", {}),
    ],
)
async def test_malformed_requests_are_invalid(action: str, fields: dict[str, Any]) -> None:
    """Names, tasks and limits are checked."""
    async with AgentHarness(PredictiveLoader) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call(action, **fields)

    assert caught.value.code is ErrorCode.INVALID
