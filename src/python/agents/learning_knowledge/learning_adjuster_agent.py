"""
LearningAdjusterAgent: tunes learning parameters from the results of earlier training runs.

How the next value is found lies in bracket_search. Runs of self_training_orchestrator are heard:
a registered parameter of the name of a field of their plans is tuned by their scores.
"""

from __future__ import annotations

import asyncio
from typing import Final

from agents.learning_knowledge.bracket_search import best_of, proposal, with_trial
from common.agent import Agent, action
from common.contracts import learning_progress as p
from common.contracts.training import CYCLE_CHANGES, Cycle, CyclePhase
from common.messages import ActionError, ErrorCode

PARAMETERS: Final = "parameters"
MOST_PARAMETERS: Final = 200


class LearningAdjusterAgent(Agent):
    """Keep parameters within their bounds and move them to where scores are best."""

    async def start(self) -> None:
        """Take up the parameters, and begin to hear of runs."""
        self._changing = asyncio.Lock()
        await self.state_cleared()
        self.spawn(self._hear_of_runs(), "runs")

    async def state_cleared(self) -> None:
        """Read the parameters, of which there may be none now."""
        rows = await self.store.scan(PARAMETERS)
        self._parameters = {key: p.Parameter.model_validate(document) for key, document in rows}

    @action
    async def register_parameter(self, request: p.RegisterParameterRequest) -> p.ParameterReply:
        """Begin to tune a parameter within bounds."""
        async with self._changing:
            known = self._parameters.get(request.name)
            if known is None and len(self._parameters) >= MOST_PARAMETERS:
                message = f"expected at most {MOST_PARAMETERS} parameters, found one more"
                raise ActionError(ErrorCode.OVERLOADED, message, "name")
            kept = known is not None and (known.minimum, known.maximum) == (
                request.minimum,
                request.maximum,
            )
            trials = known.trials if known and kept else ()
            fresh = p.Parameter(**request.model_dump(), trials=trials, best=best_of(trials))
            return await self._keep(fresh)

    @action
    async def adjust_parameter(self, request: p.AdjustParameterRequest) -> p.ParameterReply:
        """Set a parameter; its bounds hold."""
        async with self._changing:
            known = self._find(request.name)
            value = min(known.maximum, max(known.minimum, request.value))
            reason = "set by hand" if value == request.value else "set by hand, to its bound"
            change = {"value": value, "reason": reason, "converged": False}
            return await self._keep(known.model_copy(update=change))

    @action
    async def record_performance(self, request: p.RecordPerformanceRequest) -> p.ParameterReply:
        """Take in what a value scored."""
        async with self._changing:
            known = self._find(request.name)
            value = known.value if request.value is None else request.value
            if not known.minimum <= value <= known.maximum:
                expected = f"a value from {known.minimum:g} to {known.maximum:g}"
                message = f"expected {expected}, found {value:g}"
                raise ActionError(ErrorCode.INVALID, message, "value")
            return await self._keep(_with_score(known, value, request.score))

    @action
    async def optimize_parameters(self, request: p.OptimizeParametersRequest) -> p.Parameters:
        """Move parameters to the values that are worth trying next."""
        async with self._changing:
            found = [self._find(name) for name in sorted({*(request.names or self._parameters)})]
            for known in found:
                await self._keep(_moved(known))
            return p.Parameters(parameters=tuple(self._parameters[k.name] for k in found))

    @action
    async def get_parameters(self, request: p.ParametersQuery) -> p.Parameters:
        """Return every parameter."""
        found = sorted(self._parameters.items())
        return p.Parameters(parameters=tuple(parameter for _, parameter in found))

    async def _hear_of_runs(self) -> None:
        async for delivery in self.peers.subscribe(CYCLE_CHANGES):
            cycle = delivery.event.cycle
            if cycle.phase is not CyclePhase.DONE or cycle.plan is None or cycle.scores is None:
                continue
            try:
                await self._learn_from(cycle, cycle.scores.after)
            except ActionError as error:  # the next run must still be heard
                self.log.warning("a run was not counted", extra={"error": str(error)})

    async def _learn_from(self, cycle: Cycle, score: float) -> None:
        used = cycle.plan.model_dump() if cycle.plan else {}
        async with self._changing:
            for name in sorted(used.keys() & self._parameters.keys()):
                known, value = self._parameters[name], float(used[name])
                if known.minimum <= value <= known.maximum:
                    await self._keep(_moved(_with_score(known, value, score)))

    def _find(self, name: str) -> p.Parameter:
        known = self._parameters.get(name)
        if known is None:
            message = f"expected a parameter that was registered, found {name!r}"
            raise ActionError(ErrorCode.NOT_FOUND, message, "name")
        return known

    async def _keep(self, parameter: p.Parameter) -> p.ParameterReply:
        await self.store.put(PARAMETERS, parameter.name, parameter.model_dump(mode="json"))
        self._parameters[parameter.name] = parameter
        return p.ParameterReply(parameter=parameter)


def _with_score(known: p.Parameter, value: float, score: float) -> p.Parameter:
    trials = with_trial(known.trials, value, score)
    return known.model_copy(update={"trials": trials, "best": best_of(trials), "converged": False})


def _moved(known: p.Parameter) -> p.Parameter:
    found = proposal(known)
    return known.model_copy(update=found._asdict())
