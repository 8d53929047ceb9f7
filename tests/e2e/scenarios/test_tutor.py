"""A tutor session on real processes: the difficulty follows the student, over a crash, too."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from common.contracts.education import (
    Exercise,
    GetLessonRequest,
    GetProgressRequest,
    GivenAnswer,
    Lesson,
    PerformanceResult,
    Progress,
    Skill,
    SubmitPerformanceRequest,
)
from fleet.testing.household import Household, household

STUDENT = "anna"


def worked_out(exercise: Exercise) -> str:
    """Return the answer of an addition or subtraction, as a student who can do it would."""
    left, sign, right = exercise.prompt.split(" ")
    value = Fraction(left) + Fraction(right) * (1 if sign == "+" else -1)
    return str(value)


async def take_lesson(home: Household, *, well: bool) -> tuple[Lesson, PerformanceResult]:
    """Get a lesson and answer it."""
    wanted = GetLessonRequest(student_id=STUDENT, skill=Skill.ADDITION)
    lesson = await home.call("tutor_agent", "get_lesson", wanted, Lesson)
    answers = tuple(
        GivenAnswer(exercise_id=each.exercise_id, answer=worked_out(each) if well else "no idea")
        for each in lesson.exercises
    )
    performance = SubmitPerformanceRequest(
        student_id=STUDENT, lesson_id=lesson.lesson_id, answers=answers
    )
    result = await home.call("tutor_agent", "submit_performance", performance, PerformanceResult)
    return lesson, result


async def test_a_session_adapts_its_difficulty(tmp_path: Path) -> None:
    """Right answers make lessons harder, a crash forgets nothing, wrong ones make them easier."""
    async with household(tmp_path, "memory_orchestrator_service", "tutor_agent") as home:
        rising = [await take_lesson(home, well=True) for _ in range(4)]
        await home.restart("tutor_agent")
        falling = [await take_lesson(home, well=False) for _ in range(4)]
        asked = GetProgressRequest(student_id=STUDENT)
        progress = await home.call("tutor_agent", "get_progress", asked, Progress)

    up = [lesson.level for lesson, _ in rising]
    down = [lesson.level for lesson, _ in falling]
    assert all(result.correct == result.total for _, result in rising)
    assert up == sorted(up) and up[0] < up[-1]
    assert down[0] == rising[-1][1].after.level  # it went on where it was
    assert down == sorted(down, reverse=True) and down[0] > down[-1]
    assert len(progress.history) == 8
