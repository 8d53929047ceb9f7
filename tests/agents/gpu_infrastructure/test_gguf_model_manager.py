"""Tests of GGUFModelManager: files, memory, and the text of their models."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.agents.gpu_infrastructure.gguf_files import write_gguf

from agents.gpu_infrastructure.gguf_model_manager import (
    GGUFModelManager,
    GGUFModelManagerConfiguration,
)
from common.contracts.models import Engine, ModelPhase
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness
from common.testing.model_server import SmallModelServer

HALF_MB = 512 * 1024


def managing(folder: Path, **fields: object) -> AgentHarness[GGUFModelManager]:
    """Return the agent over a folder."""
    told = {"folder": str(folder), "budget_mb": 1.5} | fields
    configuration = GGUFModelManagerConfiguration.model_validate(told)
    return AgentHarness(GGUFModelManager, configuration=configuration)


async def test_models_of_the_folder_are_listed(tmp_path: Path) -> None:
    """Sound files are models, broken ones say why, links and other files are none."""
    write_gguf(tmp_path, "llama-code")
    (tmp_path / "broken.gguf").write_bytes(b"GGUF")
    (tmp_path / "notes.txt").write_text("hello")
    async with managing(tmp_path) as agent:
        broken, sound = (await agent.call("list_models")).models
        loaded = (await agent.call("list_models", loaded_only=True)).models

    assert (broken.model, broken.phase) == ("broken", ModelPhase.FAILED)
    assert "end of the file" in broken.detail
    assert (sound.model, sound.phase, "code_generation" in sound.tasks) == (
        "llama-code", ModelPhase.UNLOADED, True,
    )  # fmt: skip
    assert sound.memory_mb > 0.0
    assert loaded == ()


async def test_without_a_folder_there_are_no_models() -> None:
    """A folder that does not exist has no models, and that is no error."""
    async with AgentHarness(GGUFModelManager) as agent:
        assert (await agent.call("list_models")).models == ()


async def test_loading_accounts_memory_and_makes_room(tmp_path: Path) -> None:
    """What idles longest goes when a third model does not fit beside two."""
    for name in ("a", "b", "c"):
        write_gguf(tmp_path, name, HALF_MB)
    async with managing(tmp_path) as agent:
        for name in ("a", "b"):
            await agent.call("load_model", model=name)
            await agent.clock.advance(1)
        await agent.call("generate_text", model="a", prompt="hello")
        await agent.clock.advance(1)
        loaded = (await agent.call("load_model", model="c")).model
        models = (await agent.call("list_models", loaded_only=True)).models

        assert loaded.phase is ModelPhase.LOADED
        assert [model.model for model in models] == ["a", "c"]
        assert sum(model.memory_mb for model in models) <= 1.5

        gone = (await agent.call("unload_model", model="a")).model
        assert gone.phase is ModelPhase.UNLOADED


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("nobody", ErrorCode.NOT_FOUND),
        ("../a", ErrorCode.NOT_FOUND),
        ("broken", ErrorCode.CONFLICT),
        ("huge", ErrorCode.OVERLOADED),
    ],
)
async def test_what_cannot_be_loaded_is_refused(tmp_path: Path, name: str, code: ErrorCode) -> None:
    """Unknown, broken and too large models are told apart."""
    folder = tmp_path / "models"
    write_gguf(tmp_path, "a")
    write_gguf(folder, "huge", 4 * HALF_MB)
    (folder / "broken.gguf").write_bytes(b"hello")
    async with managing(folder) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("load_model", model=name)

    assert (caught.value.code, caught.value.field) == (code, "model")


async def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    """A model whose file was replaced by rubbish fails, and works again when it is restored."""
    path = write_gguf(tmp_path, "a")
    async with managing(tmp_path) as agent:
        assert (await agent.call("list_models")).models[0].phase is ModelPhase.UNLOADED
        path.write_bytes(b"rubbish")
        assert (await agent.call("list_models")).models[0].phase is ModelPhase.FAILED
        path.unlink()
        assert (await agent.call("list_models")).models == ()


async def test_text_comes_from_the_server_and_is_cached(tmp_path: Path) -> None:
    """The server is asked once for a prompt, again after the model went or the time is over."""
    write_gguf(tmp_path, "a")
    async with SmallModelServer(models=("a",)) as server:
        told = server.environ()
        async with managing(
            tmp_path, url=told["MODEL_SERVER_URL"], model=told["MODEL_SERVER_MODEL"]
        ) as agent:
            first = await agent.call("generate_text", model="a", prompt="What is 6 * 7?")
            second = await agent.call("generate_text", model="a", prompt="What is 6 * 7?")
            asked = len(server.requests)
            await agent.call("unload_model", model="a")
            await agent.call("generate_text", model="a", prompt="What is 6 * 7?")
            await agent.clock.advance(601)
            last = await agent.call("generate_text", model="a", prompt="What is 6 * 7?")

            assert (first.text, first.engine, first.cached) == ("42", Engine.SERVER, False)
            assert (second.text, second.cached) == ("42", True)
            assert last.cached is False
            assert (asked, len(server.requests)) == (1, 3)


async def test_without_a_server_the_embedded_engine_says_so(tmp_path: Path) -> None:
    """The note names the engine and what to configure; no cached text is passed off."""
    write_gguf(tmp_path, "a")
    async with managing(tmp_path) as agent:
        found = await agent.call("generate_text", model="a", prompt="What is 6 * 7?")
        again = await agent.call("generate_text", prompt="What is 6 * 7?")

    assert (found.text, found.engine, found.cached) == ("42", Engine.EMBEDDED, False)
    assert "MODEL_SERVER_URL" in found.note
    assert again.text == "42"
