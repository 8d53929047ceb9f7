"""
Messages of the session memory: who said what, and the context for the next answer.

Only values live here: no storage and no token counting.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from common.contracts.memory import Content
from common.messages import Query, Reply, Request

SessionId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
UserId = Annotated[str, Field(min_length=1, max_length=200)]
Role = Literal["user", "assistant"]


class Interaction(BaseModel):
    """Hold one thing said in a session."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    interaction_id: str
    role: Role
    text: str
    at: float


class CreateSessionRequest(Request):
    """Ask session_memory_agent `create_session`; without session_id the agent picks one."""

    user_id: UserId = "anonymous"
    session_id: SessionId | None = None


class SessionCreated(Reply):
    """Answer `create_session`."""

    session_id: str
    user_id: str = "anonymous"


class SessionRequest(Request):
    """Ask session_memory_agent `delete_session`."""

    is_idempotent: ClassVar[bool] = True

    session_id: SessionId


class SessionDeleted(Reply):
    """Answer `delete_session`: how many interactions went with it."""

    session_id: str
    interactions: int = 0


class AddInteractionRequest(Request):
    """Ask session_memory_agent `add_interaction`."""

    session_id: SessionId
    role: Role
    text: Content


class InteractionAdded(Reply):
    """Answer `add_interaction`."""

    interaction_id: str


class GetContextRequest(Query):
    """Ask session_memory_agent `get_context`: the last interactions that fit in the budget."""

    session_id: SessionId
    limit: int = Field(default=10, ge=1, le=200)
    token_budget: int = Field(default=1_000, ge=1, le=100_000)


class SessionContext(Reply):
    """Answer `get_context`, oldest first; dropped counts what the limit or budget left out."""

    session_id: str
    user_id: str = "anonymous"
    interactions: tuple[Interaction, ...] = ()
    tokens: int = 0
    dropped: int = 0


class SearchInteractionsRequest(Query):
    """Ask session_memory_agent `search_interactions`: in one session, or in all."""

    query: Content
    session_id: SessionId | None = None
    limit: int = Field(default=10, ge=1, le=100)


class ScoredInteraction(BaseModel):
    """Hold an interaction, its session and how well it matches."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    interaction: Interaction
    session_id: str
    score: float


class InteractionsFound(Reply):
    """Answer `search_interactions`, best first."""

    matches: tuple[ScoredInteraction, ...]
