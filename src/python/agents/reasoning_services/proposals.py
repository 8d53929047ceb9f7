"""
Thoughts that a model proposes for an open question, and how promising each is.

Pure: prompts, reading and scoring; the model is asked by the agent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from agents.reasoning_services.question_parts import wrong_equations
from common.text import similarity, stems

MAX_LEVELS: Final = 3
MAX_PROPOSALS: Final = 5
MAX_CHARACTERS: Final = 500

_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])?\s*")


@dataclass(frozen=True)
class Proposal:
    """Hold one thought, what it is worth, and its number in the order of arrival."""

    text: str
    score: float
    number: int


@dataclass(frozen=True)
class Line:
    """Hold thoughts that follow from each other; its score is their mean."""

    thoughts: tuple[Proposal, ...]

    @property
    def score(self) -> float:
        """Return how promising the line is."""
        total = sum(thought.score for thought in self.thoughts)
        return total / len(self.thoughts) if self.thoughts else 0.0


def prompt_for(question: str, line: Line) -> str:
    """Write the prompt that asks for the next thoughts of a line."""
    so_far = "\n".join(f"- {thought.text}" for thought in line.thoughts) or "- nothing yet"
    return (
        f"Question: {question}\nThoughts so far:\n{so_far}\n"
        "Propose three different next thoughts that lead to the answer, one on each line."
    )


def next_lines(question: str, line: Line, text: str, number: int) -> list[Line]:
    """Return the line with each of the thoughts that the model wrote."""
    known = [thought.text for thought in line.thoughts]
    found: list[Line] = []
    for raw in text[:20_000].splitlines():
        said = _BULLET.sub("", raw, count=1).strip()[:MAX_CHARACTERS]
        if not said or said.endswith(":") or len(found) == MAX_PROPOSALS:
            continue
        proposal = Proposal(said, score_of(question, said, known), number + len(found))
        known.append(said)
        found.append(Line((*line.thoughts, proposal)))
    return found


def score_of(question: str, thought: str, known: list[str]) -> float:
    """Say how promising a thought is: about the question, new, and without a wrong sum."""
    asked, said = set(stems(question)), set(stems(thought))
    about = len(asked & said) / len(asked) if asked else 0.0
    news = len(said - asked) / (len(said - asked) + 4)
    repeated = max((similarity(thought, other) for other in known), default=0.0)
    wrong, _ = wrong_equations(thought)
    score = (0.5 * about + 0.5 * news) * (1.0 - 0.8 * repeated)
    return round(max(0.0, min(1.0, score * (0.3 if wrong else 1.0))), 4)
