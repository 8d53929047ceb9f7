"""Tests of the client of model servers, against a real small one."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from common.configuration import read_configuration
from common.messages import ActionError, ErrorCode
from common.model_server import (
    MAX_REPLY_BYTES,
    Message,
    ModelServer,
    ModelServerConfiguration,
    read_key,
)
from common.testing.model_server import SmallModelServer

KEY = "sk-very-secret-4711"


def client_of(server: SmallModelServer, **fields: object) -> ModelServer:
    """Return a client of the server."""
    found = ModelServer.from_configuration(server.configuration(**fields))
    assert found is not None
    return found


async def refusal_of(client: ModelServer) -> ActionError:
    """Return how a completion is refused."""
    with pytest.raises(ActionError) as caught:
        await client.ask("What is 6 * 7?")
    return caught.value


def test_no_url_is_no_server() -> None:
    """Without MODEL_SERVER_URL there is no client."""
    assert ModelServer.from_configuration(ModelServerConfiguration()) is None


def test_the_environment_names_the_server() -> None:
    """The four variables are read, and the path of the API is left out of the address."""
    environ = {
        "MODEL_SERVER_URL": "http://models.example:8080/v1/",
        "MODEL_SERVER_MODEL": "phi",
        "MODEL_SERVER_KEY_FILE": "/run/key",
        "MODEL_SERVER_TIMEOUT_SECONDS": "7.5",
    }
    found, mistakes = read_configuration(ModelServerConfiguration, "executor", environ)

    assert mistakes == ()
    assert found is not None
    assert found.model_dump() == {
        "url": "http://models.example:8080",
        "model": "phi",
        "key_file": "/run/key",
        "timeout_seconds": 7.5,
    }


@pytest.mark.parametrize("url", ["ftp://x", "models", "http://user:pass@host", "http://a b"])
def test_addresses_that_are_none_are_refused(url: str) -> None:
    """Only http and https, and no password in it."""
    with pytest.raises(ValidationError):
        ModelServerConfiguration.model_validate({"url": url})


async def test_a_chat_is_completed() -> None:
    """Messages, model, limit and temperature reach the server; its answer comes back."""
    async with SmallModelServer(models=("small", "large")) as server:
        told = (Message("system", "Be brief."), Message("user", "What is 6 * 7?"))
        found = await client_of(server).complete(told, "large", max_tokens=9, temperature=0.0)

        assert (found.text, found.model, found.tokens) == ("42", "large", 1)
        (request,) = server.requests
        assert [message["role"] for message in request.messages] == ["system", "user"]
        assert (request.body["max_tokens"], request.body["temperature"]) == (9, 0.0)


async def test_the_configured_model_is_the_default() -> None:
    """A caller that names no model gets the operator's."""
    async with SmallModelServer(models=("small", "large")) as server:
        found = await client_of(server, model="large").ask("repeat: a b c", max_tokens=2)

        assert (found.text, found.model) == ("a b", "large")


async def test_models_and_health_are_told() -> None:
    """The list of models is sorted, and a server that answers is healthy."""
    async with SmallModelServer(models=("small", "large")) as server:
        client = client_of(server)

        assert await client.models() == ("large", "small")
        assert await client.health() == (await client.health())
        assert (await client.health()).is_healthy

        server.fail(500)
        health = await client.health()
        assert (health.is_healthy, health.models) == (False, ())
        assert "500" in health.problem


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, ErrorCode.DENIED),
        (403, ErrorCode.DENIED),
        (429, ErrorCode.UNAVAILABLE),
        (503, ErrorCode.UNAVAILABLE),
        (504, ErrorCode.TIMEOUT),
        (400, ErrorCode.INTERNAL),
        (500, ErrorCode.INTERNAL),
        (302, ErrorCode.INTERNAL),
    ],
)
async def test_refusals_have_a_code(status: int, code: ErrorCode) -> None:
    """Each status of HTTP becomes one of four errors."""
    async with SmallModelServer() as server:
        server.fail(status)
        error = await refusal_of(client_of(server))

        assert error.code is code
        assert str(status) in error.message


async def test_a_server_that_hangs_is_a_timeout() -> None:
    """The limit holds for the whole exchange."""
    async with SmallModelServer() as server:
        server.hang()
        error = await refusal_of(client_of(server, timeout_seconds=0.05))

        assert error.code is ErrorCode.TIMEOUT


async def test_a_server_that_is_gone_is_unavailable() -> None:
    """Nobody listens there any more."""
    async with SmallModelServer() as server:
        client = client_of(server)
    error = await refusal_of(client)

    assert error.code is ErrorCode.UNAVAILABLE
    assert not (await client.health()).is_healthy


async def test_a_flood_is_cut_off() -> None:
    """A reply without end is given up at the limit."""
    async with SmallModelServer() as server:
        server.flood()
        error = await refusal_of(client_of(server))

        assert error.code is ErrorCode.INTERNAL
        assert str(MAX_REPLY_BYTES) in error.message


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"choices": []}',
        b'{"choices": [{"message": {"content": 7}}]}',
        b'{"choices": [{"message": {"content": "\\ud800"}}]}',
        b'{"choices": [{"message": {}}], "usage": {"completion_tokens": -1}}',
        b"[" * 100_000,
    ],
)
async def test_garbage_is_internal(content: bytes) -> None:
    """What is no reply of the API is refused, and told where."""
    async with SmallModelServer() as server:
        server.send(content)
        error = await refusal_of(client_of(server))

        assert error.code is ErrorCode.INTERNAL


async def test_the_key_is_sent_and_never_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The key of the file opens the server; no error and no log line has it."""
    caplog.set_level(logging.DEBUG)
    key_file = tmp_path / "key"
    async with SmallModelServer(key=KEY, key_file=key_file) as server:
        client = client_of(server)
        assert (await client.ask("What is 6 * 7?")).text == "42"

        server.fail(500, f"who is {KEY}?")
        quoted = await refusal_of(client)
        server.recover()
        key_file.write_text(f"{KEY}-old")
        denied = await refusal_of(client)

    assert denied.code is ErrorCode.DENIED
    assert KEY not in f"{quoted} {denied} {caplog.text}"


@pytest.mark.parametrize("content", [None, b"", b"two lines\nof it", b"\xc3\xa4", b"x" * 5000])
def test_a_key_file_that_holds_none_is_told(tmp_path: Path, content: bytes | None) -> None:
    """A missing file and one without a key are refused without showing what it holds."""
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ActionError) as caught:
        read_key(str(path))

    assert caught.value.code is ErrorCode.UNAVAILABLE
    assert "two" not in str(caught.value)


def test_a_folder_is_no_key_file(tmp_path: Path) -> None:
    """Only a plain file is read."""
    with pytest.raises(ActionError):
        read_key(str(tmp_path))


@settings(deadline=None, max_examples=25)
@given(st.text(max_size=200))
def test_any_text_arrives(text: str) -> None:
    """What is said is what the server hears, whatever the characters."""

    async def said() -> tuple[str, str]:
        async with SmallModelServer(answer=lambda chat: chat[-1]["content"]) as server:
            found = await client_of(server).ask(text, max_tokens=8_192)
            return found.text, server.requests[-1].prompt

    answered, heard = asyncio.run(said())
    assert (answered, heard) == (text, text)


async def test_lone_surrogates_do_not_break_it() -> None:
    """Text that UTF-8 cannot hold is sent as JSON can hold it."""
    async with SmallModelServer() as server:
        await client_of(server).ask("half \ud800 pair")

        assert json.dumps(server.requests[-1].prompt) == '"half \\ud800 pair"'
