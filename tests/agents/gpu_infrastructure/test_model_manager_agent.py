"""Tests of ModelManagerAgent: catalogue, memory, choice, text, cache and conversations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.agents.gpu_infrastructure.gguf_files import write_gguf

from agents.gpu_infrastructure.gguf_model_manager import (
    GGUFModelManager,
    GGUFModelManagerConfiguration,
)
from agents.gpu_infrastructure.model_manager_agent import ModelManagerAgent
from common.contracts.models import (
    MODEL_CHANGES,
    Engine,
    Generation,
    ModelForecasts,
    ModelMemory,
    ModelPhase,
    ModelPicture,
    ModelReply,
    ModelsReply,
)
from common.contracts.registry import AgentRecord
from common.embedded_text import EMBEDDED_MODEL
from common.lifecycle import Phase
from common.messages import ActionError, Done, ErrorCode, Reply, Request
from common.model_catalogue import ModelCatalogueConfiguration
from common.state.store import OwnedStore
from common.testing import AgentHarness, FakeClock
from common.testing.model_server import SmallModelServer

MODELS = ("small=400:chat+summary", "large=800:chat+reasoning")


def record_of(slug: str) -> AgentRecord:
    """Return the directory's record of a peer that serves."""
    return AgentRecord(
        slug=slug, instance="one", endpoint="tcp://127.0.0.1:1", health_endpoint="",
        phase=Phase.READY, machine="mainpc", group="", since=0.0,
    )  # fmt: skip


def managing(
    server: SmallModelServer | None = None,
    store: OwnedStore | None = None,
    clock: FakeClock | None = None,
    **fields: Any,
) -> AgentHarness[ModelManagerAgent]:
    """Return the agent, with a server and a folder of GGUF models that is empty."""
    told = {"budget_mb": 1_000.0, "models": MODELS} | fields
    if server is None:
        configuration = ModelCatalogueConfiguration.model_validate(told)
    else:
        configuration = server.configuration_of(ModelCatalogueConfiguration, **told)
    harness = AgentHarness(ModelManagerAgent, configuration=configuration, store=store, clock=clock)
    harness.peers.answer("gguf_model_manager", "list_models", lambda _: ModelsReply(models=()))
    return harness


def forwarded(
    agent: AgentHarness[GGUFModelManager], action: str
) -> Callable[[Request], Awaitable[Reply]]:
    """Answer a peer's action by a real agent."""

    async def ask(request: Request) -> Reply:
        reply: Reply = await agent.call(action, **dict(request))
        return reply

    return ask


async def test_every_backend_tells_its_models() -> None:
    """Models of the server, of the folder, the small one and the embedded one are listed."""
    gguf = ModelPicture(model="folder", backend="x", phase=ModelPhase.LOADED, memory_mb=5.0)
    tiny = ModelPicture(model="tiny-llama", backend="x", phase=ModelPhase.UNLOADED)
    async with (
        SmallModelServer(models=("small", "other")) as server,
        managing(server) as agent,
    ):
        agent.peers.know(record_of("tiny_llama_service_enhanced"))
        agent.peers.answer(
            "gguf_model_manager", "list_models", lambda _: ModelsReply(models=(gguf,))
        )
        agent.peers.answer(
            "tiny_llama_service_enhanced",
            "resource_stats",
            lambda _: ModelMemory(
                device="cpu", total_mb=9.0, used_mb=0.0, free_mb=9.0, models=(tiny,)
            ),
        )
        found = await agent.call("get_all_models")
        status = await agent.call("get_model_status", model="large")

    backends = {model.model: model.backend for model in found.models}
    assert backends == {
        EMBEDDED_MODEL: "model_manager_agent",
        "folder": "gguf_model_manager",
        "large": "model_manager_agent",
        "other": "model_manager_agent",
        "small": "model_manager_agent",
        "tiny-llama": "tiny_llama_service_enhanced",
    }
    assert found.problems == {}
    assert (status.model.phase, status.model.memory_mb) == (ModelPhase.FAILED, 800.0)


async def test_backends_that_fail_are_named() -> None:
    """Without GGUF manager and server, the rest is told, with what is wrong."""
    async with SmallModelServer(models=("small",)) as server, managing(server) as agent:
        server.fail(500)
        agent.peers.fail("gguf_model_manager", "list_models", ErrorCode.TIMEOUT)
        found = await agent.call("get_all_models")

    assert set(found.problems) == {"gguf_model_manager", "model_server"}
    assert EMBEDDED_MODEL in [model.model for model in found.models]


