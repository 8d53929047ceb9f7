"""A small model server that speaks the OpenAI-compatible HTTP API. No agent may enter.

It listens on a free port of loopback, in the loop of the test:

    async with SmallModelServer() as server:
        async with AgentHarness(SomeAgent, configuration=server.configuration()) as agent:
            reply = await agent.call("generate", prompt="What is 6 * 7?")
            assert reply.text == "42"
            assert server.requests[-1].prompt == "What is 6 * 7?"

What it answers is worked out from the prompt: sums ("what is 6 * 7?"), "repeat: ...",
"reverse: ...", "upper: ...", "count words: ..."; anything else is told how many words it has.
Another `answer=` replaces these rules. `configuration_of(SomeSubclass, own_field=1)` makes
the configuration of an agent that declares its own, `environ()` the variables for a real process.
It can be told to behave badly: `fail(503)`, `hang()`, `send(b"garbage")`, `flood()`,
`behave(function)`, until `recover()`. With `key="..."` it refuses requests that carry another
one; the file that the client needs is written with `key_file=path`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from common.model_server import ModelServerConfiguration

C = TypeVar("C", bound=ModelServerConfiguration)

Chat = tuple[dict[str, str], ...]
Answer = Callable[[Chat], str]
Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]

_SUM = re.compile(r"(-?\d+)\s*([-+*])\s*(-?\d+)")
_ORDER = re.compile(r"(repeat|reverse|upper|count words):\s*(.*)", re.IGNORECASE | re.DOTALL)
_FLOOD = b"x" * 65_536


@dataclass(frozen=True)
class ServerRequest:
    """One request as the server saw it; body is empty for a GET."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def messages(self) -> Chat:
        """Return the messages of the chat."""
        return tuple(self.body.get("messages", ()))

    @property
    def prompt(self) -> str:
        """Return the last message of the chat."""
        return self.messages[-1]["content"] if self.messages else ""


def work_out(messages: Chat) -> str:
    """Answer the last message by rules."""
    prompt = messages[-1]["content"] if messages else ""
    order = _ORDER.search(prompt)
    if order:
        verb, said = order[1].lower(), order[2]
        done = {
            "repeat": said,
            "reverse": said[::-1],
            "upper": said.upper(),
            "count words": str(len(said.split())),
        }
        return done[verb]
    found = _SUM.search(prompt)
    if found:
        left, right = int(found[1]), int(found[3])
        return str({"+": left + right, "-": left - right, "*": left * right}[found[2]])
    return f"I read {len(prompt.split())} words."


class SmallModelServer:
    """Serve `/v1/models` and `/v1/chat/completions`; remember every request."""

    def __init__(
        self,
        models: tuple[str, ...] = ("small-model",),
        answer: Answer = work_out,
        key: str = "",
        key_file: Path | None = None,
    ) -> None:
        self.models = models
        self.answer = answer
        self.requests: list[ServerRequest] = []
        self._key = key
        self._key_file = key_file
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._bad: Behaviour | None = None

    async def __aenter__(self) -> SmallModelServer:
        """Listen."""
        if self._key_file is not None:
            self._key_file.write_text(f"{self._key}\n")
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, also the requests that hang."""
        await self.close()

    async def close(self) -> None:
        """Stop listening; whoever asks from now on is refused the connection."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        """Return what MODEL_SERVER_URL must be."""
        assert self._server is not None, "the server listens inside `async with` only"
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def configuration(self, **fields: Any) -> ModelServerConfiguration:
        """Return the configuration of an agent that asks this server and declares no other."""
        return self.configuration_of(ModelServerConfiguration, **fields)

    def configuration_of(self, kind: type[C], **fields: Any) -> C:
        """Return the configuration of an agent that declares this kind of it."""
        key_file = str(self._key_file) if self._key_file else ""
        told: dict[str, Any] = {"url": self.url, "model": self.models[0], "key_file": key_file}
        return kind.model_validate(told | fields)

    def environ(self) -> dict[str, str]:
        """Return the variables of a process that asks this server."""
        told = {"MODEL_SERVER_URL": self.url, "MODEL_SERVER_MODEL": self.models[0]}
        return told | ({"MODEL_SERVER_KEY_FILE": str(self._key_file)} if self._key_file else {})

    def fail(self, status: int, text: str = "told to fail") -> None:
        """Answer every request by an error."""
        self._bad = lambda writer: _reply(writer, status, json.dumps({"error": {"message": text}}))

    def hang(self) -> None:
        """Take requests and answer nothing."""
        self._bad = _hang

    def send(self, content: bytes, status: int = 200) -> None:
        """Answer every request with these bytes."""
        self._bad = lambda writer: _reply(writer, status, content)

    def flood(self) -> None:
        """Answer every request with bytes that never end."""
        self._bad = _flood

    def behave(self, function: Behaviour) -> None:
        """Answer every request by what the function writes."""
        self._bad = function

    def recover(self) -> None:
        """Behave well again."""
        self._bad = None

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # Clients may go away in the midst of anything, as the impatient ones of tests do.
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._serve(reader, writer)
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await _read(reader)
        self.requests.append(request)
        if self._bad is not None:
            await self._bad(writer)
        elif self._key and request.headers.get("authorization") != f"Bearer {self._key}":
            sent = request.headers.get("authorization", "")
            await _reply(writer, 401, json.dumps({"error": {"message": f"wrong key: {sent}"}}))
        else:
            status, body = self._answered(request)
            await _reply(writer, status, json.dumps(body))

    def _answered(self, request: ServerRequest) -> tuple[int, dict[str, Any]]:
        if (request.method, request.path) == ("GET", "/v1/models"):
            return 200, {
                "object": "list",
                "data": [{"id": name, "object": "model"} for name in self.models],
            }
        if (request.method, request.path) != ("POST", "/v1/chat/completions"):
            return 404, {"error": {"message": f"no {request.method} {request.path} here"}}
        model = request.body.get("model", self.models[0])
        if model not in self.models:
            return 404, {"error": {"message": f"no model {model!r} here"}}
        words = self.answer(request.messages).split(" ")
        limit = int(request.body.get("max_tokens", len(words)))
        return 200, {
            "id": f"chatcmpl-{len(self.requests)}",
            "object": "chat.completion",
            "created": 0,
            "model": model,
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": " ".join(words[:limit])},
                    "finish_reason": "length" if limit < len(words) else "stop",
                }
            ],
            "usage": {
                "prompt_tokens": sum(len(each["content"].split()) for each in request.messages),
                "completion_tokens": min(limit, len(words)),
                "total_tokens": 0,
            },
        }


async def _read(reader: asyncio.StreamReader) -> ServerRequest:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, path, _ = first.split(" ")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    content = await reader.readexactly(int(headers.get("content-length", "0")))
    return ServerRequest(method, path, headers, json.loads(content) if content else {})


async def _reply(writer: asyncio.StreamWriter, status: int, content: str | bytes) -> None:
    data = content.encode() if isinstance(content, str) else content
    head = (
        f"HTTP/1.1 {status} Told\r\ncontent-type: application/json\r\n"
        f"content-length: {len(data)}\r\nconnection: close\r\n\r\n"
    )
    writer.write(head.encode() + data)
    await writer.drain()


async def _hang(writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def _flood(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 Told\r\nconnection: close\r\n\r\n")
    while True:
        writer.write(_FLOOD)
        await writer.drain()
