"""
LearningOrchestrationService: decides which opportunities become training cycles, and follows them.

When a cycle is due lies in cycle_decisions, what is remembered in cycle_book; training belongs
to self_training_orchestrator.
"""

from __future__ import annotations

import asyncio
from typing import Final

from pydantic import Field

from agents.learning_knowledge.cycle_book import CycleBook
from agents.learning_knowledge.cycle_decisions import Budget, united
from common.agent import Agent, action
from common.configuration import Configuration
from common.contracts import learning as c
from common.contracts import training as t
from common.messages import ActionError, ErrorCode, Query

MATERIAL: Final = "active_learning_monitor"
TRAINING: Final = "self_training_orchestrator"
DETECTOR: Final = "learning_opportunity_detector"


class LearningOrchestrationServiceConfiguration(Configuration):
    """What an operator may choose: which model learns, from how much, and how often."""

    model: t.TrainedModel = "intent_classifier"
    least_score: float = Field(default=0.3, ge=0.0, le=1.0)
    batch_size: int = Field(default=5, ge=1, le=1_000)
    least_examples: int = Field(default=12, ge=t.FEWEST_EXAMPLES, le=t.MOST_EXAMPLES)
    cycles_a_day: int = Field(default=6, ge=0, le=1_000)
    pulse_seconds: float = Field(default=10.0, ge=0.1, le=3_600.0)


class LearningOrchestrationService(Agent):
    """Gather opportunities until they are worth a cycle, within a budget."""

    configuration = LearningOrchestrationServiceConfiguration

    async def start(self) -> None:
        """Take up what waits and what runs, and go on deciding."""
        self._chosen = self.configured(LearningOrchestrationServiceConfiguration)
        self._budget = Budget(
            self._chosen.cycles_a_day, self._chosen.batch_size, self._chosen.least_examples
        )
        self._woken = asyncio.Event()
        self._book = CycleBook(self.store, self.clock)
        await self.state_cleared()
        self.spawn(self._go_on(), "decisions")
        self.spawn(self._pulse(), "pulse")
        self.spawn(self._hear_of_cycles(), "cycles")

    async def state_cleared(self) -> None:
        """Read what the store has."""
        self._taken = self._refused = 0
        await self._book.load()
        self._decision = "nothing was decided yet"

    @action
    async def new_learning_opportunity(
        self, request: c.NewOpportunityRequest
    ) -> c.OpportunityTaken:
        """Take an opportunity in, if it is worth it."""
        found = request.opportunity
        if found.processed or found.score < self._chosen.least_score:
            self._refused += 1
            return await self._answer(False, f"its score is below {self._chosen.least_score:g}")
        self._taken += 1
        if (cycle := await self._book.cycle_with(found)) is not None:
            return await self._answer(True, f"it went into cycle {cycle.cycle_id}")
        await self._book.add(found)
        self._woken.set()
        return await self._answer(True, await self._reason_against() or "a cycle is due")

    @action
    async def get_training_cycles(self, request: c.TrainingCyclesRequest) -> c.TrainingCycles:
        """Return cycles as far as they are known to be."""
        cycles = await self._book.cycles()
        wanted = [one for one in cycles if not (request.active_only and one.phase.is_over)]
        return c.TrainingCycles(cycles=tuple(wanted[: request.limit]), decision=self._decision)

    @action
    async def get_stats(self, request: Query) -> c.OrchestrationStats:
        """Say what was decided, and what came of it."""
        cycles = await self._book.cycles()
        done = [one for one in cycles if one.phase is t.CyclePhase.DONE]
        return c.OrchestrationStats(
            taken=self._taken,
            refused=self._refused,
            waiting=len(await self._book.waiting()),
            cycles=len(cycles),
            done=len(done),
            failed=sum(one.phase is t.CyclePhase.FAILED for one in cycles),
            improved=sum(one.has_improved for one in done),
            left_today=self._budget.left(cycles, self.clock.now()),
            decision=self._decision,
        )

    async def _answer(self, accepted: bool, decision: str) -> c.OpportunityTaken:
        waiting = len(await self._book.waiting())
        return c.OpportunityTaken(accepted=accepted, waiting=waiting, decision=decision)

    async def _go_on(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            try:
                await self._refresh()
                await self._decide()
            except ActionError as error:  # at the next pulse it may be there
                self._decision = f"no cycle began: {error}"

    async def _pulse(self) -> None:
        while True:
            self._woken.set()
            await self.clock.sleep(self._chosen.pulse_seconds)

    async def _hear_of_cycles(self) -> None:
        async for delivery in self.peers.subscribe(t.CYCLE_CHANGES):
            try:
                await self._note(delivery.event.cycle)
            except ActionError as error:  # the pulse asks for it again
                self.log.warning("a cycle was not noted", extra={"error": str(error)})
            self._woken.set()

    async def _refresh(self) -> None:
        for known in await self._book.cycles():
            if known.phase.is_over:
                continue
            wanted = t.CycleStatusRequest(cycle_id=known.cycle_id)
            try:
                found = await self.peers.call(TRAINING, "get_status", wanted, t.CycleStatus)
            except ActionError as error:
                if error.code is not ErrorCode.NOT_FOUND:
                    raise
                change = {"phase": t.CyclePhase.FAILED, "error": "its orchestrator forgot it"}
                await self._note(known.model_copy(update=change))
                continue
            for cycle in found.cycles:
                await self._note(cycle)
                if cycle.phase is t.CyclePhase.PLANNED:  # its start got lost
                    await self._begin(cycle.cycle_id)

    async def _decide(self) -> None:
        self._decision = await self._reason_against()
        if self._decision:
            return
        wanted = c.TrainingMaterialRequest(limit=t.MOST_EXAMPLES)
        material = await self.peers.call(
            MATERIAL, "get_training_material", wanted, c.TrainingMaterial
        )
        waiting = await self._book.waiting()
        examples = united(waiting, material.examples)
        self._decision = self._budget.against_material(examples)
        if self._decision:
            return
        plan = t.CreateCycleRequest(
            model=self._chosen.model,
            examples=examples,
            reason=f"{len(waiting)} opportunities, {len(examples)} examples",
        )
        made = await self.peers.call(TRAINING, "create_cycle", plan, t.CycleReply)
        await self._book.follow(made.cycle, waiting)
        await self._begin(made.cycle.cycle_id)
        self._decision = f"cycle {made.cycle.cycle_id} began"

    async def _begin(self, cycle_id: str) -> None:
        begin = t.CycleRequest(cycle_id=cycle_id)
        begun = await self.peers.call(TRAINING, "start_cycle", begin, t.CycleReply)
        await self._note(begun.cycle)

    async def _reason_against(self) -> str:
        waiting, cycles = await self._book.waiting(), await self._book.cycles()
        return self._budget.against(len(waiting), cycles, self.clock.now())

    async def _note(self, cycle: t.Cycle) -> None:
        noted = await self._book.note(cycle)
        if noted is None or cycle.phase is not t.CyclePhase.DONE:
            return
        for key in noted.opportunities:
            done = c.MarkProcessedRequest(opportunity_id=key)
            try:
                await self.peers.call(DETECTOR, "mark_processed", done, c.OpportunityReply)
            except ActionError as error:
                self.log.info("not marked as processed", extra={"error": str(error)})
                if error.code is not ErrorCode.NOT_FOUND:  # those marked by hand are not its own
                    return