async def test_loading_keeps_to_the_budget_and_is_told() -> None:
    """A model that does not fit beside another makes it go; both changes are events."""
    async with SmallModelServer(models=("small", "large")) as server, managing(server) as agent:
        await agent.call("load_model", model="small")
        await agent.clock.advance(1)
        await agent.call("load_model", model="large")
        memory = await agent.call("get_memory_status")
        loaded = await agent.call("get_loaded_models_status")
        told = [(each.model, each.phase) for each in agent.published(MODEL_CHANGES)]

    assert (memory.total_mb, memory.used_mb, memory.free_mb) == (1_000.0, 800.0, 200.0)
    assert [model.model for model in loaded.models] == [EMBEDDED_MODEL, "large"]
    assert told[-2:] == [("large", ModelPhase.LOADED), ("small", ModelPhase.UNLOADED)]


@pytest.mark.parametrize(
    ("action", "model", "code"),
    [
        ("load_model", "nobody", ErrorCode.NOT_FOUND),
        ("unload_model", "nobody", ErrorCode.NOT_FOUND),
        ("get_model_status", "nobody", ErrorCode.NOT_FOUND),
        ("load_model", "large", ErrorCode.UNAVAILABLE),
        ("load_model", "huge", ErrorCode.OVERLOADED),
        ("unload_model", EMBEDDED_MODEL, ErrorCode.CONFLICT),
        ("load_model", "a b", ErrorCode.INVALID),
    ],
)
async def test_what_cannot_be_done_is_refused(action: str, model: str, code: ErrorCode) -> None:
    """Unknown models, ones that the server has not, and ones that never fit are told apart."""
    async with (
        SmallModelServer(models=("small", "huge")) as server,
        managing(server, models=(*MODELS, "huge=9999")) as agent,
    ):
        with pytest.raises(ActionError) as caught:
            await agent.call(action, model=model)

    assert (caught.value.code, caught.value.field) == (code, "model")


async def test_a_gguf_model_is_loaded_and_asked_on_its_backend(tmp_path: Path) -> None:
    """Together with the real GGUF manager: load, generate, unload."""
    write_gguf(tmp_path, "folder", 100_000)
    configuration = GGUFModelManagerConfiguration.model_validate({"folder": str(tmp_path)})
    async with (
        AgentHarness(GGUFModelManager, configuration=configuration) as gguf,
        managing(models=()) as agent,
    ):
        for action in ("list_models", "load_model", "unload_model", "generate_text"):
            agent.peers.answer("gguf_model_manager", action, forwarded(gguf, action))
        loaded = (await agent.call("load_model", model="folder")).model
        text = await agent.call("generate", model="folder", prompt="What is 6 * 7?")
        memory = await agent.call("get_memory_status")
        gone = (await agent.call("unload_model", model="folder")).model

    assert (loaded.phase, loaded.backend) == (ModelPhase.LOADED, "gguf_model_manager")
    assert (text.text, text.engine) == ("42", Engine.EMBEDDED)
    assert memory.used_mb == pytest.approx(loaded.memory_mb)
    assert gone.phase is ModelPhase.UNLOADED


async def test_the_small_model_is_driven_by_its_own_actions() -> None:
    """TinyLlama is loaded, asked and let go by its own names for that."""
    tiny = ModelPicture(model="tiny-llama", backend="x", phase=ModelPhase.UNLOADED, memory_mb=700.0)
    reply = ModelReply(model=tiny)
    memory = ModelMemory(device="cpu", total_mb=1.0, used_mb=0.0, free_mb=1.0, models=(tiny,))
    slug = "tiny_llama_service_enhanced"
    async with managing(models=()) as agent:
        agent.peers.know(record_of(slug))
        agent.peers.answer(slug, "resource_stats", lambda _: memory)
        agent.peers.answer(slug, "ensure_loaded", lambda _: reply)
        agent.peers.answer(slug, "request_unload", lambda _: reply)
        agent.peers.answer(slug, "generate", lambda _: Generation(text="hi", model="tiny-llama"))
        await agent.call("load_model", model="tiny-llama")
        await agent.call("unload_model", model="tiny-llama")
        text = await agent.call("generate", model="tiny-llama", prompt="hello")

        assert text.text == "hi"
        assert len(agent.peers.calls_of(slug, "ensure_loaded")) == 1
        assert len(agent.peers.calls_of(slug, "request_unload")) == 1


async def test_the_task_picks_the_model() -> None:
    """Of the server's models one that is good at the task is loaded and asked."""
    async with (
        SmallModelServer(models=("small", "large")) as server,
        managing(server) as agent,
    ):
        text = await agent.call("generate", prompt="What is 6 * 7?", task="reasoning")
        chat = await agent.call("generate", prompt="What is 6 * 8?", task="chat")
        code = await agent.call("generate", prompt="What is 6 * 9?", task="code_generation")

    assert (text.text, text.model) == ("42", "large")
    assert (chat.text, chat.model) == ("48", "small")
    assert (code.text, code.engine) == ("54", Engine.SERVER)


