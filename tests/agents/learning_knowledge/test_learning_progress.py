"""Tests of learning sessions and of tuned parameters."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.learning_knowledge.bracket_search import best_of, proposal, with_trial
from agents.learning_knowledge.learning_adjuster_agent import LearningAdjusterAgent
from agents.learning_knowledge.learning_manager import LearningManager
from agents.learning_knowledge.learning_rate import adapted
from common.contracts.learning_progress import Parameter
from common.contracts.training import (
    CYCLE_CHANGES,
    Cycle,
    CycleChanged,
    CyclePhase,
    TrainingPlan,
    TrainingScores,
)
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

SCORES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30)


async def test_steady_progress_is_a_little_faster_and_a_plateau_slower() -> None:
    """The rate follows the scores, and outlives the process."""
    async with AgentHarness(LearningManager) as agent:
        made = await agent.call("create_session", session_id="s", learning_rate=0.4)
        for score in (0.5, 0.6, 0.7):
            grown = await agent.call("update_session", session_id="s", score=score)
        for score in (0.7, 0.7, 0.7):
            await agent.call("update_session", session_id="s", score=score)
        store = agent.store
    async with AgentHarness(LearningManager, store=store) as agent:
        later = await agent.call("get_learning_rate", session_id="s")

    assert made.learning_rate < grown.learning_rate < 2 * made.learning_rate
    assert grown.trend == "improving"
    assert (later.trend, later.learning_rate < grown.learning_rate) == ("plateau", True)


@given(scores=SCORES, rate=st.floats(0.01, 1.0))
def test_a_rate_stays_within_its_bounds(scores: list[float], rate: float) -> None:
    """Whatever the scores are."""
    for upto in range(1, len(scores) + 1):
        rate = adapted(rate, scores[:upto], 0.01, 1.0)
        assert 0.01 <= rate <= 1.0


async def test_a_session_is_made_once_and_deleted_once() -> None:
    """What is not there is said."""
    async with AgentHarness(LearningManager) as agent:
        await agent.call("create_session", session_id="s")
        with pytest.raises(ActionError) as twice:
            await agent.call("create_session", session_id="s")
        await agent.call("delete_session", session_id="s")
        with pytest.raises(ActionError) as gone:
            await agent.call("get_session", session_id="s")
    assert (twice.value.code, gone.value.code) == (ErrorCode.CONFLICT, ErrorCode.NOT_FOUND)


@settings(max_examples=60, deadline=None)
@given(
    low=st.floats(-1e3, 1e3),
    width=st.floats(0.01, 1e3),
    peak=st.floats(-0.2, 1.2),
    start=st.floats(0.0, 1.0),
)
def test_the_maximum_of_a_concave_function_is_found(
    low: float, width: float, peak: float, start: float
) -> None:
    """Within one percent of the range, and no value that is tried is outside the bounds."""
    high = low + width
    top = low + peak * width
    value = min(high, low + start * width)
    parameter = Parameter(name="x", minimum=low, maximum=high, value=value)
    for _ in range(80):
        trials = with_trial(parameter.trials, parameter.value, -((parameter.value - top) ** 2))
        parameter = parameter.model_copy(update={"trials": trials})
        found = proposal(parameter)
        assert low <= found.value <= high
        parameter = parameter.model_copy(update={"value": found.value})
        if found.converged:
            break
    best = best_of(parameter.trials)
    assert best is not None and found.converged
    assert math.isclose(best.value, min(high, max(low, top)), abs_tol=0.01 * width)


async def test_a_parameter_never_leaves_its_bounds_and_is_optimized() -> None:
    """What is set beyond a bound becomes the bound; a score of a value outside is refused."""
    async with AgentHarness(LearningAdjusterAgent) as agent:
        await agent.call("register_parameter", name="x", minimum=0.0, maximum=10.0, value=1.0)
        set_to = await agent.call("adjust_parameter", name="x", value=99.0)
        with pytest.raises(ActionError, match="expected a value from 0 to 10, found 11"):
            await agent.call("record_performance", name="x", value=11.0, score=1.0)
        for _ in range(40):
            (now,) = (await agent.call("get_parameters")).parameters
            await agent.call("record_performance", name="x", score=-abs(now.value - 3.0))
            (now,) = (await agent.call("optimize_parameters", names=["x"])).parameters
    assert set_to.parameter.value == 10.0
    assert now.converged and abs(now.value - 3.0) < 0.1


async def test_training_runs_are_heard_and_tune_what_they_used() -> None:
    """The score of a cycle counts for the weight decay that it was planned with."""
    cycle = Cycle(
        cycle_id="c",
        model="m",
        phase=CyclePhase.DONE,
        epochs=5,
        plan=TrainingPlan(weight_decay=0.01),
        scores=TrainingScores(before=0.1, after=0.9, held_out=5, trained_on=9, kept=True),
        created_at=0.0,
    )
    async with AgentHarness(LearningAdjusterAgent) as agent:
        await agent.call(
            "register_parameter", name="weight_decay", minimum=0.0, maximum=0.1, value=0.01
        )
        await agent.clock.settle()
        agent.peers.happen(CYCLE_CHANGES, CycleChanged(cycle=cycle))
        await agent.clock.settle()
        (found,) = (await agent.call("get_parameters")).parameters
    assert found.best is not None and (found.best.value, found.best.score) == (0.01, 0.9)
    assert found.value != 0.01
