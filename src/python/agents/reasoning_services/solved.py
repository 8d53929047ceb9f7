"""
What a solver found: an answer, the steps to it, and how a value is checked a second way.

Only the result and ways to make one live here; no rule about wording.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from agents.reasoning_services.exact_arithmetic import evaluate, is_verified, show
from common.contracts.reasoning import Method, ReasoningStep


@dataclass(frozen=True)
class Solved:
    """Hold an answer with its steps; value is there when the answer is a number."""

    answer: str
    steps: tuple[ReasoningStep, ...]
    value: Fraction | None = None

    @property
    def is_verified(self) -> bool:
        """Tell whether every step was checked."""
        return bool(self.steps) and all(step.verified for step in self.steps)


def step(description: str, expression: str, result: str, *, verified: bool) -> ReasoningStep:
    """Return a step of an embedded solver."""
    return ReasoningStep(
        description=description,
        expression=expression,
        result=result,
        method=Method.SOLVER,
        verified=verified,
    )


def computed(description: str, expression: str) -> tuple[Fraction, ReasoningStep]:
    """Compute an expression two ways and return the value with its step."""
    value, _ = evaluate(expression)
    verified = is_verified(expression, value)
    return value, step(description, expression, show(value), verified=verified)
