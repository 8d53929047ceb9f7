"""
Messages of the unified memory reasoning agent: combined memories, known errors, twins of users.

Only values live here; how memories are combined belongs to the agent.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from common.contracts.session import UserId
from common.messages import Query, Reply, Request

Said = Annotated[str, Field(min_length=1, max_length=10_000, pattern=r"\S")]
ErrorText = Annotated[str, Field(min_length=1, max_length=10_000, pattern=r"\S")]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
TwinDocument = dict[str, JsonValue]


class AddMemoryInteractionRequest(Request):
    """Ask unified_memory_reasoning_agent `add_interaction`."""

    user_id: UserId = "anonymous"
    text: Said
    answer: str = Field(default="", max_length=10_000)
    session_id: str = Field(default="", max_length=200)


class MemoryInteractionAdded(Reply):
    """Answer `add_interaction`; entities are the names by which it is chained to others."""

    interaction_id: str
    entities: tuple[str, ...]


class CombinedContextRequest(Query):
    """Ask unified_memory_reasoning_agent `get_context`; hops is how far to follow entities."""

    query: Said
    user_id: UserId | None = None  # None: interactions of everybody
    limit: int = Field(default=8, ge=1, le=50)
    hops: int = Field(default=2, ge=0, le=4)


class ContextPiece(BaseModel):
    """Hold one memory of a context; via names the entities that led to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Literal["interaction", "memory"]
    piece_id: str
    text: str
    score: float  # compares within one reply only
    hop: int = 0
    via: tuple[str, ...] = ()
    at: float = 0.0


class CombinedContext(Reply):
    """Answer `get_context`: pieces best first; the answer quotes the chain, or is empty."""

    query: str
    pieces: tuple[ContextPiece, ...]
    answer: str = ""
    chain: tuple[str, ...] = ()  # ids of the pieces that the answer combines
    note: str = ""


class AddErrorPatternRequest(Request):
    """Ask unified_memory_reasoning_agent `add_error_pattern`."""

    error: ErrorText
    solution: str = Field(min_length=1, max_length=10_000, pattern=r"\S")
    worked: bool = True


class ErrorPattern(BaseModel):
    """Hold a known error; its pattern has placeholders for what changes each time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pattern_id: str
    pattern: str
    solution: str
    worked: int = 0
    failed: int = 0
    updated_at: float = 0.0


class ErrorPatternReply(Reply):
    """Answer `add_error_pattern`."""

    pattern: ErrorPattern


class ErrorSolutionRequest(Query):
    """Ask unified_memory_reasoning_agent `get_error_solution`."""

    error: ErrorText
    minimum_likeness: Share = 0.5


class ErrorSolution(Reply):
    """Answer `get_error_solution`; likeness 1 is the same error up to numbers and paths."""

    found: bool
    solution: str = ""
    pattern: ErrorPattern | None = None
    likeness: Share = 0.0


class UpdateTwinRequest(Request):
    """Ask unified_memory_reasoning_agent `update_twin`: None as a value takes a key out."""

    is_idempotent: ClassVar[bool] = True

    user_id: UserId
    changes: TwinDocument = Field(max_length=100)  # all together at most 100,000 characters


class TwinRequest(Query):
    """Ask unified_memory_reasoning_agent `get_twin`."""

    user_id: UserId


class DeleteTwinRequest(Request):
    """Ask unified_memory_reasoning_agent `delete_twin`."""

    is_idempotent: ClassVar[bool] = True

    user_id: UserId


class UserTwin(Reply):
    """Answer `update_twin` and `get_twin`."""

    user_id: str
    document: TwinDocument
    version: int
    updated_at: float


class TwinDeleted(Reply):
    """Answer `delete_twin`."""

    user_id: str
    deleted: bool
