"""
SelfTrainingOrchestrator: plans training cycles and shares out the resources they may use.

What others do for a cycle lies in cycle_support; training belongs to local_fine_tuner_agent.
"""

from __future__ import annotations

import asyncio
import uuid
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from agents.utility_services.cycle_support import CycleSupport
from common.agent import Agent, action
from common.bounded_documents import BoundedDocuments
from common.configuration import Configuration
from common.contracts import training as t
from common.contracts.jobs import JobPhase
from common.messages import ActionError, ErrorCode

TUNER: Final = "local_fine_tuner_agent"
CYCLES: Final = "cycles"
MOST_CYCLES: Final = 200
KEPT_SECONDS: Final = 90 * 86_400.0
MOST_MISSED: Final = 10  # questions in a row that the tuner did not answer


class SelfTrainingOrchestratorConfiguration(Configuration):
    """What an operator may choose: how often to look, and how long a cycle may take."""

    look_seconds: float = Field(default=1.0, ge=0.05, le=60.0)
    most_seconds: float = Field(default=900.0, ge=1.0, le=3_600.0)


class KeptCycle(BaseModel):
    """Hold a cycle, and its examples as long as they are needed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cycle: t.Cycle
    examples: t.Examples = ()


class SelfTrainingOrchestrator(Agent):
    """Carry out cycles one after the other."""

    topics = (t.CYCLE_CHANGES,)
    configuration = SelfTrainingOrchestratorConfiguration

    async def start(self) -> None:
        """Take up the cycles of before; those that ran or waited go on."""
        self._chosen = self.configured(SelfTrainingOrchestratorConfiguration)
        self._support = CycleSupport(self.peers, self.facts.slug)
        self._starting, self._turn = asyncio.Lock(), asyncio.Lock()
        self._cycles = BoundedDocuments(
            self.store, self.clock, CYCLES, most=MOST_CYCLES, seconds=KEPT_SECONDS
        )
        await self._cycles.load()
        for key, _ in await self.store.scan(CYCLES):
            kept = await self._find(key)
            if kept.cycle.phase in (t.CyclePhase.QUEUED, t.CyclePhase.RUNNING):
                self.spawn(self._carry_out(kept), f"cycle {key}")

    async def state_cleared(self) -> None:
        """Learn that there is no cycle any more; what runs ends at its next step."""
        await self._cycles.load()

    @action
    async def create_cycle(self, request: t.CreateCycleRequest) -> t.CycleReply:
        """Plan a cycle."""
        cycle = t.Cycle(
            cycle_id=uuid.uuid4().hex[:12],
            model=request.model,
            phase=t.CyclePhase.PLANNED,
            epochs=request.epochs,
            reason=request.reason,
            examples=len(request.examples),
            created_at=self.clock.now(),
        )
        await self._keep(KeptCycle(cycle=cycle, examples=request.examples))
        return t.CycleReply(cycle=cycle)

    @action
    async def start_cycle(self, request: t.CycleRequest) -> t.CycleReply:
        """Begin a cycle as soon as no other runs and there is room for it."""
        async with self._starting:
            kept = await self._find(request.cycle_id)
            if kept.cycle.phase is not t.CyclePhase.PLANNED:
                message = f"expected a cycle that was not started, found {kept.cycle.phase.value}"
                raise ActionError(ErrorCode.CONFLICT, message, "cycle_id")
            kept = await self._move(kept, phase=t.CyclePhase.QUEUED)
        self.spawn(self._carry_out(kept), f"cycle {request.cycle_id}")
        return t.CycleReply(cycle=kept.cycle)

    @action
    async def get_status(self, request: t.CycleStatusRequest) -> t.CycleStatus:
        """Say how far cycles are."""
        if request.cycle_id is not None:
            return t.CycleStatus(cycles=((await self._find(request.cycle_id)).cycle,))
        rows = await self.store.scan(CYCLES)
        cycles = [t.Cycle.model_validate(document["cycle"]) for _, document in rows]
        newest = sorted(cycles, key=lambda cycle: (-cycle.created_at, cycle.cycle_id))
        return t.CycleStatus(cycles=tuple(newest[: request.limit]))

    async def _carry_out(self, kept: KeptCycle) -> None:
        async with self._turn:
            try:
                kept = await self._with_share(kept)
                kept = await self._with_job(kept)
                scores = await self._result(kept.cycle.job_id or "")
                notes = await self._support.record(kept.cycle, scores)
                await self._move(
                    kept,
                    phase=t.CyclePhase.DONE,
                    scores=scores,
                    recorded=not any("scores" in note for note in notes),
                    notes=(*kept.cycle.notes, *notes),
                    finished_at=self.clock.now(),
                )
            except ActionError as error:
                failed: dict[str, Any] = {"error": str(error), "finished_at": self.clock.now()}
                await self._move(kept, phase=t.CyclePhase.FAILED, **failed)
            finally:
                await self._support.release(kept.cycle.cycle_id)

    async def _with_share(self, kept: KeptCycle) -> KeptCycle:
        until = self.clock.monotonic() + self._chosen.most_seconds
        while True:
            granted, note = await self._support.grant(
                kept.cycle.cycle_id, self._chosen.most_seconds
            )
            if granted:
                return await self._move(kept, notes=(note,) if note else ())
            if self.clock.monotonic() >= until:
                raise ActionError(ErrorCode.UNAVAILABLE, f"there is no room for it: {note}")
            if kept.cycle.notes != (note,):
                kept = await self._move(kept, notes=(note,))
            await self.clock.sleep(self._chosen.look_seconds)

    async def _with_job(self, kept: KeptCycle) -> KeptCycle:
        cycle = kept.cycle
        if cycle.job_id is not None:  # the process before has begun it
            return kept
        plan, notes = await self._support.plan(cycle.model, cycle.epochs)
        examples = kept.examples or await self._support.material()
        try:
            wanted = t.CreateJobRequest(model=cycle.model, examples=examples, plan=plan)
        except ValueError:
            message = f"expected more examples, of 2 labels or more; found {len(examples)}"
            raise ActionError(ErrorCode.CONFLICT, message) from None
        job = await self.peers.call(TUNER, "create_job", wanted, t.TrainingJob, timeout=15.0)
        begin = t.JobRequest(job_id=job.job_id)
        await self.peers.call(TUNER, "start_job", begin, t.TrainingJob)
        change = {"plan": plan, "job_id": job.job_id, "examples": len(examples)}
        notes = (*cycle.notes, *notes)
        return await self._move(kept, phase=t.CyclePhase.RUNNING, notes=notes, **change)

    async def _result(self, job_id: str) -> t.TrainingScores:
        missed, until = 0, self.clock.monotonic() + self._chosen.most_seconds
        while self.clock.monotonic() < until:
            wanted = t.JobQuery(job_id=job_id)
            try:
                job = await self.peers.call(TUNER, "get_status", wanted, t.TrainingJob)
            except ActionError as error:
                missed += 1
                if error.code is ErrorCode.NOT_FOUND or missed >= MOST_MISSED:
                    raise
            else:
                missed = 0
                if job.phase is JobPhase.DONE and job.scores is not None:
                    return job.scores
                if job.phase.is_over:
                    reason = job.error or job.phase.value
                    raise ActionError(ErrorCode.CONFLICT, f"the training job ended: {reason}")
            await self.clock.sleep(self._chosen.look_seconds)
        raise ActionError(ErrorCode.TIMEOUT, "the training job took too long")

    async def _move(self, kept: KeptCycle, **change: Any) -> KeptCycle:
        cycle = kept.cycle.model_copy(update=change)
        moved = KeptCycle(cycle=cycle, examples=() if cycle.phase.is_over else kept.examples)
        await self._keep(moved)
        if cycle.phase is not kept.cycle.phase:
            self.events.publish(t.CYCLE_CHANGES, t.CycleChanged(cycle=cycle))
        return moved

    async def _keep(self, kept: KeptCycle) -> None:
        await self._cycles.put(kept.cycle.cycle_id, kept.model_dump(mode="json"))

    async def _find(self, cycle_id: str) -> KeptCycle:
        document = await self._cycles.get(cycle_id)
        if document is None:
            message = f"expected a cycle that was created, found {cycle_id!r}"
            raise ActionError(ErrorCode.NOT_FOUND, message, "cycle_id")
        return KeptCycle.model_validate(document)
