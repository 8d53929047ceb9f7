"""
Messages of the memory service, which memory_client forwards unchanged.

Only values live here: no decay, no ranking and no storage.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from common.messages import Query, Reply, Request

MAX_CONTENT = 20_000
MAX_BATCH = 200

MemoryId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$", max_length=200)]
Content = Annotated[str, Field(min_length=1, max_length=MAX_CONTENT, pattern=r"\S")]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=60)]
Tag = Annotated[str, Field(min_length=1, max_length=100)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Limit = Annotated[int, Field(ge=1, le=500)]


class Tier(StrEnum):
    """Name how long a memory lasts without being used."""

    SHORT = "short"
    MEDIUM = "medium"
    LONG = "long"


class Direction(StrEnum):
    """Name the ends of a relation that a search follows."""

    OUTGOING = "outgoing"
    INCOMING = "incoming"
    BOTH = "both"


class Memory(BaseModel):
    """Hold one memory; strength is what it was at measured_at, in unix seconds, and decays on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    memory_id: MemoryId
    content: Content
    memory_type: Word = "note"
    tier: Tier = Tier.SHORT
    importance: Share = 0.5
    strength: Share = 0.5
    tags: tuple[Tag, ...] = ()
    metadata: dict[str, JsonValue] = Field(default_factory=dict)
    parent_id: MemoryId | None = None
    created_at: float = 0.0
    updated_at: float = 0.0
    measured_at: float = 0.0
    reinforcements: int = 0
    version: int = 1


class ScoredMemory(BaseModel):
    """Hold a memory and how well it matches; scores compare within one reply only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    memory: Memory
    score: float


class AddMemoryRequest(Request):
    """Ask `add_memory`; without memory_id the service picks one, with it a second add conflicts."""

    content: Content
    memory_type: Word = "note"
    tier: Tier = Tier.SHORT
    importance: Share = 0.5
    tags: tuple[Tag, ...] = Field(default=(), max_length=50)
    metadata: dict[str, JsonValue] = Field(default_factory=dict)
    parent_id: MemoryId | None = None
    memory_id: MemoryId | None = None


class MemoryAdded(Reply):
    """Answer `add_memory`."""

    memory_id: str
    tier: Tier = Tier.SHORT


class GetMemoryRequest(Query):
    """Ask `get_memory`."""

    memory_id: MemoryId


class MemoryFound(Reply):
    """Answer `get_memory`, `update_memory` and `reinforce_memory`: strength is of this moment."""

    memory: Memory


class GetChildrenRequest(Query):
    """Ask `get_children`: direct children or, recursive, all below; by time of creation."""

    memory_id: MemoryId
    recursive: bool = False
    newest_first: bool = False
    limit: Limit = 100


class Memories(Reply):
    """Answer `get_children` and `get_memories_by_group`; total counts those past the limit too."""

    memories: tuple[Memory, ...]
    total: int = 0


class AddRelationshipRequest(Request):
    """Ask `add_relationship`: source `relation` target, for example `supports`."""

    is_idempotent: ClassVar[bool] = True

    source_id: MemoryId
    target_id: MemoryId
    relation: Word
    strength: Share = 1.0

    @model_validator(mode="after")
    def check_ends(self) -> Self:
        """Refuse a memory that relates to itself."""
        if self.source_id == self.target_id:
            raise ValueError("target_id must differ from source_id")
        return self


class Relationship(Reply):
    """Answer `add_relationship`."""

    source_id: MemoryId
    target_id: MemoryId
    relation: Word
    strength: Share = 1.0
    created_at: float = 0.0


class GetRelatedRequest(Query):
    """Ask `get_related`."""

    memory_id: MemoryId
    relation: Word | None = None
    direction: Direction = Direction.BOTH
    limit: Limit = 100


class RelatedMemory(BaseModel):
    """Hold a memory at the other end of a relation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    memory: Memory
    relation: str
    direction: Direction
    strength: float


class RelatedMemories(Reply):
    """Answer `get_related`, strongest relation first."""

    related: tuple[RelatedMemory, ...]


