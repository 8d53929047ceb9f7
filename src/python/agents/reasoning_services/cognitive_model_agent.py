"""
CognitiveModelAgent: a graph of beliefs, and whether new ones are consistent with it.

Reading sentences is propositions, drawing conclusions is belief_graph.
"""

from __future__ import annotations

import asyncio
import hashlib

from agents.reasoning_services.belief_checks import check_equation
from agents.reasoning_services.belief_graph import (
    Conclusion,
    Conclusions,
    Told,
    belief_id,
    conclude,
    conflicts,
    weakest,
)
from agents.reasoning_services.propositions import Rule, parse
from common.agent import Agent, action
from common.contracts import reasoning as r
from common.messages import ActionError, ErrorCode

BELIEFS = "beliefs"
MAX_BELIEFS = 500


class CognitiveModelAgent(Agent):
    """Keep beliefs, draw conclusions, and give up the weaker side of a contradiction."""

    _held: Conclusions

    async def start(self) -> None:
        """Take up the beliefs."""
        self._writing = asyncio.Lock()
        await self._load()

    async def state_cleared(self) -> None:
        """Believe nothing."""
        await self._load()

    @action
    async def add_belief(self, request: r.AddBeliefRequest) -> r.BeliefAdded:
        """Believe a statement, unless something surer contradicts it."""
        async with self._writing:
            return await self._add(request)

    @action
    async def query_belief(self, request: r.BeliefQuery) -> r.BeliefAnswer:
        """Say whether a statement follows from the beliefs, and from which."""
        read = parse(request.statement)
        if isinstance(read, Rule):
            return self._of_rule(request.statement)
        yes, no = self._held.get(read), self._held.get(read.negated())
        best = max(
            (found for found in (yes, no) if found), key=lambda f: f.confidence, default=None
        )
        if best is None:
            return await check_equation(self.peers, request.statement)
        return r.BeliefAnswer(
            statement=request.statement,
            truth=r.Truth.TRUE if best is yes else r.Truth.FALSE,
            confidence=best.confidence,
            because=self._statements(best),
            is_told=best.is_told,
        )

    @action
    async def retract_belief(self, request: r.RetractBeliefRequest) -> r.BeliefRetracted:
        """Give up a belief, and everything that followed only from it."""
        async with self._writing:
            key = request.belief_id or belief_id(request.statement or "")
            belief = self._beliefs.get(key)
            if belief is None:
                raise ActionError(ErrorCode.NOT_FOUND, f"no belief {key}", "belief_id")
            before = self._held
            await self._drop(key)
            self._held = await self._concluded()
            gone = sorted(str(found) for found in before if found not in self._held)
            return r.BeliefRetracted(retracted=belief.statement, no_longer=tuple(gone))

    @action
    async def get_belief_system(self, request: r.BeliefSystemRequest) -> r.BeliefSystem:
        """Return what is told, what follows, and which way."""
        derived = [found for found in self._held.values() if not found.is_told]
        return r.BeliefSystem(
            told=tuple(self._beliefs.values())[: request.limit],
            derived=tuple(self._derived(found) for found in derived[: request.limit]),
            edges=tuple(
                r.BeliefEdge(source=str(c), target=str(f.literal), rule=self._said(f.by[1]))
                for f in derived[: request.limit] if f.by
                for c in f.by[0]
            ),
            consistent=not conflicts(self._held),
            total=len(self._beliefs),
        )  # fmt: skip

    async def _load(self) -> None:
        found = await self.store.scan(BELIEFS)
        self._beliefs = {key: r.Belief.model_validate(document) for key, document in found}
        self._held = await self._concluded()

    async def _add(self, request: r.AddBeliefRequest) -> r.BeliefAdded:
        key = belief_id(request.statement)
        if len(self._beliefs) >= MAX_BELIEFS and key not in self._beliefs:
            raise ActionError(ErrorCode.CONFLICT, f"expected at most {MAX_BELIEFS} beliefs")
        before = self._held
        old = dict(self._beliefs)
        self._beliefs[key] = r.Belief(
            belief_id=key, statement=request.statement.strip(), confidence=request.confidence,
            source=request.source, added_at=self.clock.now(),
        )  # fmt: skip
        self._held = await self._concluded()
        found = conflicts(self._held)
        shown = tuple(self._contradiction(pair) for pair in found[:20])
        retracted = await self._revise(key, request.on_conflict) if found else ()
        accepted = key in self._beliefs
        if not accepted:
            self._beliefs, self._held = old, before
        else:
            await self.store.put(BELIEFS, key, self._beliefs[key].model_dump(mode="json"))
            for gone in retracted:
                await self.store.delete(BELIEFS, belief_id(gone))
        new = sorted(str(each) for each in self._held if each not in before)
        return r.BeliefAdded(
            belief_id=key, accepted=accepted, consistent=not found, contradictions=shown,
            retracted=retracted if accepted else (), concluded=tuple(new),
        )  # fmt: skip

    async def _revise(self, new: str, policy: r.Conflict) -> tuple[str, ...]:
        retracted: list[str] = []
        if policy is r.Conflict.REFUSE:
            del self._beliefs[new]
            return ()
        while found := conflicts(self._held):
            goes = weakest(found[0], self._told(), new)
            retracted.append(self._beliefs.pop(goes).statement)
            if goes == new:
                return ()
            self._held = await self._concluded()
        return tuple(retracted)

    async def _drop(self, key: str) -> None:
        del self._beliefs[key]
        await self.store.delete(BELIEFS, key)

    def _told(self) -> dict[str, Told]:
        return {
            key: Told(key, belief.statement, belief.confidence)
            for key, belief in self._beliefs.items()
        }

    async def _concluded(self) -> Conclusions:
        return await asyncio.to_thread(conclude, tuple(self._told().values()))

    def _of_rule(self, statement: str) -> r.BeliefAnswer:
        belief = self._beliefs.get(belief_id(statement))
        return r.BeliefAnswer(
            statement=statement,
            truth=r.Truth.TRUE if belief else r.Truth.UNKNOWN,
            confidence=belief.confidence if belief else 0.0,
            because=(belief.statement,) if belief else (),
            is_told=belief is not None,
        )

    def _statements(self, found: Conclusion) -> tuple[str, ...]:
        return tuple(self._said(key) for key in sorted(found.because))

    def _said(self, key: str) -> str:
        return self._beliefs[key].statement

    def _contradiction(self, pair: tuple[Conclusion, Conclusion]) -> r.Contradiction:
        return r.Contradiction(
            about=str(pair[0].literal),
            supports=self._statements(pair[0]),
            opposes=self._statements(pair[1]),
        )

    def _derived(self, found: Conclusion) -> r.Belief:
        key = hashlib.sha256(str(found.literal).encode()).hexdigest()[:16]
        return r.Belief(
            belief_id=f"derived-{key}", statement=str(found.literal),
            confidence=found.confidence, because=self._statements(found),
        )  # fmt: skip
