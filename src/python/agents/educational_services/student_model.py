"""
What is known of a student's skill, and how an answer moves it.

Pure. Ability is Rasch's: the chance of a right answer is the logistic of ability less difficulty.
Mastery is Bayesian knowledge tracing. Better answers never lower either: both updates grow with
the answer and with what was believed before.
"""

from __future__ import annotations

import math
from typing import Final

from common.contracts.education import Skill, SkillState

LEVELS: Final = 10
SPACING: Final = 0.8  # logits between two levels
TARGET: Final = 1.0  # logits of ability above difficulty: about 73% right answers
FASTEST, SLOWEST = 1.0, 0.35  # how far an answer moves the ability; below 4 keeps the order
BOUND: Final = 6.0
SLIP, GUESS, LEARN = 0.1, 0.2, 0.08


def difficulty_of(level: int) -> float:
    """Return how hard the exercises of a level are, in logits."""
    return (level - 5.5) * SPACING


def level_of(ability: float) -> int:
    """Return the level whose exercises a student gets right as often as wanted."""
    level = math.floor((ability - TARGET) / SPACING + 5.5 + 0.5)
    return max(1, min(LEVELS, level))


def beginner(skill: Skill, level: int = 3) -> SkillState:
    """Return the state of a skill that was not practised yet."""
    ability = difficulty_of(level) + TARGET
    return SkillState(skill=skill, ability=ability, level=level_of(ability))


def chance(ability: float, difficulty: float) -> float:
    """Return how likely a right answer is."""
    return 1.0 / (1.0 + math.exp(difficulty - ability))


def answered(state: SkillState, difficulty: float, correct: bool) -> SkillState:
    """Return the state after one answer."""
    gain = max(SLOWEST, FASTEST / (1.0 + 0.1 * state.answers))
    surprise = float(correct) - chance(state.ability, difficulty)
    ability = max(-BOUND, min(BOUND, state.ability + gain * surprise))
    streak = max(state.streak, 0) + 1 if correct else min(state.streak, 0) - 1
    return SkillState(
        skill=state.skill,
        ability=ability,
        mastery=_traced(state.mastery, correct),
        level=level_of(ability),
        answers=state.answers + 1,
        correct=state.correct + correct,
        streak=streak,
    )


def _traced(mastery: float, correct: bool) -> float:
    known = mastery * (1 - SLIP if correct else SLIP)
    unknown = (1 - mastery) * (GUESS if correct else 1 - GUESS)
    posterior = known / (known + unknown)
    return min(1.0, posterior + (1 - posterior) * LEARN)