async def test_a_failing_server_is_replaced_honestly() -> None:
    """The embedded engine answers; the note says which engine it is and what went wrong."""
    async with SmallModelServer(models=("small",)) as server, managing(server) as agent:
        await agent.call("load_model", model="small")
        server.fail(503)
        found = await agent.call("generate", prompt="What is 6 * 7?", model="small")
        again = await agent.call("generate", prompt="What is 6 * 7?", model="small")

    assert (found.text, found.engine) == ("42", Engine.EMBEDDED)
    assert "503" in found.note
    assert again.cached is False


async def test_answers_of_a_model_are_cached_for_an_hour() -> None:
    """The same request is answered from the cache, over a restart, and not by chance."""
    async with SmallModelServer(models=("small",)) as server:
        async with managing(server) as agent:
            first = await agent.call("generate", prompt="What is 6 * 7?")
            store, clock = agent.store, agent.clock
        async with managing(server, store=store, clock=clock) as agent:
            second = await agent.call("generate", prompt="What is 6 * 7?")
            for _ in range(2):
                hot = await agent.call("generate", prompt="What is 6 * 7?", temperature=1.5)
            await clock.advance(3_601)
            late = await agent.call("generate", prompt="What is 6 * 7?")

    assert [each.cached for each in (first, second, hot, late)] == [False, True, False, False]


async def test_others_keep_their_answers_here() -> None:
    """What is brought is found again by prompt and model until it expires."""
    async with managing() as agent:
        kept = await agent.call("cache_response", prompt="hi", response="hello", seconds=60)
        found = await agent.call("get_cached_response", prompt="hi")
        other = await agent.call("get_cached_response", prompt="hi", model="small")
        await agent.clock.advance(61)
        late = await agent.call("get_cached_response", prompt="hi")

    assert kept.kept == 1
    assert (found.found, found.response) == (True, "hello")
    assert (other.found, late.found) == (False, False)


async def test_a_conversation_is_remembered_until_it_is_cleared() -> None:
    """The server sees the turns before; after clearing it sees none."""
    async with SmallModelServer(models=("small",)) as server, managing(server) as agent:
        for prompt in ("repeat: one", "repeat: two"):
            await agent.call("generate", prompt=prompt, conversation_id="c 1 \N{SNOWMAN}")
        seen = [message["content"] for message in server.requests[-1].messages]
        cleared = await agent.call("clear_conversation", conversation_id="c 1 \N{SNOWMAN}")
        again = await agent.call("clear_conversation", conversation_id="c 1 \N{SNOWMAN}")
        await agent.call("generate", prompt="repeat: three", conversation_id="c 1 \N{SNOWMAN}")

        assert seen == ["repeat: one", "one", "repeat: two"]
        assert (cleared.cleared, again.cleared) == (True, False)
        assert len(server.requests[-1].messages) == 1


async def test_a_named_model_that_is_away_is_replaced_honestly() -> None:
    """Without a server a declared model is answered for by the embedded engine."""
    async with managing() as agent:
        found = await agent.call("generate", prompt="What is 6 * 7?", model="large")

    assert (found.text, found.engine) == ("42", Engine.EMBEDDED)
    assert found.note.startswith("large cannot be used (no model server")


async def test_who_follows_use_hears_of_it() -> None:
    """Each use of a model is told to the optimiser and the loader, when they are there."""
    async with SmallModelServer(models=("small",)) as server, managing(server) as agent:
        agent.peers.know(record_of("vram_optimizer_agent"), record_of("predictive_loader"))
        agent.peers.answer("vram_optimizer_agent", "track_model_usage", lambda _: Done())
        agent.peers.answer("predictive_loader", "record_usage", lambda _: ModelForecasts(models=()))
        await agent.call("generate", prompt="What is 6 * 7?")
        await agent.clock.settle()
        (used,) = agent.peers.calls_of("vram_optimizer_agent", "track_model_usage")
        (recorded,) = agent.peers.calls_of("predictive_loader", "record_usage")

        assert (used.model, recorded.model) == ("small", "small")


@pytest.mark.parametrize("text", ["phi", "phi=", "=3", "phi=x", "phi=3:dance", "phi=-1", "p=1.2.3"])
def test_declarations_that_cannot_be_read_are_refused(text: str) -> None:
    """An operator's mistake is told when the agent starts."""
    with pytest.raises(ValueError, match="expected NAME=MB"):
        ModelCatalogueConfiguration.model_validate({"models": (text,)})
