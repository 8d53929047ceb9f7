"""Scenarios that need not be made up: what an assistant meets every day. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from common.contracts.dreams import Outcome, Scenario

Rows = tuple[tuple[str, str, str, float, float], ...]


def _scenario(title: str, start: str, rows: Rows) -> Scenario:
    return Scenario(
        title=title,
        start=start,
        outcomes=tuple(
            Outcome(state=state, action=action, next_state=after, probability=share, reward=reward)
            for state, action, after, share, reward in rows
        ),
    )


TEMPLATES: Final[Mapping[str, Scenario]] = {
    "unclear_request": _scenario(
        "The user says something that can be understood in two ways",
        "unclear",
        (
            ("unclear", "guess", "satisfied", 0.5, 10.0),
            ("unclear", "guess", "annoyed", 0.5, -6.0),
            ("unclear", "ask_back", "clear", 0.9, -1.0),
            ("unclear", "ask_back", "annoyed", 0.1, -2.0),
            ("clear", "answer", "satisfied", 0.95, 10.0),
            ("clear", "answer", "annoyed", 0.05, -6.0),
            ("annoyed", "apologise", "clear", 0.7, -1.0),
            ("annoyed", "apologise", "gone", 0.3, -8.0),
            ("annoyed", "insist", "gone", 1.0, -8.0),
        ),
    ),
    "failing_agent": _scenario(
        "An agent answers slower and slower",
        "slow",
        (
            ("slow", "wait", "well", 0.2, 2.0),
            ("slow", "wait", "failed", 0.8, -10.0),
            ("slow", "restart", "well", 0.9, 1.0),
            ("slow", "restart", "failed", 0.1, -10.0),
            ("slow", "shed_load", "slow", 0.5, -1.0),
            ("slow", "shed_load", "well", 0.5, 1.0),
            ("failed", "restart", "well", 0.8, -2.0),
            ("failed", "restart", "failed", 0.2, -4.0),
        ),
    ),
    "bad_mood": _scenario(
        "The user is in a bad mood and asks for something",
        "sad",
        (
            ("sad", "cheer_up", "sad", 0.7, -2.0),
            ("sad", "cheer_up", "content", 0.3, 6.0),
            ("sad", "show_empathy", "content", 0.7, 6.0),
            ("sad", "show_empathy", "sad", 0.3, -1.0),
            ("sad", "answer_only", "sad", 0.8, 0.0),
            ("sad", "answer_only", "gone", 0.2, -4.0),
            ("content", "answer", "satisfied", 1.0, 5.0),
        ),
    ),
}
