"""Text from the model server when one is configured, else from the embedded engine, honestly.

No choice of model, no cache and no conversation store may enter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from common.circuit import CircuitBreaker
from common.clock import Clock
from common.contracts.models import Engine, GenerateRequest, Generation
from common.embedded_text import EMBEDDED_MODEL, compose
from common.messages import ActionError, ErrorCode
from common.model_server import Completion, Message, ModelServer, ModelServerConfiguration

STEADY_TEMPERATURE = 1.0
"""From here on whoever asks wants another text each time, so that none is kept."""


class TextEngine:
    """Generate text; a server that fails is replaced, and left alone after three failures."""

    def __init__(self, configuration: ModelServerConfiguration, clock: Clock) -> None:
        self.server = ModelServer.from_configuration(configuration)
        self._circuit = CircuitBreaker(clock=clock)

    async def generate(
        self,
        request: GenerateRequest,
        *,
        model: str | None = None,
        turns: Sequence[Message] = (),
    ) -> Generation:
        """Answer a request after the turns before it; the note says why no server did."""
        if self.server is None or model == EMBEDDED_MODEL:
            return embedded(request)
        try:
            return await self.from_server(request, model=model, turns=turns)
        except ActionError as error:
            return embedded(request, f"the model server failed ({error.code}: {error.message}); ")

    async def from_server(
        self,
        request: GenerateRequest,
        *,
        model: str | None = None,
        turns: Sequence[Message] = (),
    ) -> Generation:
        """Answer by the server, or raise ActionError."""
        server = self.server
        if server is None:
            raise ActionError(ErrorCode.UNAVAILABLE, "no model server: set MODEL_SERVER_URL")

        async def ask() -> Completion:
            told = (Message("system", request.system),) if request.system else ()
            said = (*told, *turns, Message("user", request.prompt))
            found = await server.complete(said, model, request.max_tokens, request.temperature)
            if not found.text.strip():
                raise ActionError(ErrorCode.INTERNAL, "the model server wrote nothing")
            return found

        found = await self._circuit.call(ask)
        return Generation(text=found.text, model=found.model, tokens=found.tokens)


def embedded(request: GenerateRequest, reason: str = "") -> Generation:
    """Answer by the embedded engine, with the reason why before its note."""
    found = compose(request.prompt, system=request.system, max_tokens=request.max_tokens)
    return Generation(
        text=found.text,
        model=found.model,
        engine=Engine.EMBEDDED,
        note=f"{reason}{found.note}",
        tokens=found.tokens,
    )


def cache_key(request: GenerateRequest) -> str | None:
    """Return the key under which its text may be kept, None when it must be made anew."""
    if request.conversation_id is not None or request.temperature >= STEADY_TEMPERATURE:
        return None
    return hashlib.sha256(request.model_dump_json().encode()).hexdigest()
