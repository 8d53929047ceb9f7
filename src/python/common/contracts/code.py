"""
Messages of the code generator.

Only values live here. The reply says which engine wrote the code, and what was checked.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from common.contracts.models import Engine, ModelPicture
from common.messages import Query, Reply

CodeDescription = Annotated[str, Field(min_length=1, max_length=10_000, pattern=r"\S")]


class GenerateCodeRequest(Query):
    """Ask code_generator `generate_code`; name is what to call the function or class."""

    description: CodeDescription
    language: str = Field(default="python", pattern=r"^[a-z][a-z0-9+#-]*$", max_length=30)
    name: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=60)
    with_tests: bool = False
    max_tokens: int = Field(default=1_024, ge=1, le=8_192)


class GeneratedCode(Reply):
    """Answer `generate_code`; parses is None when nothing here can read the language."""

    code: str
    language: str
    engine: Engine
    template: str = ""  # of the embedded generator
    model: str = ""
    parses: bool | None = None
    tests: str = ""
    note: str = ""


class GgufStatus(Reply):
    """Answer `get_gguf_status`; available is false when gguf_model_manager does not answer."""

    available: bool
    models: tuple[ModelPicture, ...] = ()
    loaded: int = 0
    memory_mb: float = 0.0
    note: str = ""
