"""Tests of moments: when something is to happen, in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.language_processing.moments import MAX_SECONDS, find_moment

NOW = datetime(2025, 6, 15, 15, 6, tzinfo=UTC)  # a Sunday


@pytest.mark.parametrize(
    ("text", "seconds", "rest"),
    [
        ("in 3 seconds to turn off the stove", 3, "turn off the stove"),
        ("in 10 minutes", 600, ""),
        ("in ten mins to go", 600, "go"),
        ("stretch in half an hour", 1_800, "stretch"),
        ("in an hour and a half to stretch", 5_400, "stretch"),
        ("in 1 hour and 20 minutes that the cake is done", 4_800, "the cake is done"),
        ("in 1.5 hours to go", 5_400, "go"),
        ("in a week to pay", 604_800, "pay"),
        ("to eat two hours from now", 7_200, "eat"),
        ("timer for ten minutes", 600, "timer"),
        ("5 minute timer", 300, "timer"),
        ("after 45 seconds to look", 45, "look"),
    ],
)
def test_waits_are_counted_in_seconds(text: str, seconds: float, rest: str) -> None:
    """A duration is taken out of the text and counted."""
    found = find_moment(text, NOW)

    assert found is not None
    assert (found.seconds, found.at, found.rest) == (seconds, None, rest)


@pytest.mark.parametrize(
    ("text", "at", "rest"),
    [
        ("at 18:30 to call mum", "2025-06-15 18:30", "call mum"),
        ("at 9 to call mum", "2025-06-16 09:00", "call mum"),
        ("tomorrow at 9 to pay rent", "2025-06-16 09:00", "pay rent"),
        ("call the dentist tomorrow at 9 am", "2025-06-16 09:00", "call the dentist"),
        ("eat at noon", "2025-06-16 12:00", "eat"),
        ("sleep at midnight", "2025-06-16 00:00", "sleep"),
        ("alarm for 7 o'clock", "2025-06-16 07:00", "alarm"),
        ("lock the door tonight", "2025-06-15 21:00", "lock the door"),
        ("lock the door tonight at 10", "2025-06-15 22:00", "lock the door"),
        ("call at 5:15 pm", "2025-06-15 17:15", "call"),
        ("the meeting on Monday", "2025-06-16 09:00", "the meeting"),
        ("the meeting on Sunday", "2025-06-22 09:00", "the meeting"),
        ("the meeting on Sunday at 16:00", "2025-06-15 16:00", "the meeting"),
        ("on 4 May to check the boiler", "2026-05-04 09:00", "check the boiler"),
        ("on December 24th at 6 pm to sing", "2025-12-24 18:00", "sing"),
        ("on 2027-05-04 to go", "2027-05-04 09:00", "go"),
        ("the day after tomorrow to go", "2025-06-17 09:00", "go"),
        ("tomorrow evening to go", "2025-06-16 19:00", "go"),
    ],
)
def test_times_are_the_next_to_come(text: str, at: str, rest: str) -> None:
    """A time of day, a day, or both name the next moment that fits."""
    found = find_moment(text, NOW)

    assert found is not None
    assert found.at == datetime.fromisoformat(f"{at}+00:00")
    assert (found.seconds, found.rest) == (None, rest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "to buy milk",
        "at 25:00 to go",
        "at 13 pm to go",
        "on 31 February to go",
        "on 2020-01-01 to go",
        "on 9999-12-31 at 24:00",
        "in 9999 weeks to go",
        "in 0 seconds to go",
        "to buy 3 eggs",
    ],
)
def test_no_moment_is_made_up(text: str) -> None:
    """What names no time, one that does not exist, or one that has passed is none."""
    assert find_moment(text, NOW) is None


@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.sampled_from(
            ["in", "at", "on", "tomorrow", "5", "18:30", "31", "may", "february", "2025-02-30",
             "pm", "monday", "an hour", "and a half", "99999 weeks", "9999", "for", "timer", "to"]
        ),
        max_size=8,
    ).map(" ".join)
    | st.text(max_size=80)
)  # fmt: skip
def test_moments_lie_ahead(text: str) -> None:
    """Whatever is said, a moment lies ahead and within reach; nothing raises."""
    found = find_moment(text, NOW)

    if found is not None:
        assert (found.seconds is None) != (found.at is None)
        assert found.at is None or found.at > NOW
        assert found.seconds is None or 0 < found.seconds <= MAX_SECONDS
