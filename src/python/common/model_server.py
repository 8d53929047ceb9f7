"""A client of the OpenAI-compatible HTTP API of a model server. No prompt, no fallback may enter.

The operator names the server by MODEL_SERVER_URL; without it there is none, and
`from_configuration` returns None. Whatever goes wrong is an ActionError whose message never shows
the key.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import stat
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from common.configuration import Configuration
from common.messages import ActionError, ErrorCode

if TYPE_CHECKING:
    import httpx

MAX_REPLY_BYTES = 4_000_000
MAX_KEY_BYTES = 4_096
HEALTH_SECONDS = 3.0
_SHOWN_CHARACTERS = 200

_STATUS_CODES = {
    401: ErrorCode.DENIED,
    403: ErrorCode.DENIED,
    408: ErrorCode.TIMEOUT,
    429: ErrorCode.UNAVAILABLE,
    502: ErrorCode.UNAVAILABLE,
    503: ErrorCode.UNAVAILABLE,
    504: ErrorCode.TIMEOUT,
}

M = TypeVar("M", bound=BaseModel)


class ModelServerConfiguration(Configuration):
    """Say where a model server is. An agent that needs more subclasses this."""

    url: str = Field(
        default="", alias="MODEL_SERVER_URL", max_length=500, pattern=r"^(https?://[^\s@?#]+)?$"
    )
    model: str = Field(default="", alias="MODEL_SERVER_MODEL", max_length=200)
    key_file: str = Field(default="", alias="MODEL_SERVER_KEY_FILE", max_length=1_000)
    timeout_seconds: float = Field(
        default=60.0, alias="MODEL_SERVER_TIMEOUT_SECONDS", gt=0.0, le=600.0
    )

    @field_validator("url")
    @classmethod
    def check_url(cls, url: str) -> str:
        """Leave out what every path of the API begins with."""
        return url.rstrip("/").removesuffix("/v1")


@dataclass(frozen=True)
class Message:
    """One message of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Completion:
    """What a model answered, which one it was, and how many tokens it wrote."""

    text: str
    model: str
    tokens: int


@dataclass(frozen=True)
class ServerHealth:
    """Whether the server answers, the models it has, and what is wrong if it does not."""

    is_healthy: bool
    models: tuple[str, ...] = ()
    problem: str = ""


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class _Content(_Answer):
    content: str | None = None


class _Choice(_Answer):
    message: _Content


class _Usage(_Answer):
    completion_tokens: int = Field(default=0, ge=0)


class _ChatCompletion(_Answer):
    model: str = ""
    choices: tuple[_Choice, ...] = Field(min_length=1)
    usage: _Usage | None = None


class _Model(_Answer):
    id: str = Field(min_length=1, max_length=200)


class _ModelList(_Answer):
    data: tuple[_Model, ...] = Field(max_length=10_000)


