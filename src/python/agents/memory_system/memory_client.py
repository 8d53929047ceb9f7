"""
MainPC's front door to the memory service on PC2: every call goes through one circuit breaker.

Requests and replies pass unchanged. Caching and any knowledge of what a memory means may not enter.
"""

from __future__ import annotations

from typing import Final, TypeVar

from common.agent import Agent, AgentContext, action
from common.circuit import CircuitState
from common.contracts import memory as m
from common.messages import ActionError, Empty, ErrorCode, Query, Reply, Request
from common.peer_circuit import PeerCircuit

SERVICE: Final = "memory_orchestrator_service"
TIMEOUT_SECONDS: Final = 5.0

R = TypeVar("R", bound=Reply)


class BreakerPicture(Reply):
    """Answer `get_circuit_breaker` and `reset_circuit_breaker`; counts are since the start."""

    state: CircuitState
    service: str
    calls: int
    failures: int
    refused: int  # not even sent, because the breaker was open
    last_error: str


class MemoryClient(Agent):
    """Forward the actions of the memory service, and stop asking while it does not answer."""

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._breaker = PeerCircuit(SERVICE, context.peers, context.clock)
        self._calls = self._failures = self._refused = 0
        self._last_error = ""

    @action
    async def add_memory(self, request: m.AddMemoryRequest) -> m.MemoryAdded:
        """Keep a new memory."""
        return await self._forward("add_memory", request, m.MemoryAdded)

    @action
    async def batch_add_memories(self, request: m.BatchAddMemoriesRequest) -> m.MemoriesAdded:
        """Keep many memories; a bad one does not stop the others."""
        return await self._forward("batch_add_memories", request, m.MemoriesAdded)

    @action
    async def get_memory(self, request: m.GetMemoryRequest) -> m.MemoryFound:
        """Return one memory."""
        return await self._forward("get_memory", request, m.MemoryFound)

    @action
    async def batch_get_memories(self, request: m.BatchGetMemoriesRequest) -> m.MemoriesFound:
        """Return many memories and name the missing ones."""
        return await self._forward("batch_get_memories", request, m.MemoriesFound)

    @action
    async def get_children(self, request: m.GetChildrenRequest) -> m.Memories:
        """Return the children of a memory, or everything below it."""
        return await self._forward("get_children", request, m.Memories)

    @action
    async def update_memory(self, request: m.UpdateMemoryRequest) -> m.MemoryFound:
        """Change the fields that are given."""
        return await self._forward("update_memory", request, m.MemoryFound)

    @action
    async def delete_memory(self, request: m.DeleteMemoryRequest) -> m.MemoriesDeleted:
        """Delete a memory; the policy says what becomes of its children."""
        return await self._forward("delete_memory", request, m.MemoriesDeleted)

    @action
    async def reinforce_memory(self, request: m.ReinforceMemoryRequest) -> m.MemoryFound:
        """Strengthen a memory; one that is used often enough moves up a tier."""
        return await self._forward("reinforce_memory", request, m.MemoryFound)

    @action
    async def search_memory(self, request: m.SearchMemoryRequest) -> m.MemoryHits:
        """Find memories by words and conditions."""
        return await self._forward("search_memory", request, m.MemoryHits)

    @action
    async def semantic_search(self, request: m.SemanticSearchRequest) -> m.MemoryHits:
        """Find memories of similar wording."""
        return await self._forward("semantic_search", request, m.MemoryHits)

    @action
    async def add_relationship(self, request: m.AddRelationshipRequest) -> m.Relationship:
        """Tie two memories together."""
        return await self._forward("add_relationship", request, m.Relationship)

    @action
    async def get_related(self, request: m.GetRelatedRequest) -> m.RelatedMemories:
        """Return the memories at the other ends of the relations of a memory."""
        return await self._forward("get_related", request, m.RelatedMemories)

    @action
    async def create_context_group(self, request: m.CreateContextGroupRequest) -> m.ContextGroup:
        """Make a named group."""
        return await self._forward("create_context_group", request, m.ContextGroup)

    @action
    async def add_to_group(self, request: m.AddToGroupRequest) -> m.ContextGroup:
        """Put memories into a group."""
        return await self._forward("add_to_group", request, m.ContextGroup)

    @action
    async def get_memories_by_group(self, request: m.GetMemoriesByGroupRequest) -> m.Memories:
        """Return the members of a group."""
        return await self._forward("get_memories_by_group", request, m.Memories)

    @action
    async def get_circuit_breaker(self, request: Query) -> BreakerPicture:
        """Say whether calls reach the memory service, and how many did not."""
        return self._picture()

    @action
    async def reset_circuit_breaker(self, request: Empty) -> BreakerPicture:
        """Let calls through again at once."""
        self._breaker.reset()
        self.log.info("circuit breaker reset", extra={"service": SERVICE})
        return self._picture()

    async def _forward(self, name: str, request: Request, reply: type[R]) -> R:
        was_open = self._breaker.state is CircuitState.OPEN
        self._calls += 1
        try:
            return await self._breaker.call(name, request, reply, timeout=TIMEOUT_SECONDS)
        except ActionError as error:
            self._note(error, was_open)
            raise

    def _note(self, error: ActionError, was_open: bool) -> None:
        if was_open:
            self._refused += 1
        elif error.code in (ErrorCode.UNAVAILABLE, ErrorCode.TIMEOUT, ErrorCode.INTERNAL):
            self._failures += 1
            self._last_error = str(error)

    def _picture(self) -> BreakerPicture:
        return BreakerPicture(
            state=self._breaker.state,
            service=SERVICE,
            calls=self._calls,
            failures=self._failures,
            refused=self._refused,
            last_error=self._last_error,
        )
