"""Tests of TinyLlamaServiceEnhanced: there on demand, gone when idle, honest without a model."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from agents.utility_services.tiny_llama_service_enhanced import (
    MODEL,
    TinyLlamaConfiguration,
    TinyLlamaServiceEnhanced,
)
from common.contracts.models import Engine, ModelPhase
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness
from common.testing.model_server import SmallModelServer


def tiny(server: SmallModelServer, **fields: Any) -> AgentHarness[TinyLlamaServiceEnhanced]:
    """Return the agent over a server."""
    configuration = server.configuration_of(TinyLlamaConfiguration, **fields)
    return AgentHarness(TinyLlamaServiceEnhanced, configuration=configuration)


async def phase_of(agent: AgentHarness[TinyLlamaServiceEnhanced]) -> ModelPhase:
    """Return where the model is in its life."""
    found: ModelPhase = (await agent.call("resource_stats")).models[0].phase
    return found


async def test_it_loads_on_demand_and_goes_when_it_idles() -> None:
    """The first text loads it; after the idle time it is gone; the next text brings it back."""
    async with SmallModelServer() as server, tiny(server, idle_seconds=60) as agent:
        assert await phase_of(agent) is ModelPhase.UNLOADED
        text = await agent.call("generate", prompt="What is 6 * 7?")
        loaded = await phase_of(agent)
        await agent.clock.advance(50)
        await agent.call("generate", prompt="What is 6 * 7?")
        await agent.clock.advance(50)
        used = await phase_of(agent)
        await agent.clock.advance(30)
        idle = await phase_of(agent)

    assert (text.text, text.engine) == ("42", Engine.SERVER)
    assert (loaded, used, idle) == (ModelPhase.LOADED, ModelPhase.LOADED, ModelPhase.UNLOADED)


async def test_memory_is_accounted_while_it_is_loaded() -> None:
    """Loading twice counts once; unloading frees it, twice too."""
    async with SmallModelServer() as server, tiny(server, memory_mb=10) as agent:
        for _ in range(2):
            model = (await agent.call("ensure_loaded")).model
        stats = await agent.call("resource_stats")
        for _ in range(2):
            gone = (await agent.call("request_unload")).model

        assert (model.model, model.phase, model.memory_mb) == (MODEL, ModelPhase.LOADED, 10.0)
        assert stats.used_mb >= 10.0
        assert gone.phase is ModelPhase.UNLOADED
        assert len(server.requests) == 1


async def test_its_own_model_of_the_server_is_asked() -> None:
    """The operator may name another model of the server for it than for the others."""
    async with (
        SmallModelServer(models=("large", "tiny")) as server,
        tiny(server, server_model="tiny") as agent,
    ):
        text = await agent.call("generate", prompt="What is 6 * 7?")

        assert text.model == "tiny"
        assert {request.body["model"] for request in server.requests} == {"tiny"}


async def test_without_a_server_the_embedded_engine_says_so() -> None:
    """It answers by rules, takes no memory, and cannot be loaded."""
    async with AgentHarness(TinyLlamaServiceEnhanced) as agent:
        text = await agent.call("generate", prompt="What is 6 * 7?")
        stats = await agent.call("resource_stats")
        with pytest.raises(ActionError) as caught:
            await agent.call("ensure_loaded")

    assert (text.text, text.engine) == ("42", Engine.EMBEDDED)
    assert "MODEL_SERVER_URL" in text.note
    assert stats.models[0].phase is ModelPhase.FAILED
    assert caught.value.code is ErrorCode.UNAVAILABLE


async def test_a_failing_server_is_replaced_and_told() -> None:
    """The note and the picture say what is wrong."""
    async with SmallModelServer() as server, tiny(server) as agent:
        server.fail(503)
        text = await agent.call("generate", prompt="What is 6 * 7?")
        (model,) = (await agent.call("resource_stats")).models

    assert text.engine is Engine.EMBEDDED
    assert "503" in text.note
    assert (model.phase, "503" in model.detail) == (ModelPhase.UNLOADED, True)


async def test_it_does_not_go_while_it_answers() -> None:
    """Unloading is refused until the text is there."""
    async with SmallModelServer() as server, tiny(server) as agent:
        await agent.call("ensure_loaded")
        arrived, going_on = asyncio.Event(), asyncio.Event()

        async def wait(writer: asyncio.StreamWriter) -> None:
            arrived.set()
            await going_on.wait()
            writer.close()

        server.behave(wait)
        answering = asyncio.create_task(agent.call("generate", prompt="hello"))
        await arrived.wait()
        with pytest.raises(ActionError) as caught:
            await agent.call("request_unload")
        going_on.set()
        await answering

    assert caught.value.code is ErrorCode.CONFLICT


async def test_other_models_are_not_found() -> None:
    """It has one model only."""
    async with AgentHarness(TinyLlamaServiceEnhanced) as agent:
        assert (await agent.call("generate", prompt="2 + 2 =", model=MODEL)).text == "4"
        with pytest.raises(ActionError) as caught:
            await agent.call("generate", prompt="2 + 2 =", model="large")

    assert (caught.value.code, caught.value.field) == (ErrorCode.NOT_FOUND, "model")