class ModelServer:
    """Ask one model server; every failure is an ActionError.

    UNAVAILABLE: not reached, or too busy. TIMEOUT: too slow. DENIED: the key is not accepted.
    INTERNAL: it answered something that cannot be used.
    """

    def __init__(self, configuration: ModelServerConfiguration) -> None:
        self._configuration = configuration
        self._trust: ssl.SSLContext | bool = False

    @classmethod
    def from_configuration(cls, configuration: ModelServerConfiguration) -> ModelServer | None:
        """Return a client, or None when no server is configured."""
        return cls(configuration) if configuration.url else None

    @property
    def model(self) -> str:
        """Return the model that is asked when a caller names none; empty: the server's own."""
        return self._configuration.model

    async def complete(
        self,
        messages: Sequence[Message],
        model: str | None = None,
        max_tokens: int = 256,
        temperature: float = 0.7,
    ) -> Completion:
        """Have a model go on with a chat."""
        wanted = model or self.model
        body: dict[str, Any] = {
            "messages": [{"role": each.role, "content": each.content} for each in messages],
            "max_tokens": max_tokens,
            "temperature": temperature,
        }
        if wanted:
            body["model"] = wanted
        found = await self._ask("POST", "/v1/chat/completions", _ChatCompletion, body)
        text = found.choices[0].message.content or ""
        tokens = found.usage.completion_tokens if found.usage else len(text.split())
        return Completion(text, found.model or wanted, tokens)

    async def ask(
        self,
        prompt: str,
        *,
        system: str = "",
        model: str | None = None,
        max_tokens: int = 256,
        temperature: float = 0.7,
    ) -> Completion:
        """Have a model answer one prompt."""
        told = (Message("system", system),) if system else ()
        return await self.complete((*told, Message("user", prompt)), model, max_tokens, temperature)

    async def models(self) -> tuple[str, ...]:
        """Return the names of the models that the server has, sorted."""
        found = await self._ask("GET", "/v1/models", _ModelList)
        return tuple(sorted({model.id for model in found.data}))

    async def health(self) -> ServerHealth:
        """Tell whether the server answers; this raises nothing."""
        try:
            async with asyncio.timeout(HEALTH_SECONDS):
                return ServerHealth(is_healthy=True, models=await self.models())
        except TimeoutError:
            problem = f"the model server did not answer within {HEALTH_SECONDS:g} s"
            return ServerHealth(is_healthy=False, problem=problem)
        except ActionError as error:
            return ServerHealth(is_healthy=False, problem=error.message)

    async def _ask(
        self, method: str, path: str, kind: type[M], body: dict[str, Any] | None = None
    ) -> M:
        key = await asyncio.to_thread(read_key, self._configuration.key_file)
        seconds = self._configuration.timeout_seconds
        try:
            async with asyncio.timeout(seconds):
                status, content = await self._exchange(method, path, key, body)
        except TimeoutError:
            message = f"the model server did not answer within {seconds:g} s"
            raise ActionError(ErrorCode.TIMEOUT, message) from None
        if status != 200:
            code = _STATUS_CODES.get(status, ErrorCode.INTERNAL)
            raise ActionError(code, _refusal(status, code, content, key))
        try:
            return kind.model_validate_json(content)
        except ValidationError as error:
            where = ".".join(str(step) for step in error.errors()[0]["loc"]) or "the body"
            message = f"expected a reply of the OpenAI API, found something else at {where}"
            raise ActionError(ErrorCode.INTERNAL, f"the model server: {message}") from None

    async def _exchange(
        self, method: str, path: str, key: str, body: dict[str, Any] | None
    ) -> tuple[int, bytes]:
        import httpx

        headers = {"accept-encoding": "identity", "content-type": "application/json"}
        if key:
            headers["authorization"] = f"Bearer {key}"
        content = None if body is None else json.dumps(body).encode()
        url = f"{self._configuration.url}{path}"
        try:
            async with (
                self._client() as client,
                client.stream(method, url, headers=headers, content=content) as response,
            ):
                return response.status_code, await _read(response)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # Its text may quote what was sent; its kind says enough.
            message = f"the model server was not reached: {type(error).__name__}"
            raise ActionError(ErrorCode.UNAVAILABLE, message) from None

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[httpx.AsyncClient]:
        import httpx

        if self._configuration.url.startswith("https:") and self._trust is False:
            # Reading the certificates takes long.
            self._trust = await asyncio.to_thread(ssl.create_default_context)
        # Only https looks at the certificates; there is a limit for the whole exchange already.
        async with httpx.AsyncClient(verify=self._trust, timeout=None, trust_env=False) as client:
            yield client


def read_key(path: str) -> str:
    """Return the key that a file holds, empty when no file is named."""
    if not path:
        return ""
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            raise OSError("not a file")
        with Path(path).open("rb") as file:
            key = file.read(MAX_KEY_BYTES + 1).strip()
    except (OSError, ValueError):
        message = "expected a file that can be read at MODEL_SERVER_KEY_FILE, found none"
        raise ActionError(ErrorCode.UNAVAILABLE, message) from None
    if not 0 < len(key) <= MAX_KEY_BYTES or not all(33 <= byte <= 126 for byte in key):
        message = "expected one line of printable ASCII in MODEL_SERVER_KEY_FILE"
        raise ActionError(ErrorCode.UNAVAILABLE, message)
    return key.decode("ascii")


async def _read(response: httpx.Response) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        message = "the model server: expected a plain reply, found a compressed one"
        raise ActionError(ErrorCode.INTERNAL, message)
    content = bytearray()
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > MAX_REPLY_BYTES:
            message = f"the model server: expected at most {MAX_REPLY_BYTES} bytes, found more"
            raise ActionError(ErrorCode.INTERNAL, message)
    return bytes(content)


def _refusal(status: int, code: ErrorCode, content: bytes, key: str) -> str:
    said = f"the model server answered {status}"
    if code is ErrorCode.DENIED:  # servers quote the key that they do not accept
        return f"{said}: expected a valid key in MODEL_SERVER_KEY_FILE"
    text = content[: 10 * _SHOWN_CHARACTERS].decode("utf-8", "replace")
    if key:
        text = text.replace(key, "***")
    shown = " ".join(text.split())[:_SHOWN_CHARACTERS]
    return f"{said}: {shown}" if shown else said