class MemoryFilter(BaseModel):
    """Narrow a search; what is left out does not narrow, all tags named must be there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    memory_type: Word | None = None
    tier: Tier | None = None
    parent_id: MemoryId | None = None
    tags: tuple[Tag, ...] = ()
    minimum_importance: Share = 0.0
    minimum_strength: Share = 0.0
    created_after: float | None = None
    created_before: float | None = None


class SearchMemoryRequest(Query):
    """Ask `search_memory`: ranked by words; with an empty query the newest come first."""

    query: str = Field(default="", max_length=2_000)
    where: MemoryFilter = MemoryFilter()
    limit: Limit = 10


class SemanticSearchRequest(Query):
    """Ask `semantic_search`: ranked by likeness of word forms, without a language model."""

    query: Content
    where: MemoryFilter = MemoryFilter()
    minimum_score: Share = 0.05
    limit: Limit = 10


class MemoryHits(Reply):
    """Answer `search_memory` and `semantic_search`, best first; method names the ranking."""

    hits: tuple[ScoredMemory, ...]
    method: Literal["bm25", "newest", "hashed_ngrams"] = "bm25"


class UpdateMemoryRequest(Request):
    """Ask `update_memory`; fields left out stay, expected_version guards against lost updates."""

    memory_id: MemoryId
    content: Content | None = None
    memory_type: Word | None = None
    tier: Tier | None = None
    importance: Share | None = None
    tags: tuple[Tag, ...] | None = Field(default=None, max_length=50)
    metadata: dict[str, JsonValue] | None = None
    expected_version: int | None = None


class ChildrenPolicy(StrEnum):
    """Name what happens to the children of a memory that is deleted."""

    REFUSE = "refuse"  # conflict while there are children
    CASCADE = "cascade"  # everything below goes too
    ADOPT = "adopt"  # children move up to the parent of the deleted one


class DeleteMemoryRequest(Request):
    """Ask `delete_memory`."""

    is_idempotent: ClassVar[bool] = True

    memory_id: MemoryId
    children: ChildrenPolicy = ChildrenPolicy.REFUSE


class MemoriesDeleted(Reply):
    """Answer `delete_memory`: everything that went, the named one first."""

    memory_ids: tuple[str, ...]
    adopted_ids: tuple[str, ...] = ()


class ReinforceMemoryRequest(Request):
    """Ask `reinforce_memory`: amount is the share of the way to full strength."""

    memory_id: MemoryId
    amount: float = Field(default=0.3, gt=0.0, le=1.0)


class CreateContextGroupRequest(Request):
    """Ask `create_context_group`; names are unique."""

    name: str = Field(min_length=1, max_length=200)
    description: str = Field(default="", max_length=2_000)
    memory_ids: tuple[MemoryId, ...] = Field(default=(), max_length=MAX_BATCH)


class AddToGroupRequest(Request):
    """Ask `add_to_group`; a memory that is already in the group stays there once."""

    is_idempotent: ClassVar[bool] = True

    group_id: MemoryId
    memory_ids: tuple[MemoryId, ...] = Field(min_length=1, max_length=MAX_BATCH)


class ContextGroup(Reply):
    """Answer `create_context_group` and `add_to_group`; members in the order they were added."""

    group_id: str
    name: str
    description: str = ""
    memory_ids: tuple[str, ...] = ()
    created_at: float = 0.0


class GetMemoriesByGroupRequest(Query):
    """Ask `get_memories_by_group`."""

    group_id: MemoryId
    limit: Limit = 100


class BatchAddMemoriesRequest(Request):
    """Ask `batch_add_memories`; an item may name an earlier item of the batch as its parent."""

    memories: tuple[AddMemoryRequest, ...] = Field(min_length=1, max_length=MAX_BATCH)


class BatchFailure(BaseModel):
    """Say why one item of a batch was not added."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    index: int
    code: str
    message: str


class MemoriesAdded(Reply):
    """Answer `batch_add_memories`: the good items are added even when others fail."""

    added: tuple[MemoryAdded, ...]
    failed: tuple[BatchFailure, ...] = ()


class BatchGetMemoriesRequest(Query):
    """Ask `batch_get_memories`."""

    memory_ids: tuple[MemoryId, ...] = Field(min_length=1, max_length=MAX_BATCH)


class MemoriesFound(Reply):
    """Answer `batch_get_memories` in the order asked; missing names those that do not exist."""

    memories: tuple[Memory, ...]
    missing: tuple[str, ...] = ()
