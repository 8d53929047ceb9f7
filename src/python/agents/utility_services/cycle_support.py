"""
What other agents do for a training cycle: each of them may be missing, and a note says so.

Plans and phases may not enter.
"""

from __future__ import annotations

from typing import Final

from common.contracts import learning_progress as p
from common.contracts import training as t
from common.contracts.evaluation import Logged, LogModelEvaluationRequest
from common.contracts.learning import TrainingMaterial, TrainingMaterialRequest
from common.contracts.resources import AllocateRequest, Grant, Released, ReleaseRequest, Shares
from common.messages import ActionError, ErrorCode
from common.peers import Peers

RESOURCES: Final = "resource_manager"
RATES: Final = "learning_manager"
PARAMETERS: Final = "learning_adjuster_agent"
MATERIAL: Final = "active_learning_monitor"
EVALUATION: Final = "model_evaluation_framework"
SHARES: Final = Shares(cpu=0.5, memory_mb=128.0)
DEFAULTS: Final = t.TrainingPlan()
DECAYS: Final = "weight_decay"


class CycleSupport:
    """Ask for a share of the host, for how to learn, and for material; tell the scores."""

    def __init__(self, peers: Peers, slug: str) -> None:
        self._peers = peers
        self._slug = slug

    async def grant(self, cycle_id: str, seconds: float) -> tuple[bool, str]:
        """Return whether the cycle may have its share, and why not or what was missing."""
        wanted = AllocateRequest(
            request_id=f"cycle.{cycle_id}", agent=self._slug, shares=SHARES, lease_seconds=seconds
        )
        try:
            found = await self._peers.call(RESOURCES, "allocate_resources", wanted, Grant)
        except ActionError as error:
            return True, _note("its share of the host is not accounted for", error)
        return found.granted, found.reason

    async def release(self, cycle_id: str) -> None:
        """Give the share back; without its keeper it ends by itself."""
        wanted = ReleaseRequest(request_id=f"cycle.{cycle_id}")
        try:
            await self._peers.call(RESOURCES, "release_resources", wanted, Released)
        except ActionError:
            return

    async def material(self) -> t.Examples:
        """Return what was set aside."""
        wanted = TrainingMaterialRequest(limit=t.MOST_EXAMPLES)
        found = await self._peers.call(MATERIAL, "get_training_material", wanted, TrainingMaterial)
        return found.examples

    async def plan(self, model: str, epochs: int) -> tuple[t.TrainingPlan, tuple[str, ...]]:
        """Return how to train, by what earlier runs have shown."""
        plan, notes = DEFAULTS.model_copy(update={"epochs": epochs}), []
        try:
            plan = plan.model_copy(update={"learning_rate": await self._rate(model)})
        except ActionError as error:
            notes.append(_note("the learning rate is the usual one", error))
        try:
            plan = plan.model_copy(update={DECAYS: await self._decay(plan.weight_decay)})
        except ActionError as error:
            notes.append(_note("the weight decay is the usual one", error))
        return plan, tuple(notes)

    async def record(self, cycle: t.Cycle, scores: t.TrainingScores) -> tuple[str, ...]:
        """Tell the scores before and after, and return notes on who did not hear them."""
        notes = []
        try:
            for score, note in ((scores.before, "before training"), (scores.after, "trained")):
                told = LogModelEvaluationRequest(
                    model=cycle.model,
                    score=score,
                    examples=scores.held_out,
                    cycle_id=cycle.cycle_id,
                    note=note,
                )
                await self._peers.call(EVALUATION, "log_model_evaluation", told, Logged)
        except ActionError as error:
            notes.append(_note("the scores are not recorded", error))
        reached = p.UpdateSessionRequest(session_id=_session(cycle.model), score=scores.after)
        try:
            await self._peers.call(RATES, "update_session", reached, p.LearningSession)
        except ActionError as error:
            notes.append(_note("the learning rate was not adapted", error))
        return tuple(notes)

    async def _rate(self, model: str) -> float:
        wanted = p.SessionQuery(session_id=_session(model))
        try:
            found = await self._peers.call(RATES, "get_learning_rate", wanted, p.LearningRate)
        except ActionError as error:
            if error.code is not ErrorCode.NOT_FOUND:
                raise
            begun = p.CreateSessionRequest(
                session_id=_session(model),
                subject=f"cycles of {model}",
                learning_rate=DEFAULTS.learning_rate,
                minimum_rate=0.05,
                maximum_rate=2.0,
            )
            made = await self._peers.call(RATES, "create_session", begun, p.LearningSession)
            return made.learning_rate
        return found.learning_rate

    async def _decay(self, usual: float) -> float:
        found = await self._peers.call(
            PARAMETERS, "get_parameters", p.ParametersQuery(), p.Parameters
        )
        tuned = {one.name: one.value for one in found.parameters}
        return min(1.0, max(0.0, tuned.get(DECAYS, usual)))


def _session(model: str) -> str:
    return f"cycles.{model}"


def _note(what: str, error: ActionError) -> str:
    return f"{what}: {error.code.value}"
