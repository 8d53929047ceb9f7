"""
Every change of the memory service, one after the other.

Readers see only whole changes because each takes the lock. Searching and serving may not enter.
"""

from __future__ import annotations

import asyncio

from agents.memory_orchestrator import decay
from agents.memory_orchestrator.connections import GroupShelf, RelationGraph
from agents.memory_orchestrator.identifiers import IdentifierSource
from agents.memory_orchestrator.memory_shelf import MemoryShelf
from common.clock import Clock
from common.contracts import memory as m
from common.messages import ActionError, ErrorCode
from common.state.store import Store


class MemoryLedger:
    """Hold shelf, relations and groups, and change them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._clock = clock
        self._writing = asyncio.Lock()
        self._ids = IdentifierSource(clock)
        self.shelf = MemoryShelf(store)
        self.relations = RelationGraph(store)
        self.groups = GroupShelf(store)

    async def load(self) -> int:
        """Read everything from the store and return how many memories there are."""
        async with self._writing:
            await self.relations.load()
            await self.groups.load()
            return await self.shelf.load()

    async def add(self, request: m.AddMemoryRequest) -> m.Memory:
        """Keep a new memory; an id that is taken conflicts."""
        async with self._writing:
            memory_id = request.memory_id or self._ids.next("mem")
            if memory_id in self.shelf:
                message = f"there is a memory {memory_id!r} already"
                raise ActionError(ErrorCode.CONFLICT, message, "memory_id")
            if request.parent_id is not None:
                self.shelf.get(request.parent_id, "parent_id")
            now = self._clock.now()
            memory = m.Memory(
                **request.model_dump(exclude={"memory_id"}),
                memory_id=memory_id,
                strength=decay.initial_strength(request.importance),
                created_at=now,
                updated_at=now,
                measured_at=now,
            )
            await self.shelf.save(memory)
            return memory

    async def update(self, request: m.UpdateMemoryRequest) -> m.Memory:
        """Change the fields that are given; decay goes on from the strength of this moment."""
        async with self._writing:
            memory = self.shelf.get(request.memory_id)
            if request.expected_version not in (None, memory.version):
                message = f"expected version {request.expected_version}, found {memory.version}"
                raise ActionError(ErrorCode.CONFLICT, message, "expected_version")
            changes = request.model_dump(
                exclude={"memory_id", "expected_version"}, exclude_none=True
            )
            now = self._clock.now()
            stamp = {"updated_at": now, "version": memory.version + 1}
            changed = decay.seen_at(memory, now).model_copy(update={**changes, **stamp})
            await self.shelf.save(changed)
            return changed

    async def reinforce(self, memory_id: str, amount: float) -> m.Memory:
        """Strengthen a memory."""
        async with self._writing:
            memory = decay.reinforced(self.shelf.get(memory_id), amount, self._clock.now())
            await self.shelf.save(memory)
            return memory

    async def delete(self, memory_id: str, policy: m.ChildrenPolicy) -> m.MemoriesDeleted:
        """Delete a memory and do with its children what the policy says."""
        async with self._writing:
            memory = self.shelf.get(memory_id)
            below = [child.memory_id for child in self.shelf.descendants(memory_id)]
            adopted: list[m.Memory] = []
            if policy is m.ChildrenPolicy.REFUSE and below:
                message = f"{len(below)} memories are below {memory_id!r}: choose cascade or adopt"
                raise ActionError(ErrorCode.CONFLICT, message, "children")
            if policy is m.ChildrenPolicy.ADOPT:
                adopted, below = self.shelf.children(memory_id), []
            for child in adopted:
                await self.shelf.save(child.model_copy(update={"parent_id": memory.parent_id}))
            for key in (*reversed(below), memory_id):  # never leaves a child without its parent
                await self._drop(key)
            adopted_ids = tuple(child.memory_id for child in adopted)
            return m.MemoriesDeleted(memory_ids=(memory_id, *below), adopted_ids=adopted_ids)

    async def relate(self, request: m.AddRelationshipRequest) -> m.Relationship:
        """Tie two memories together, or change the strength of the tie that is there."""
        async with self._writing:
            self.shelf.get(request.source_id, "source_id")
            self.shelf.get(request.target_id, "target_id")
            relation = m.Relationship(**request.model_dump(), created_at=self._clock.now())
            await self.relations.save(relation)
            return relation

    async def create_group(self, request: m.CreateContextGroupRequest) -> m.ContextGroup:
        """Make a group; a name that is taken conflicts."""
        async with self._writing:
            if self.groups.named(request.name) is not None:
                message = f"there is a group {request.name!r} already"
                raise ActionError(ErrorCode.CONFLICT, message, "name")
            group = m.ContextGroup(
                group_id=self._ids.next("grp"),
                name=request.name,
                description=request.description,
                memory_ids=self._members((), request.memory_ids),
                created_at=self._clock.now(),
            )
            return await self.groups.save(group)

    async def add_to_group(self, group_id: str, memory_ids: tuple[str, ...]) -> m.ContextGroup:
        """Put memories into a group."""
        async with self._writing:
            group = self.groups.get(group_id)
            members = self._members(group.memory_ids, memory_ids)
            return await self.groups.save(group.model_copy(update={"memory_ids": members}))

    async def sweep(self) -> tuple[int, int]:
        """Demote what faded and forget what is gone; return how many of each."""
        demoted = forgotten = 0
        for seen in self.shelf:
            async with self._writing:  # taken anew for each, so that nobody waits for the sweep
                if seen.memory_id not in self.shelf:
                    continue
                memory = self.shelf.get(seen.memory_id)
                left = decay.faded(memory, self._clock.now())
                if left is None and not self.shelf.children(memory.memory_id):
                    await self._drop(memory.memory_id)
                    forgotten += 1
                elif left is not None and left is not memory:
                    await self.shelf.save(left)
                    demoted += 1
        return demoted, forgotten

    def _members(self, present: tuple[str, ...], added: tuple[str, ...]) -> tuple[str, ...]:
        for memory_id in added:
            self.shelf.get(memory_id, "memory_ids")
        return tuple(dict.fromkeys((*present, *added)))

    async def _drop(self, memory_id: str) -> None:
        await self.relations.drop(memory_id)
        await self.groups.drop(memory_id)
        await self.shelf.drop(memory_id)
