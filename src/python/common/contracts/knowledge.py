"""
Messages of the knowledge base: facts by topic.

Only values live here; how a fact is kept as a memory is the business of the agent.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from common.contracts.memory import Content, MemoryId, Share
from common.messages import Query, Reply, Request

Topic = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class FactRevision(BaseModel):
    """Hold what a fact said before an update."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    content: str
    replaced_at: float
    reason: str = ""


class Fact(BaseModel):
    """Hold one fact and what it said before, oldest first."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fact_id: str
    topic: str
    content: str
    created_at: float = 0.0
    updated_at: float = 0.0
    history: tuple[FactRevision, ...] = ()


class ScoredFact(BaseModel):
    """Hold a fact and how well it matches; scores compare within one reply only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fact: Fact
    score: float


class AddFactRequest(Request):
    """Ask knowledge_base `add_fact`."""

    topic: Topic
    content: Content
    importance: Share = 0.7


class FactAdded(Reply):
    """Answer `add_fact`; known is true when the same fact was there already."""

    fact_id: str
    known: bool = False


class GetFactRequest(Query):
    """Ask knowledge_base `get_fact`: by id, or the newest of a topic."""

    fact_id: MemoryId | None = None
    topic: Topic | None = None

    @model_validator(mode="after")
    def check_one_key(self) -> Self:
        """Refuse both keys and no key."""
        if (self.fact_id is None) == (self.topic is None):
            raise ValueError("give either fact_id or topic")
        return self


class FactFound(Reply):
    """Answer `get_fact` and `update_fact`."""

    fact: Fact


class UpdateFactRequest(Request):
    """Ask knowledge_base `update_fact`; the old content moves to the history."""

    is_idempotent: ClassVar[bool] = True

    fact_id: MemoryId
    content: Content
    reason: str = Field(default="", max_length=500)


class SearchFactsRequest(Query):
    """Ask knowledge_base `search_facts`."""

    query: Content
    limit: int = Field(default=5, ge=1, le=100)


class FactsFound(Reply):
    """Answer `search_facts`, best first."""

    facts: tuple[ScoredFact, ...]
