"""
The memory service: the one owner of long-lived memories, on PC2.

An action here reads the shelf or asks the ledger for a change; arithmetic, indexes and ranking
have modules of their own next to this one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from agents.memory_orchestrator import decay
from agents.memory_orchestrator.ledger import MemoryLedger
from agents.memory_orchestrator.selection import newest, ranked
from common.agent import Agent, AgentContext, action
from common.contracts import memory as m
from common.messages import ActionError

SWEEP_SECONDS: Final = 3_600.0


class MemoryOrchestratorService(Agent):
    """Keep memories in three tiers that fade at their own pace, with relations and groups."""

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._ledger = MemoryLedger(context.store, context.clock)
        self._shelf = self._ledger.shelf

    async def start(self) -> None:
        """Rebuild the indexes from the store and begin to sweep."""
        self.log.info("memories loaded", extra={"count": await self._ledger.load()})
        self.spawn(self._sweep_forever(), "sweep")

    async def state_cleared(self) -> None:
        """Read everything again, which after a wipe is nothing."""
        await self._ledger.load()

    @action
    async def add_memory(self, request: m.AddMemoryRequest) -> m.MemoryAdded:
        """Keep a new memory."""
        memory = await self._ledger.add(request)
        return m.MemoryAdded(memory_id=memory.memory_id, tier=memory.tier)

    @action
    async def batch_add_memories(self, request: m.BatchAddMemoriesRequest) -> m.MemoriesAdded:
        """Keep many memories; a bad one does not stop the others."""
        added: list[m.MemoryAdded] = []
        failed: list[m.BatchFailure] = []
        for index, item in enumerate(request.memories):
            try:
                added.append(await self.add_memory(item))
            except ActionError as error:
                failed.append(m.BatchFailure(index=index, code=error.code, message=error.message))
        return m.MemoriesAdded(added=tuple(added), failed=tuple(failed))

    @action
    async def get_memory(self, request: m.GetMemoryRequest) -> m.MemoryFound:
        """Return one memory."""
        return self._found(self._shelf.get(request.memory_id))

    @action
    async def batch_get_memories(self, request: m.BatchGetMemoriesRequest) -> m.MemoriesFound:
        """Return many memories and name the missing ones."""
        there = [key for key in request.memory_ids if key in self._shelf]
        missing = tuple(key for key in request.memory_ids if key not in self._shelf)
        return m.MemoriesFound(memories=self._seen(map(self._shelf.get, there)), missing=missing)

    @action
    async def get_children(self, request: m.GetChildrenRequest) -> m.Memories:
        """Return the children of a memory, or everything below it."""
        self._shelf.get(request.memory_id)
        read = self._shelf.descendants if request.recursive else self._shelf.children
        found = read(request.memory_id)
        if request.newest_first:
            found.reverse()
        return m.Memories(memories=self._seen(found[: request.limit]), total=len(found))

    @action
    async def update_memory(self, request: m.UpdateMemoryRequest) -> m.MemoryFound:
        """Change the fields that are given."""
        return self._found(await self._ledger.update(request))

    @action
    async def delete_memory(self, request: m.DeleteMemoryRequest) -> m.MemoriesDeleted:
        """Delete a memory; the policy says what becomes of its children."""
        return await self._ledger.delete(request.memory_id, request.children)

    @action
    async def reinforce_memory(self, request: m.ReinforceMemoryRequest) -> m.MemoryFound:
        """Strengthen a memory; one that is used often enough moves up a tier."""
        return self._found(await self._ledger.reinforce(request.memory_id, request.amount))

    @action
    async def search_memory(self, request: m.SearchMemoryRequest) -> m.MemoryHits:
        """Find memories by words and conditions."""
        now, where, limit = self.clock.now(), request.where, request.limit
        if not request.query.strip():
            return m.MemoryHits(hits=newest(self._shelf, where, now, limit), method="newest")
        candidates = self._shelf.search_words(request.query)
        return m.MemoryHits(hits=ranked(candidates, where, now, limit), method="bm25")

    @action
    async def semantic_search(self, request: m.SemanticSearchRequest) -> m.MemoryHits:
        """Find memories of similar wording by hashed stems and trigrams, without a model."""
        near = self._shelf.search_forms(request.query)
        candidates = [pair for pair in near if pair[1] >= request.minimum_score]
        hits = ranked(candidates, request.where, self.clock.now(), request.limit)
        return m.MemoryHits(hits=hits, method="hashed_ngrams")

    @action
    async def add_relationship(self, request: m.AddRelationshipRequest) -> m.Relationship:
        """Tie two memories together; the same ends and type replace the earlier strength."""
        return await self._ledger.relate(request)

    @action
    async def get_related(self, request: m.GetRelatedRequest) -> m.RelatedMemories:
        """Return the memories at the other ends of the relations of a memory."""
        self._shelf.get(request.memory_id)
        found = [
            m.RelatedMemory(
                memory=decay.seen_at(self._shelf.get(other), self.clock.now()),
                relation=relation.relation,
                direction=direction,
                strength=relation.strength,
            )
            for relation, direction, other in self._ledger.relations.of(request.memory_id)
            if request.relation in (None, relation.relation)
            and request.direction in (m.Direction.BOTH, direction)
        ]
        return m.RelatedMemories(related=tuple(found[: request.limit]))

    @action
    async def create_context_group(self, request: m.CreateContextGroupRequest) -> m.ContextGroup:
        """Make a named group, with members if any are given."""
        return await self._ledger.create_group(request)

    @action
    async def add_to_group(self, request: m.AddToGroupRequest) -> m.ContextGroup:
        """Put memories into a group."""
        return await self._ledger.add_to_group(request.group_id, request.memory_ids)

    @action
    async def get_memories_by_group(self, request: m.GetMemoriesByGroupRequest) -> m.Memories:
        """Return the members of a group in the order they were added."""
        members = self._ledger.groups.get(request.group_id).memory_ids
        found = map(self._shelf.get, members[: request.limit])
        return m.Memories(memories=self._seen(found), total=len(members))

    def _found(self, memory: m.Memory) -> m.MemoryFound:
        return m.MemoryFound(memory=decay.seen_at(memory, self.clock.now()))

    def _seen(self, memories: Iterable[m.Memory]) -> tuple[m.Memory, ...]:
        now = self.clock.now()
        return tuple(decay.seen_at(memory, now) for memory in memories)

    async def _sweep_forever(self) -> None:
        while True:
            await self.clock.sleep(SWEEP_SECONDS)
            demoted, forgotten = await self._ledger.sweep()
            self.log.info("swept", extra={"demoted": demoted, "forgotten": forgotten})
