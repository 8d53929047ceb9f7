"""
What ties memories together besides parenthood: typed relations and context groups.

Both are kept whole in memory and written through to the store. Memory contents may not enter.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from common.contracts.memory import ContextGroup, Direction, Relationship
from common.messages import ActionError, ErrorCode
from common.state.store import Store

RELATIONS: Final = "relations"
GROUPS: Final = "groups"

Key = tuple[str, str, str]


def key_of(relation: Relationship) -> Key:
    """Return what makes a relation one: its two ends and its type."""
    return relation.source_id, relation.relation, relation.target_id


class RelationGraph:
    """Hold typed relations, findable from both ends."""

    def __init__(self, store: Store) -> None:
        """Begin empty; `load` fills it."""
        self._store = store
        self._relations: dict[Key, Relationship] = {}
        self._touching: dict[str, set[Key]] = defaultdict(set)

    async def load(self) -> None:
        """Rebuild from the store."""
        self._relations.clear()
        self._touching.clear()
        for _, document in await self._store.scan(RELATIONS):
            self._remember(Relationship.model_validate(document))

    async def save(self, relation: Relationship) -> None:
        """Add a relation, or replace the one with the same ends and type."""
        key = "|".join(key_of(relation))
        await self._store.put(RELATIONS, key, relation.model_dump(mode="json"))
        self._remember(relation)

    async def drop(self, memory_id: str) -> None:
        """Delete every relation that begins or ends at a memory."""
        for key in sorted(self._touching.pop(memory_id, set())):
            await self._store.delete(RELATIONS, "|".join(key))
            del self._relations[key]
            for end in (key[0], key[2]):
                self._touching[end].discard(key)

    def of(self, memory_id: str) -> list[tuple[Relationship, Direction, str]]:
        """Return relation, direction seen from here and other end; strongest first."""
        found = [self._relations[key] for key in self._touching.get(memory_id, ())]
        found.sort(key=lambda relation: (-relation.strength, key_of(relation)))
        return [
            (relation, Direction.OUTGOING, relation.target_id)
            if relation.source_id == memory_id
            else (relation, Direction.INCOMING, relation.source_id)
            for relation in found
        ]

    def _remember(self, relation: Relationship) -> None:
        key = key_of(relation)
        self._relations[key] = relation
        self._touching[relation.source_id].add(key)
        self._touching[relation.target_id].add(key)


class GroupShelf:
    """Hold named groups of memories."""

    def __init__(self, store: Store) -> None:
        """Begin empty; `load` fills it."""
        self._store = store
        self._groups: dict[str, ContextGroup] = {}

    async def load(self) -> None:
        """Rebuild from the store."""
        documents = await self._store.scan(GROUPS)
        self._groups = {key: ContextGroup.model_validate(document) for key, document in documents}

    def get(self, group_id: str) -> ContextGroup:
        """Return a group or raise NOT_FOUND."""
        group = self._groups.get(group_id)
        if group is None:
            raise ActionError(ErrorCode.NOT_FOUND, f"there is no group {group_id!r}", "group_id")
        return group

    def named(self, name: str) -> ContextGroup | None:
        """Return the group of this name."""
        return next((group for group in self._groups.values() if group.name == name), None)

    async def save(self, group: ContextGroup) -> ContextGroup:
        """Write a group and return it."""
        await self._store.put(GROUPS, group.group_id, group.model_dump(mode="json"))
        self._groups[group.group_id] = group
        return group

    async def drop(self, memory_id: str) -> None:
        """Take a memory out of every group."""
        for group in tuple(self._groups.values()):
            if memory_id in group.memory_ids:
                left = tuple(key for key in group.memory_ids if key != memory_id)
                await self.save(group.model_copy(update={"memory_ids": left}))
