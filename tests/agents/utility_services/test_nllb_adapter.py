"""Tests of NLLBAdapter: a model that comes and goes, and what answers without one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from agents.utility_services.nllb_adapter import (
    ADAPTER_CHANGES,
    NO_SERVER,
    NLLBAdapter,
    NLLBConfiguration,
)
from common.contracts.models import ModelPhase
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness


def configured(url: str, **more: object) -> NLLBConfiguration:
    """Return the configuration that names a server."""
    return NLLBConfiguration.model_validate({"url": url, **more})


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next((int(line.split(":")[1]) for line in head.lower().splitlines()
                   if line.startswith("content-length:")), 0)  # fmt: skip
    sent = json.loads(await reader.readexactly(length) or b"{}") if length else {}
    body: dict[str, object] = {"data": [{"id": "nllb"}]}
    if sent:
        said = f"[{sent['model']}] {sent['messages'][-1]['content'].upper()}"
        choices = [{"message": {"role": "assistant", "content": said}}]
        body = {"model": sent["model"], "choices": choices}
    content = json.dumps(body).encode()
    writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n")
    writer.write(b"content-length: %d\r\n\r\n%s" % (len(content), content))
    await writer.drain()
    writer.close()


@asynccontextmanager
async def model_server() -> AsyncIterator[str]:
    """Serve a model that shouts, and return its address."""
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_model_translates_and_frees_itself_when_it_idles() -> None:
    """It is loaded for the first text and unloaded after some idle time."""
    async with model_server() as url:
        told = configured(url, translation_model="nllb", idle_seconds=60.0)
        async with AgentHarness(NLLBAdapter, configuration=told) as agent:
            before = await agent.call("get_model_status")
            found = await agent.call("translate", text="鍵はどこ", source_language="ja")
            during = await agent.call("get_model_status")
            await agent.clock.settle()
            await agent.clock.advance(61.0)
            await agent.clock.advance(61.0)
            after = await agent.call("get_model_status")
            phases = [event.phase for event in agent.published(ADAPTER_CHANGES)]

    assert (found.text, found.engine) == ("[nllb] 鍵はどこ", "server/nllb")
    assert [one.model.phase for one in (before, during, after)] == [
        ModelPhase.UNLOADED, ModelPhase.LOADED, ModelPhase.UNLOADED,
    ]  # fmt: skip
    assert during.model.uses == 1
    assert phases == [ModelPhase.LOADING, ModelPhase.LOADED, ModelPhase.UNLOADED]


async def test_without_a_server_the_rules_answer_and_say_so() -> None:
    """The fallback is honest, and does what it can."""
    async with AgentHarness(NLLBAdapter) as agent:
        found = await agent.call("translate", text="¿Dónde están mis llaves?")

        assert found.text == "Where are my keys?"
        assert (found.engine, found.note) == ("embedded_rules", NO_SERVER)


async def test_a_server_that_is_gone_is_named() -> None:
    """A configured server that does not answer is no reason to be silent."""
    told = configured("http://127.0.0.1:1")
    async with AgentHarness(NLLBAdapter, configuration=told) as agent:
        found = await agent.call("translate", text="Mi casa.", source_language="es")
        status = await agent.call("get_model_status")

        assert found.engine == "embedded_rules"
        assert "failed" in found.note
        assert status.model.phase is ModelPhase.FAILED


async def test_without_a_server_other_languages_are_unavailable() -> None:
    """What the rules do not know is not made up, and there is nothing to load."""
    async with AgentHarness(NLLBAdapter) as agent:
        for action, fields in (
            ("translate", {"text": "鍵はどこ", "source_language": "ja"}),
            ("load_model", {}),
        ):
            with pytest.raises(ActionError) as caught:
                await agent.call(action, **fields)

            assert caught.value.code is ErrorCode.UNAVAILABLE


async def test_a_model_can_be_loaded_and_unloaded_by_hand() -> None:
    """Whoever needs the memory can have it."""
    async with model_server() as url:
        told = configured(url, translation_model="nllb", memory_mb=600.0)
        async with AgentHarness(NLLBAdapter, configuration=told) as agent:
            loaded = await agent.call("load_model")
            unloaded = await agent.call("unload_model")

    assert (loaded.model.phase, loaded.model.memory_mb) == (ModelPhase.LOADED, 600.0)
    assert (unloaded.model.phase, unloaded.model.memory_mb) == (ModelPhase.UNLOADED, 0.0)
