"""
Messages of the working context: what is worth keeping in mind now.

Only values live here; importance and pruning belong to the context manager.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from common.messages import Query, Reply, Request

ContextText = Annotated[str, Field(min_length=1, max_length=10_000, pattern=r"\S")]
WindowId = Annotated[str, Field(min_length=1, max_length=200)]
Weight = Annotated[float, Field(ge=0.0, le=1.0)]
Budget = Annotated[int, Field(ge=1, le=100_000)]
Speaker = Literal["user", "assistant", "system"]


class ContextEntry(BaseModel):
    """One thing in the window; score is importance that has faded with time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entry_id: str
    speaker: Speaker
    text: str
    importance: Weight
    score: Weight
    tokens: int
    at: float


class AddToContextRequest(Request):
    """Ask context_manager `add_to_context`; without importance the text itself says it."""

    text: ContextText
    session_id: WindowId = "default"
    speaker: Speaker = "user"
    importance: Weight | None = None


class AddedToContext(Reply):
    """Answer `add_to_context`: what was kept, and how many entries had to go for it."""

    entry: ContextEntry
    pruned: int


class GetContextRequest(Query):
    """Ask context_manager `get_context` and `get_context_text`: what fits in the budget."""

    session_id: WindowId = "default"
    token_budget: Budget = 2_000


class ContextWindow(Reply):
    """Answer `get_context`, oldest first; dropped counts what the budget left out."""

    session_id: str
    entries: tuple[ContextEntry, ...]
    tokens: int
    dropped: int


class ContextAsText(Reply):
    """Answer `get_context_text`: a line for each entry, oldest first."""

    session_id: str
    text: str
    tokens: int
    dropped: int


class PruneContextRequest(Request):
    """Ask context_manager `prune_context`: forget what does not fit or scores too low."""

    session_id: WindowId = "default"
    token_budget: Budget = 2_000
    least_score: Weight = 0.0


class ContextPruned(Reply):
    """Answer `prune_context`."""

    pruned: int
    kept: int
    tokens: int


class ClearContextRequest(Request):
    """Ask context_manager `clear_context`."""

    is_idempotent: ClassVar[bool] = True

    session_id: WindowId = "default"


class ContextCleared(Reply):
    """Answer `clear_context`: how many entries went."""

    entries: int
