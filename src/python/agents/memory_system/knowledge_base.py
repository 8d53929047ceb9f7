"""
Long-lived facts by topic, kept as memories of the long tier through memory_client.

No storage of its own may enter: what a fact is, is said here; where it lives is not.
"""

from __future__ import annotations

from typing import Final

from pydantic import JsonValue, TypeAdapter

from common.agent import Agent, action
from common.contracts import knowledge as k
from common.contracts import memory as m
from common.messages import ActionError, ErrorCode
from common.text import tokens

CLIENT: Final = "memory_client"
FACT: Final = "fact"
REVISIONS_KEPT: Final = 50

_HISTORY: Final[TypeAdapter[tuple[k.FactRevision, ...]]] = TypeAdapter(tuple[k.FactRevision, ...])


def tag_of(topic: str) -> str:
    """Return the form of a topic under which facts are found whatever its case and spacing."""
    return " ".join(tokens(topic)) or topic.strip().casefold()


def fact_of(memory: m.Memory) -> k.Fact:
    """Read a fact from the memory that holds it."""
    return k.Fact(
        fact_id=memory.memory_id,
        topic=str(memory.metadata.get("topic", "")),
        content=memory.content,
        created_at=memory.created_at,
        updated_at=memory.updated_at,
        history=_HISTORY.validate_python(memory.metadata.get("history", ())),
    )


class KnowledgeBase(Agent):
    """Store and find facts by topic."""

    @action
    async def add_fact(self, request: k.AddFactRequest) -> k.FactAdded:
        """Keep a fact; told again, it is reinforced instead of kept twice."""
        known = await self._same(request)
        if known is not None:
            again = m.ReinforceMemoryRequest(memory_id=known)
            await self.peers.call(CLIENT, "reinforce_memory", again, m.MemoryFound)
            return k.FactAdded(fact_id=known, known=True)
        memory = m.AddMemoryRequest(
            content=request.content.strip(),
            memory_type=FACT,
            tier=m.Tier.LONG,
            importance=request.importance,
            tags=(tag_of(request.topic),),
            metadata={"topic": request.topic.strip(), "history": []},
        )
        added = await self.peers.call(CLIENT, "add_memory", memory, m.MemoryAdded)
        return k.FactAdded(fact_id=added.memory_id)

    @action
    async def get_fact(self, request: k.GetFactRequest) -> k.FactFound:
        """Return a fact by id, or the newest of a topic."""
        if request.fact_id is not None:
            return k.FactFound(fact=fact_of(await self._read(request.fact_id)))
        topic = request.topic or ""
        where = m.MemoryFilter(memory_type=FACT, tags=(tag_of(topic),))
        hits = await self._search(m.SearchMemoryRequest(where=where, limit=1))
        if not hits:
            raise ActionError(ErrorCode.NOT_FOUND, f"there is no fact about {topic!r}", "topic")
        return k.FactFound(fact=fact_of(hits[0].memory))

    @action
    async def update_fact(self, request: k.UpdateFactRequest) -> k.FactFound:
        """Change what a fact says and keep what it said before."""
        memory = await self._read(request.fact_id)
        fact = fact_of(memory)
        if fact.content == request.content.strip():
            return k.FactFound(fact=fact)
        before = k.FactRevision(
            content=fact.content, replaced_at=self.clock.now(), reason=request.reason
        )
        history = (*fact.history, before)[-REVISIONS_KEPT:]
        kept: list[JsonValue] = [revision.model_dump() for revision in history]
        change = m.UpdateMemoryRequest(
            memory_id=memory.memory_id,
            content=request.content.strip(),
            metadata={**memory.metadata, "history": kept},
            expected_version=memory.version,
        )
        updated = await self.peers.call(CLIENT, "update_memory", change, m.MemoryFound)
        return k.FactFound(fact=fact_of(updated.memory))

    @action
    async def search_facts(self, request: k.SearchFactsRequest) -> k.FactsFound:
        """Find facts by words; where no word matches, by similar word forms."""
        where = m.MemoryFilter(memory_type=FACT)
        hits = await self._search(
            m.SearchMemoryRequest(query=request.query[:2_000], where=where, limit=request.limit)
        )
        if not hits:
            near = m.SemanticSearchRequest(query=request.query, where=where, limit=request.limit)
            hits = (await self.peers.call(CLIENT, "semantic_search", near, m.MemoryHits)).hits
        facts = tuple(k.ScoredFact(fact=fact_of(hit.memory), score=hit.score) for hit in hits)
        return k.FactsFound(facts=facts)

    async def _search(self, request: m.SearchMemoryRequest) -> tuple[m.ScoredMemory, ...]:
        found = await self.peers.call(CLIENT, "search_memory", request, m.MemoryHits)
        return found.hits

    async def _same(self, request: k.AddFactRequest) -> str | None:
        where = m.MemoryFilter(memory_type=FACT, tags=(tag_of(request.topic),))
        query = m.SearchMemoryRequest(query=request.content[:2_000], where=where, limit=20)
        wanted = tokens(request.content)
        for hit in await self._search(query):
            if tokens(hit.memory.content) == wanted:
                return hit.memory.memory_id
        return None

    async def _read(self, fact_id: str) -> m.Memory:
        request = m.GetMemoryRequest(memory_id=fact_id)
        try:
            found = await self.peers.call(CLIENT, "get_memory", request, m.MemoryFound)
        except ActionError as error:
            if error.code is not ErrorCode.NOT_FOUND:
                raise
            raise _no_fact(fact_id) from error
        if found.memory.memory_type != FACT:
            raise _no_fact(fact_id)
        return found.memory


def _no_fact(fact_id: str) -> ActionError:
    return ActionError(ErrorCode.NOT_FOUND, f"there is no fact {fact_id!r}", "fact_id")
