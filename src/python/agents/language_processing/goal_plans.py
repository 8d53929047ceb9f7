"""
Goals split into tasks by rules: lists, sequences, and outlines for common kinds of goals.

Pure; a model is asked by the agent when no rule fits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from agents.language_processing.task_classifier import lines_of
from common.contracts.goals import Goal, GoalStatus, GoalTask, TaskStatus

MAX_TASKS: Final = 20
MAX_CHARACTERS: Final = 500
_LIST = re.compile(r"(?:^|\n)\s*(?:\d{1,2}[.)]|[-*•])\s+")
_SEQUENCE = re.compile(
    r"(?:[.;,]\s*|\s+)(?:and then|then|after that|afterwards|finally|next)\b,?\s+|;\s+|\n+|"
    r"(?<=[a-z)])\.\s+(?=[A-Z])", re.IGNORECASE,
)  # fmt: skip
_FIRST = re.compile(r"^(?:first|firstly|to begin with),?\s+", re.IGNORECASE)
_COMMAS = re.compile(r",\s*(?:and\s+)?|\s+and\s+(?=(?:\w+)\s+(?:the|a|an|my|our|some|all)\b)")
_COLON = re.compile(r"^[^:\n]{3,80}:\s+(.+)$", re.DOTALL)
_HANDS = re.compile(
    r"\b(?:buy|call|visit|clean|cook|book|phone|meet|walk|exercise|practi[sc]e|paint|pack|repair|"
    r"ask|sign|pay|move|plant|train|attend|invite|go to|pick up|wash|invite)\b", re.IGNORECASE,
)  # fmt: skip


@dataclass(frozen=True)
class _Outline:
    """Hold a kind of goal and the tasks that lead to it."""

    pattern: re.Pattern[str]
    tasks: tuple[str, ...]


def _outline(pattern: str, *tasks: str) -> _Outline:
    return _Outline(re.compile(pattern, re.IGNORECASE), tasks)


OUTLINES: Final = (
    _outline(r"\b(?:learn|study|master)\s+(?:to |about |how to )?(?P<what>.+)",
             "Explain the basics of {what}", "Make a list of what to practise in {what}",
             "Practise {what} for a week", "Write questions that test knowledge of {what}"),
    _outline(r"\b(?:organi[sz]e|plan|host)\s+(?:an? |the |my )?(?P<what>.+)",
             "List what is needed for {what}", "Suggest a date and a budget for {what}",
             "Invite whoever takes part in {what}", "Write a checklist for the day of {what}"),
    _outline(r"\b(?:write|draft|compose)\s+(?:an? |the |my )?(?P<what>.+)",
             "Collect ideas for {what}", "Write an outline of {what}",
             "Write a first version of {what}", "Read and improve {what}"),
    _outline(r"\b(?:build|develop|create|implement|program|make)\s+(?:an? |the |my )?(?P<what>.+)",
             "Describe what {what} must do", "Sketch the parts of {what}",
             "Write code or instructions for the first part of {what}", "Test {what}"),
    _outline(r"\b(?:save|earn)\s+(?P<what>.+)", "Write down income and expenses",
             "Work out how much to put aside each month for {what}",
             "Suggest expenses to cut for {what}", "Review savings after a month"),
    _outline(r"\b(?:get fit|lose weight|run a|train for|be healthier)(?P<what>.*)",
             "Write down the present state", "Suggest a weekly plan", "Exercise for a week",
             "Compare with the state at the beginning"),
)  # fmt: skip


def split_goal(description: str) -> tuple[str, ...] | None:
    """Return the tasks of a goal, None when no rule splits it."""
    text = lines_of(description)
    found = _listed(text) or _sequence(text) or _after_colon(text)
    if found:
        return found
    for outline in OUTLINES:
        if match := outline.pattern.search(text):
            what = " ".join(match["what"].split()).strip(" .!?")[:200]
            return tuple(task.replace("{what}", what or "it") for task in outline.tasks)
    return None


def read_tasks(text: str) -> tuple[str, ...]:
    """Return the tasks that a model wrote, one on each line."""
    lines = (re.sub(r"^\s*(?:[-*•]|\d+[.)])\s*", "", line).strip() for line in text.splitlines())
    kept = [line[:MAX_CHARACTERS] for line in lines if len(line) > 2 and not line.endswith(":")]
    return tuple(dict.fromkeys(kept))[:MAX_TASKS]


def tasks_of(descriptions: tuple[str, ...]) -> tuple[GoalTask, ...]:
    """Return tasks in order; those that need hands are for a person."""
    return tuple(
        GoalTask(task_id=str(at), description=text.strip()[:MAX_CHARACTERS],
                 by="person" if _HANDS.search(text) else "orchestrator")
        for at, text in enumerate(descriptions[:MAX_TASKS], 1)
    )  # fmt: skip


def with_task(goal: Goal, task: GoalTask, at: float) -> Goal:
    """Return the goal with one task changed, and how far it is now."""
    tasks = tuple(task if each.task_id == task.task_id else each for each in goal.tasks)
    done = sum(each.status is TaskStatus.COMPLETED for each in tasks)
    is_over = all(each.status in (TaskStatus.COMPLETED, TaskStatus.FAILED) for each in tasks)
    status = GoalStatus.ACTIVE
    if done == len(tasks):
        status = GoalStatus.COMPLETED
    elif is_over:
        status = GoalStatus.FAILED
    progress = done / len(tasks)
    return goal.model_copy(
        update={"tasks": tasks, "status": status, "progress": progress, "updated_at": at}
    )


def _listed(text: str) -> tuple[str, ...] | None:
    if len(_LIST.findall(text)) < 2:
        return None
    head, *items = _LIST.split(text)
    return tuple(item.strip() for item in items if item.strip())[:MAX_TASKS] or None


def _sequence(text: str) -> tuple[str, ...] | None:
    parts = [_FIRST.sub("", part).strip(" ,.") for part in _SEQUENCE.split(text)]
    kept = tuple(part for part in parts if part)
    return kept[:MAX_TASKS] if len(kept) > 1 else None


def _after_colon(text: str) -> tuple[str, ...] | None:
    found = _COLON.match(text)
    parts = [part.strip(" .") for part in _COMMAS.split(found[1])] if found else []
    kept = tuple(part for part in parts if part)
    return kept[:MAX_TASKS] if len(kept) > 1 else None
