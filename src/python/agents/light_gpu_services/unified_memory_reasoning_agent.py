"""
UnifiedMemoryReasoningAgent: questions that need several memories, known errors, twins of users.

Combining is memory_chains, errors error_patterns; the memories of others are the memory service's.
"""

from __future__ import annotations

import asyncio
import hashlib

from agents.light_gpu_services.error_patterns import likeness, normalised
from agents.light_gpu_services.memory_chains import Piece, chain_of, combined, entities_of
from agents.light_gpu_services.twin_book import TwinBook
from common.agent import Agent, action
from common.contracts import memory_reasoning as r
from common.contracts.memory import MemoryHits, SearchMemoryRequest
from common.messages import ActionError

INTERACTIONS = "interactions"
ERRORS = "errors"
KEPT_INTERACTIONS = 1_000
KEPT_ERRORS = 1_000
KEPT_SECONDS = 180 * 24 * 3600.0
MEMORY_SECONDS = 3.0
ASKED_MEMORIES = 50
FOLLOWED = 3


class UnifiedMemoryReasoningAgent(Agent):
    """Combine memories, know error fixes, keep a twin of each user."""

    async def start(self) -> None:
        """Go on counting where the last process stopped."""
        self._writing = asyncio.Lock()
        self._twins = TwinBook(self.store)
        newest = await self.store.scan(INTERACTIONS, limit=1, newest_first=True)
        self._count = int(newest[0][0]) if newest else 0

    async def state_cleared(self) -> None:
        """Count from the beginning."""
        self._count = 0

    @action
    async def add_interaction(
        self, request: r.AddMemoryInteractionRequest
    ) -> r.MemoryInteractionAdded:
        """Keep what was said and answered, for 180 days at most."""
        async with self._writing:
            self._count += 1
            number = self._count
        now = self.clock.now()
        document = {**request.model_dump(mode="json"), "at": now}
        await self.store.put(INTERACTIONS, _key(number), document, expires_at=now + KEPT_SECONDS)
        if number > KEPT_INTERACTIONS:
            await self.store.delete(INTERACTIONS, _key(number - KEPT_INTERACTIONS))
        entities = entities_of(f"{request.text} {request.answer}")
        return r.MemoryInteractionAdded(interaction_id=_key(number), entities=entities)

    @action
    async def get_context(self, request: r.CombinedContextRequest) -> r.CombinedContext:
        """Return the memories that answer a question together, and the chain that ties them."""
        own = await self._interactions(request.user_id)
        theirs, note = await self._memories(request.query)
        if request.hops and theirs:
            # What the first memories name is asked for, too: the service ranks by words alone.
            for piece in theirs[:FOLLOWED]:
                more, _ = await self._memories(piece.text[:500])
                theirs += [each for each in more if each.key not in {p.key for p in theirs}]
        found = await asyncio.to_thread(
            combined, request.query, [*own, *theirs], self.clock.now(), request.limit, request.hops
        )
        chain = chain_of(request.query, found)
        return r.CombinedContext(
            query=request.query,
            pieces=tuple(_shown(piece) for piece in found),
            answer=" ".join(piece.text.strip() for piece in chain)[:4_000],
            chain=tuple(piece.key for piece in chain),
            note=note,
        )

    @action
    async def add_error_pattern(self, request: r.AddErrorPatternRequest) -> r.ErrorPatternReply:
        """Learn what solves an error; telling again counts how often it worked."""
        pattern = normalised(request.error)
        solution = request.solution.strip()
        key = hashlib.sha256(f"{pattern.casefold()}\n{solution}".encode()).hexdigest()[:24]
        async with self._writing:
            document = await self.store.get(ERRORS, key)
            known = r.ErrorPattern(pattern_id=key, pattern=pattern, solution=solution)
            if document is not None:
                known = r.ErrorPattern.model_validate(document)
            else:
                await self._make_room()
            changed = {
                "worked": known.worked + request.worked,
                "failed": known.failed + (not request.worked),
                "updated_at": self.clock.now(),
            }
            known = known.model_copy(update=changed)
            await self.store.put(ERRORS, key, known.model_dump(mode="json"))
        return r.ErrorPatternReply(pattern=known)

    @action
    async def get_error_solution(self, request: r.ErrorSolutionRequest) -> r.ErrorSolution:
        """Return what solved the error most like this one."""
        wanted = normalised(request.error)
        found = await self.store.scan(ERRORS)
        best: tuple[float, float, r.ErrorPattern] | None = None
        for _, document in found:
            known = r.ErrorPattern.model_validate(document)
            trust = (known.worked + 1) / (known.worked + known.failed + 2)
            rank = (likeness(wanted, known.pattern), trust, known)
            if best is None or rank[:2] > best[:2]:
                best = rank
        # What failed at least as often as it worked is no solution.
        if best is None or best[0] < max(request.minimum_likeness, 0.01) or best[1] < 0.5:
            return r.ErrorSolution(found=False)
        return r.ErrorSolution(
            found=True, solution=best[2].solution, pattern=best[2], likeness=best[0]
        )

    @action
    async def update_twin(self, request: r.UpdateTwinRequest) -> r.UserTwin:
        """Change keys of a user's twin; one that is not there yet begins."""
        async with self._writing:
            return await self._twins.update(request, self.clock.now())

    @action
    async def get_twin(self, request: r.TwinRequest) -> r.UserTwin:
        """Return a user's twin."""
        return await self._twins.get(request.user_id)

    @action
    async def delete_twin(self, request: r.DeleteTwinRequest) -> r.TwinDeleted:
        """Delete a user's twin."""
        deleted = await self._twins.delete(request.user_id)
        return r.TwinDeleted(user_id=request.user_id, deleted=deleted)

    async def _interactions(self, user_id: str | None) -> list[Piece]:
        found = await self.store.scan(INTERACTIONS, limit=KEPT_INTERACTIONS, newest_first=True)
        return [
            Piece(key, "interaction", f"{said['text']} {said['answer']}".strip(), _time(said["at"]))
            for key, said in found
            if user_id in (None, said["user_id"])
        ]

    async def _memories(self, query: str) -> tuple[list[Piece], str]:
        wanted = SearchMemoryRequest(query=query[:2_000], limit=ASKED_MEMORIES)
        try:
            found = await self.peers.call(
                "memory_orchestrator_service", "search_memory", wanted, MemoryHits,
                timeout=MEMORY_SECONDS,
            )  # fmt: skip
        except ActionError as error:
            self.log.warning("memory did not answer: %s", error)
            return [], f"memory did not answer: {error.code.value}"
        memories = (hit.memory for hit in found.hits)
        return [Piece(m.memory_id, "memory", m.content, m.updated_at) for m in memories], ""

    async def _make_room(self) -> None:
        found = await self.store.scan(ERRORS)
        if len(found) >= KEPT_ERRORS:
            oldest = min(found, key=lambda entry: _time(entry[1]["updated_at"]))
            await self.store.delete(ERRORS, oldest[0])


def _shown(piece: Piece) -> r.ContextPiece:
    return r.ContextPiece(
        source="memory" if piece.source == "memory" else "interaction",
        piece_id=piece.key,
        text=piece.text,
        score=piece.score,
        hop=piece.hop,
        via=piece.via,
        at=piece.at,
    )


def _time(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _key(number: int) -> str:
    return f"{number:012d}"
