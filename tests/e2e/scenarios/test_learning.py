"""Scenario 9: what was not understood becomes training, and the score gets better."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from common.contracts import learning as c
from common.contracts import training as t
from common.contracts.evaluation import ModelEvaluationScores, ModelEvaluationScoresRequest
from fleet.testing.household import household

CHAIN = (
    "model_evaluation_framework",
    "learning_orchestration_service",
    "learning_opportunity_detector",
    "learning_manager",
    "active_learning_monitor",
    "self_training_orchestrator",
    "local_fine_tuner_agent",
    "resource_manager",
)
ENVIRON = {
    "LEARNING_ORCHESTRATION_SERVICE__PULSE_SECONDS": "0.3",
    "LEARNING_ORCHESTRATION_SERVICE__BATCH_SIZE": "20",
    "SELF_TRAINING_ORCHESTRATOR__LOOK_SECONDS": "0.1",
}
ROOMS = ("kitchen", "hall", "bedroom", "garage", "bathroom", "cellar", "attic", "garden")
LIGHTS = tuple(f"switch on the lamp in the {room}" for room in ROOMS)
MUSIC = tuple(f"play some music in the {room}" for room in ROOMS)
HEATING = tuple(f"make it warmer in the {room}" for room in ROOMS)

V = TypeVar("V")


async def until(ask: Callable[[], Awaitable[V]], holds: Callable[[V], bool]) -> V:
    """Ask until the answer is the one that is waited for."""
    async with asyncio.timeout(25.0):
        while not holds(found := await ask()):
            await asyncio.sleep(0.1)
    return found


async def test_what_was_not_understood_is_learnt_and_the_score_improves(tmp_path: Path) -> None:
    """Marked and detected interactions become a cycle, whose scores are recorded."""
    async with household(tmp_path, *CHAIN, environ=ENVIRON) as home:
        unsure = c.ScanInteractionRequest(text=LIGHTS[0], intent="unknown", confidence=0.1)
        detector = "learning_opportunity_detector"
        seen = await home.call(detector, "scan_interaction", unsure, c.ScanResult)
        for label, texts in (("light", LIGHTS), ("music", MUSIC), ("heating", HEATING)):
            for text in texts:
                marked = c.MarkInteractionRequest(text=text, label=label)
                monitor = "active_learning_monitor"
                told = await home.call(monitor, "mark_interaction", marked, c.MaterialMarked)
                assert told.told

        def cycles() -> Awaitable[c.TrainingCycles]:
            wanted = c.TrainingCyclesRequest()
            service = "learning_orchestration_service"
            return home.call(service, "get_training_cycles", wanted, c.TrainingCycles)

        found = await until(cycles, lambda now: any(one.phase.is_over for one in now.cycles))
        cycle = found.cycles[-1]
        question = ModelEvaluationScoresRequest(model=cycle.model)
        scores = await home.call(
            "model_evaluation_framework",
            "get_model_evaluation_scores",
            question,
            ModelEvaluationScores,
        )
        await home.restart("local_fine_tuner_agent")
        asked = t.PredictRequest(model=cycle.model, text="switch on the lamp in the office")
        answer = await home.call("local_fine_tuner_agent", "predict", asked, t.Prediction)
        top = c.TopOpportunitiesRequest()

        def opportunities() -> Awaitable[c.Opportunities]:
            return home.call(detector, "get_top_opportunities", top, c.Opportunities)

        left = await until(opportunities, lambda now: not now.opportunities)

    assert seen.opportunity is not None and c.Sign.NOT_UNDERSTOOD in seen.opportunity.signs
    assert cycle.phase is t.CyclePhase.DONE and cycle.recorded, cycle
    assert cycle.scores is not None and cycle.scores.after > cycle.scores.before
    (standing,) = scores.standings
    assert (standing.first, standing.last) == (cycle.scores.before, cycle.scores.after)
    assert standing.improvement > 0 and answer.label == "light" and not left.opportunities
