"""Tests of learning from the use of models: order, time of day, bounds; a floor of quality."""

from __future__ import annotations

import json
import random

from hypothesis import given
from hypothesis import strategies as st

from common.model_usage import DAY_SECONDS, MAX_MODELS, ModelUsage

HOUR = 3_600.0
NAMES = st.sampled_from(("a", "b", "c", "d"))


def test_the_time_of_day_counts() -> None:
    """What is used in the morning is expected in the morning."""
    usage = ModelUsage()
    for day in range(10):
        usage.record("news", day * DAY_SECONDS + 8 * HOUR)
        usage.record("story", day * DAY_SECONDS + 20 * HOUR)
        usage.record("other", day * DAY_SECONDS + 14 * HOUR)
    morning = {each.model: each for each in usage.predict(8 * HOUR)}
    evening = {each.model: each for each in usage.predict(20 * HOUR)}

    assert morning["news"].probability > evening["news"].probability
    assert evening["story"].probability > morning["story"].probability


@given(st.lists(st.tuples(NAMES, st.floats(0, 1e9)), max_size=60), st.floats(0, 1e9))
def test_forecasts_are_probabilities_of_used_models(
    uses: list[tuple[str, float]], at: float
) -> None:
    """They are ranked, add up to one at most, and survive being written as JSON."""
    usage = ModelUsage()
    for model, when in uses:
        usage.record(model, when)
    found = usage.predict(at, 10)
    copy = ModelUsage.load(json.loads(json.dumps(usage.dump())))

    assert {each.model for each in found} == {model for model, _ in uses} - {usage.last}
    assert sum(each.probability for each in found) <= 1.0 + 1e-9
    assert [each.probability for each in found] == sorted(
        (each.probability for each in found), reverse=True
    )
    assert copy.predict(at, 10) == found


def test_models_are_bounded() -> None:
    """Of very many models those used least are forgotten."""
    usage = ModelUsage()
    for number in range(2 * MAX_MODELS):
        usage.record(f"m{number}", 0.0)

    assert len(usage.models) == MAX_MODELS
    assert usage.last in usage.models


def test_habits_are_found_among_noise() -> None:
    """Of a day's routine with one use in five at random, the next model is guessed seven in ten."""
    chance = random.Random(4)
    routine = ("hear", "understand", "answer", "speak")
    usage = ModelUsage()
    hits = asked = 0
    for number in range(400):
        wanted = chance.choice(routine) if chance.random() < 0.2 else routine[number % 4]
        at = number * 60.0
        guessed = usage.predict(at, 1)
        if number >= 100 and wanted != usage.last and guessed:
            asked += 1
            hits += guessed[0].model == wanted
        usage.record(wanted, at)

    assert hits / asked >= 0.7
