"""
CodeGenerator: source code from a plain request, by patterns or by a language model.

Patterns are code_patterns; GGUF models are run by gguf_model_manager. Nothing is executed here.
"""

from __future__ import annotations

import asyncio

from agents.utility_services.code_patterns import Written, parses, unfenced, write_code
from common.agent import Agent, action
from common.contracts import models as m
from common.contracts.code import GenerateCodeRequest, GeneratedCode, GgufStatus
from common.messages import ActionError, ErrorCode, Query

MODEL_SECONDS = 60.0
LOAD_SECONDS = 60.0
GGUF_SECONDS = 10.0
SYSTEM = "Write only code, without an explanation. Handle errors; name things for what they are."


class CodeGenerator(Agent):
    """Write code, and say which engine did and whether it parses."""

    @action
    async def generate_code(self, request: GenerateCodeRequest) -> GeneratedCode:
        """Write code by a pattern that fits, or have a model write it."""
        if request.language in ("python", "py"):
            written = await asyncio.to_thread(write_code, request.description, request.name)
            if written is not None:
                return _embedded(written, request.with_tests)
        prompt = _prompt(request)
        wanted = m.GenerateRequest(
            prompt=prompt,
            system=SYSTEM,
            task=m.Task.CODE,
            max_tokens=request.max_tokens,
            temperature=0.2,
        )
        found, note = await self._model(wanted)
        if found is None or found.engine is m.Engine.EMBEDDED:
            # The embedded model talks, it does not write code: no code is better than a guess.
            reason = note or "no code model is configured"
            return GeneratedCode(
                code="", language=request.language, engine=m.Engine.EMBEDDED,
                note=f"no embedded pattern fits, and {reason}",
            )  # fmt: skip
        return await asyncio.to_thread(_of_model, found, request)

    @action
    async def generate(self, request: m.GenerateRequest) -> m.Generation:
        """Answer a prompt with code, as models answer prompts."""
        written = await asyncio.to_thread(write_code, request.prompt, None)
        if written is not None:
            return m.Generation(
                text=written.code, model=f"pattern {written.template}", engine=m.Engine.EMBEDDED,
                note="written from a pattern",
            )  # fmt: skip
        wanted = request.model_copy(update={"task": m.Task.CODE})
        found, note = await self._model(wanted)
        if found is None:
            raise ActionError(ErrorCode.UNAVAILABLE, f"no embedded pattern fits, and {note}")
        return found

    @action
    async def generate_with_gguf(self, request: m.GenerateRequest) -> m.Generation:
        """Have a GGUF model answer a prompt."""
        return await self.peers.call(
            "gguf_model_manager", "generate_text", request, m.Generation, timeout=MODEL_SECONDS
        )

    @action
    async def load_gguf_model(self, request: m.ModelRequest) -> m.ModelReply:
        """Have a GGUF model loaded."""
        return await self.peers.call(
            "gguf_model_manager", "load_model", request, m.ModelReply, timeout=LOAD_SECONDS
        )

    @action
    async def unload_gguf_model(self, request: m.ModelRequest) -> m.ModelReply:
        """Have a GGUF model unloaded."""
        return await self.peers.call(
            "gguf_model_manager", "unload_model", request, m.ModelReply, timeout=GGUF_SECONDS
        )

    @action
    async def list_gguf_models(self, request: m.ListModelsRequest) -> m.ModelsReply:
        """Return the GGUF models that there are."""
        return await self.peers.call(
            "gguf_model_manager", "list_models", request, m.ModelsReply, timeout=GGUF_SECONDS
        )

    @action
    async def get_gguf_status(self, request: Query) -> GgufStatus:
        """Say whether GGUF models can be used, and how many are loaded."""
        try:
            found = await self.list_gguf_models(m.ListModelsRequest())
        except ActionError as error:
            return GgufStatus(available=False, note=str(error)[:500])
        loaded = [model for model in found.models if model.phase is m.ModelPhase.LOADED]
        return GgufStatus(
            available=True,
            models=found.models,
            loaded=len(loaded),
            memory_mb=sum(model.memory_mb for model in loaded),
        )

    async def _model(self, request: m.GenerateRequest) -> tuple[m.Generation | None, str]:
        try:
            found = await self.peers.call(
                "model_manager_agent", "generate", request, m.Generation, timeout=MODEL_SECONDS
            )
        except ActionError as error:
            self.log.warning("model did not answer: %s", error)
            return None, f"model_manager_agent did not answer: {error.code.value}"
        return found, found.note


def _prompt(request: GenerateCodeRequest) -> str:
    name = f" Call it {request.name}." if request.name else ""
    tests = " Write tests for it, too." if request.with_tests else ""
    return f"Write {request.language} code: {request.description}{name}{tests}"


def _embedded(written: Written, with_tests: bool) -> GeneratedCode:
    return GeneratedCode(
        code=written.code,
        language="python",
        engine=m.Engine.EMBEDDED,
        template=written.template,
        parses=True,
        tests=written.tests if with_tests else "",
        note="written from a pattern",
    )


def _of_model(found: m.Generation, request: GenerateCodeRequest) -> GeneratedCode:
    code = unfenced(found.text)
    is_python = request.language in ("python", "py")
    return GeneratedCode(
        code=code,
        language=request.language,
        engine=found.engine,
        model=found.model,
        parses=parses(code) if is_python and code else None,
        note=found.note,
    )
