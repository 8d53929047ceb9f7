"""
All memories in reach: a read copy and its indexes in memory, the store as the truth.

Every write goes to the store first, so what a reader sees is durable. Decay, requests and replies
may not enter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from agents.memory_orchestrator.embedding import VectorIndex
from common.contracts.memory import Memory
from common.messages import ActionError, ErrorCode
from common.state.store import Store
from common.text import TextIndex

COLLECTION: Final = "memories"


def indexed_text(memory: Memory) -> str:
    """Return what a search sees of a memory."""
    return " ".join((memory.content, *memory.tags))


def by_creation(memory: Memory) -> tuple[float, str]:
    """Return the sort key that puts memories in the order they were made."""
    return memory.created_at, memory.memory_id


class MemoryShelf:
    """Hold the memories by id, by parent and in the two search indexes."""

    def __init__(self, store: Store) -> None:
        """Begin empty; `load` fills it."""
        self._store = store
        self._memories: dict[str, Memory] = {}
        self._children: dict[str, set[str]] = defaultdict(set)
        self._words = TextIndex()
        self._forms = VectorIndex()

    async def load(self) -> int:
        """Rebuild everything from the store and return how many memories there are."""
        for memory_id in tuple(self._memories):
            self._forget(memory_id)
        for _, document in await self._store.scan(COLLECTION):
            self._remember(Memory.model_validate(document))
        return len(self._memories)

    def __contains__(self, memory_id: object) -> bool:
        """Say whether there is such a memory."""
        return memory_id in self._memories

    def __iter__(self) -> Iterator[Memory]:
        """Iterate over a copy, so that a writer does not disturb a reader."""
        return iter(tuple(self._memories.values()))

    def __len__(self) -> int:
        """Count the memories."""
        return len(self._memories)

    def get(self, memory_id: str, field: str = "memory_id") -> Memory:
        """Return a memory; NOT_FOUND names the field of the request that was wrong."""
        memory = self._memories.get(memory_id)
        if memory is None:
            raise ActionError(ErrorCode.NOT_FOUND, f"there is no memory {memory_id!r}", field)
        return memory

    def children(self, memory_id: str) -> list[Memory]:
        """Return the direct children in the order they were made."""
        keys = self._children.get(memory_id, ())
        return sorted((self._memories[key] for key in keys), key=by_creation)

    def descendants(self, memory_id: str) -> list[Memory]:
        """Return everything below a memory, parents before their children."""
        found = self.children(memory_id)
        for memory in found:  # grows while it is walked: breadth first
            found.extend(self.children(memory.memory_id))
        return found

    async def save(self, memory: Memory) -> None:
        """Write a memory, then show it to readers."""
        await self._store.put(COLLECTION, memory.memory_id, memory.model_dump(mode="json"))
        self._remember(memory)

    async def drop(self, memory_id: str) -> None:
        """Delete a memory from the store, then from every index."""
        await self._store.delete(COLLECTION, memory_id)
        self._forget(memory_id)

    def search_words(self, query: str) -> list[tuple[Memory, float]]:
        """Rank by BM25 over stems."""
        hits = self._words.search(query, max(1, len(self._memories)))
        return [(self._memories[key], score) for key, score in hits]

    def search_forms(self, query: str) -> list[tuple[Memory, float]]:
        """Rank by cosine of hashed stems and trigrams."""
        return [(self._memories[key], score) for key, score in self._forms.search(query)]

    def _remember(self, memory: Memory) -> None:
        before = self._memories.get(memory.memory_id)
        if before is not None and before.parent_id is not None:
            self._children[before.parent_id].discard(memory.memory_id)
        self._memories[memory.memory_id] = memory
        if memory.parent_id is not None:
            self._children[memory.parent_id].add(memory.memory_id)
        text = indexed_text(memory)
        if before is None or indexed_text(before) != text:
            self._words.add(memory.memory_id, text)
            self._forms.add(memory.memory_id, text)

    def _forget(self, memory_id: str) -> None:
        memory = self._memories.pop(memory_id)
        self._words.remove(memory_id)
        self._forms.remove(memory_id)
        self._children.pop(memory_id, None)
        if memory.parent_id is not None:
            self._children[memory.parent_id].discard(memory_id)
