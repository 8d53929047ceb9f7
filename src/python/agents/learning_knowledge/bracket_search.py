"""
Finding the value of one parameter that scores best, by trying one value after the other.

The best value tried and its nearest neighbours enclose the maximum of a function with one hill;
each proposal halves a gap. Storage and messages may not enter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from common.contracts.learning_progress import Parameter, Trial

FIRST_STEP: Final = 0.1  # of the range
SMALLEST_GAP: Final = 0.002  # of the range
MOST_TRIALS: Final = 200


class Proposal(NamedTuple):
    """Hold the value to try next, and whether nothing is left to try."""

    value: float
    converged: bool
    reason: str


def with_trial(trials: Sequence[Trial], value: float, score: float) -> tuple[Trial, ...]:
    """Return trials with one more score, sorted by value; the worst go when there are many."""
    kept = {trial.value: trial for trial in trials}
    old = kept.get(value)
    if old is None:
        kept[value] = Trial(value=value, score=score)
    else:
        mean = old.score + (score - old.score) / (old.count + 1)
        kept[value] = Trial(value=value, score=mean, count=old.count + 1)
    if len(kept) > MOST_TRIALS:
        del kept[min((t for v, t in kept.items() if v != value), key=lambda t: t.score).value]
    return tuple(kept[key] for key in sorted(kept))


def best_of(trials: Sequence[Trial]) -> Trial | None:
    """Return the trial that scored best."""
    return max(trials, key=lambda trial: trial.score, default=None)


def proposal(parameter: Parameter) -> Proposal:
    """Return what to try next, never outside the bounds."""
    best = best_of(parameter.trials)
    if best is None:
        return Proposal(parameter.value, False, "nothing was tried yet: this value comes first")
    low, high = parameter.minimum, parameter.maximum
    values = [trial.value for trial in parameter.trials if low <= trial.value <= high]
    below = max((value for value in values if value < best.value), default=None)
    above = min((value for value in values if value > best.value), default=None)
    width = high - low
    step = max(FIRST_STEP * width, 2 * _reach(values, best.value))
    if above is None and best.value < high:
        return Proposal(min(high, best.value + step), False, "the best is the highest tried")
    if below is None and best.value > low:
        return Proposal(max(low, best.value - step), False, "the best is the lowest tried")
    gaps = {edge: abs(edge - best.value) for edge in (below, above) if edge is not None}
    if not gaps or max(gaps.values()) <= SMALLEST_GAP * width:
        return Proposal(best.value, True, "its neighbours were tried and are not better")
    edge = max(gaps, key=lambda found: gaps[found])
    middle = min(high, max(low, best.value + (edge - best.value) / 2))
    if middle in values:  # the floats between the two are used up
        return Proposal(best.value, True, "there is nothing left between the values tried")
    return Proposal(middle, False, "halves the widest gap beside the best")


def _reach(values: Sequence[float], best: float) -> float:
    return min((abs(value - best) for value in values if value != best), default=0.0)
