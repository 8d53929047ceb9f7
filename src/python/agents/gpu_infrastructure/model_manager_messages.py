"""
Messages of ModelManagerAgent that nobody else needs.

Only values live here.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from common.contracts.models import ModelName, ModelPicture, Prompt
from common.messages import Query, Reply, Request

CACHE_SECONDS = 3_600.0


class CacheResponseRequest(Request):
    """Ask `cache_response`: keep a text as the answer to a prompt."""

    is_idempotent: ClassVar[bool] = True

    prompt: Prompt
    response: str = Field(min_length=1, max_length=100_000)
    model: ModelName | None = None
    seconds: float = Field(default=CACHE_SECONDS, gt=0.0, le=24 * 3_600.0)


class CachedResponseQuery(Query):
    """Ask `get_cached_response`."""

    prompt: Prompt
    model: ModelName | None = None


class CachedResponse(Reply):
    """Answer `get_cached_response`; `found` is false when nothing is kept of it."""

    found: bool
    response: str = ""
    model: str = ""


class ResponseCached(Reply):
    """Answer `cache_response`: how many are kept now."""

    kept: int


class ClearConversationRequest(Request):
    """Ask `clear_conversation`."""

    is_idempotent: ClassVar[bool] = True

    conversation_id: str = Field(min_length=1, max_length=200)


class ConversationCleared(Reply):
    """Answer `clear_conversation`."""

    cleared: bool


class AllModels(Reply):
    """Answer `get_all_models`; `problems` says which backend did not tell its models, and why."""

    models: tuple[ModelPicture, ...]
    problems: dict[str, str] = Field(default_factory=dict)
