"""Tests of TutorAgent: difficulty follows the answers, and better ones never lower it."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.educational_services.exercises import TEACHING, is_right, make_tasks
from agents.educational_services.student_model import (
    answered,
    beginner,
    chance,
    difficulty_of,
    level_of,
)
from agents.educational_services.tutor_agent import TutorAgent
from agents.educational_services.word_list import WORDS
from common.contracts.education import Skill
from common.contracts.memory import MemoryAdded
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

RESULTS = st.lists(st.booleans(), min_size=1, max_size=20)


def solutions(skill: Skill, lesson: Any) -> list[dict[str, str]]:
    """Return the right answers to a lesson, as its seed makes them."""
    tasks = make_tasks(skill, lesson.level, len(lesson.exercises), lesson.lesson_id)
    return [{"exercise_id": str(at), "answer": task.answer} for at, task in enumerate(tasks, 1)]


@given(st.sampled_from(Skill), st.integers(1, 10), RESULTS, st.data())
def test_better_answers_never_lower_the_estimate(
    skill: Skill, level: int, results: list[bool], data: st.DataObject
) -> None:
    """Whoever answers at least as much right is never thought less able, in no measure."""
    better = [each or data.draw(st.booleans()) for each in results]
    low = high = beginner(skill, level)
    for worse, right in zip(results, better, strict=True):
        low = answered(low, difficulty_of(level), worse)
        high = answered(high, difficulty_of(level), right)

    assert high.ability >= low.ability
    assert high.mastery >= low.mastery - 1e-12
    assert high.level >= low.level


@given(st.integers(1, 10))
def test_levels_and_abilities_agree(level: int) -> None:
    """A beginner of a level is given that level, and expected to get most of it right."""
    state = beginner(Skill.ADDITION, level)

    assert level_of(state.ability) == state.level == level
    assert 0.6 < chance(state.ability, difficulty_of(level)) < 0.85


@pytest.mark.parametrize("true_level", [1, 4, 7, 9])
def test_the_estimate_finds_a_simulated_student(true_level: int) -> None:
    """After 200 answers the level is at most one off that of a student who answers by chance."""
    random, ability = Random(7), difficulty_of(true_level) + 1.0
    state = beginner(Skill.FRACTIONS)
    levels = []
    for _ in range(300):
        difficulty = difficulty_of(state.level)
        state = answered(state, difficulty, random.random() < chance(ability, difficulty))
        levels.append(state.level)

    assert abs(sum(levels[200:]) / 100 - true_level) <= 1.0


@pytest.mark.parametrize("skill", Skill)
@given(level=st.integers(1, 10), seed=st.text(max_size=5))
@settings(max_examples=25, deadline=None)
def test_exercises_have_right_answers(skill: Skill, level: int, seed: str) -> None:
    """Exercises differ, their answers are marked right, and choices hold the answer once."""
    tasks = make_tasks(skill, level, 5, seed)

    assert len({task.prompt for task in tasks}) == len(tasks) >= 3
    assert all(is_right(task.answer, task.answer) for task in tasks)
    assert all(task.choices.count(task.answer) == 1 for task in tasks if task.choices)
    assert skill in TEACHING


@given(st.integers(0, 10**6))
def test_computed_answers_are_right(seed: int) -> None:
    """What Python computes of a prompt is the answer that is kept."""
    from fractions import Fraction

    for skill in (Skill.ADDITION, Skill.MULTIPLICATION, Skill.FRACTIONS):
        for task in make_tasks(skill, 1 + seed % 10, 3, str(seed)):
            left, sign, right = task.prompt.split(" ")
            a, b = Fraction(left), Fraction(right)
            value = {"+": a + b, "-": a - b}.get(sign, a * b if sign == "*" else a / b)
            assert Fraction(task.answer) == value


@pytest.mark.parametrize(
    ("given_answer", "answer", "right"),
    [
        ("2/4", "1/2", True), ("0.5", "1/2", True), ("x = 4", "4", True),
        (" Brave. ", "brave", True),
        ("1/0", "0", False), ("9" * 400, "9", False), ("1e999999", "1", False), ("", "4", False),
        ("٤", "4", False),
    ],
)  # fmt: skip
def test_answers_are_marked(given_answer: str, answer: str, right: bool) -> None:
    """Equal numbers are equal however they are written, and nothing else is."""
    assert is_right(given_answer, answer) is right


async def test_good_answers_make_lessons_harder_and_bad_ones_easier() -> None:
    """The level climbs with right answers and falls with wrong ones."""
    async with AgentHarness(TutorAgent) as agent:
        start = await agent.call("get_lesson", student_id="anna", skill="addition")
        for _ in range(4):
            lesson = await agent.call("get_lesson", student_id="anna", skill="addition")
            result = await agent.call(
                "submit_performance", student_id="anna", lesson_id=lesson.lesson_id,
                answers=solutions(Skill.ADDITION, lesson),
            )  # fmt: skip
            assert result.correct == result.total == 5
        top = await agent.call("get_lesson", student_id="anna", skill="addition")
        for _ in range(6):
            await agent.call("submit_performance", student_id="anna", skill="addition", score=0.0)
        low = await agent.call("get_lesson", student_id="anna", skill="addition")

        assert start.level < top.level > low.level
        assert top.exercises[0].difficulty > start.exercises[0].difficulty


async def test_a_lesson_is_marked_once_and_only_for_its_student() -> None:
    """A second submission conflicts, another student's is not found, and nothing counts twice."""
    async with AgentHarness(TutorAgent) as agent:
        lesson = await agent.call("get_lesson", student_id="anna", skill="spelling", exercises=2)
        await agent.call("get_lesson", student_id="ben")
        fields = {"lesson_id": lesson.lesson_id, "answers": [{"exercise_id": "1", "answer": "x"}]}
        result = await agent.call("submit_performance", student_id="anna", **fields)
        codes = []
        for student in ("anna", "ben"):
            with pytest.raises(ActionError) as caught:
                await agent.call("submit_performance", student_id=student, **fields)
            codes.append(caught.value.code)
        progress = await agent.call("get_progress", student_id="anna")

        assert (result.correct, result.total) == (0, 2)
        assert codes == [ErrorCode.CONFLICT, ErrorCode.NOT_FOUND]
        assert len(progress.history) == 1


async def test_goals_are_followed_until_they_are_reached() -> None:
    """A goal guides which skill is practised, and is told when it is reached."""
    async with AgentHarness(TutorAgent) as agent:
        agent.peers.answer(
            "memory_orchestrator_service", "add_memory", lambda _: MemoryAdded(memory_id="m")
        )
        goal = await agent.call("set_goal", student_id="anna", skill="fractions", target_level=5)
        lesson = await agent.call("get_lesson", student_id="anna")
        reached: tuple[str, ...] = ()
        for _ in range(10):
            result = await agent.call(
                "submit_performance", student_id="anna", skill="fractions", score=1.0
            )
            reached += result.goals_reached
        progress = await agent.call("get_progress", student_id="anna")

        assert (goal.goal.progress, goal.goal.reached_at) == (0.6, None)
        assert lesson.skill is Skill.FRACTIONS
        assert reached == ("fractions-5",)
        assert progress.goals[0].progress == 1.0
        assert agent.peers.calls_of("memory_orchestrator_service", "add_memory")


async def test_students_survive_a_restart() -> None:
    """Names, skills and open lessons are there again."""
    async with AgentHarness(TutorAgent) as agent:
        await agent.call("update_student", student_id="anna", name="Anna", starting_level=6)
        lesson = await agent.call("get_lesson", student_id="anna", skill="equations")
        store = agent.store
    async with AgentHarness(TutorAgent, store=store) as agent:
        result = await agent.call(
            "submit_performance", student_id="anna", lesson_id=lesson.lesson_id,
            answers=solutions(Skill.EQUATIONS, lesson),
        )  # fmt: skip
        student = (await agent.call("get_student", student_id="anna")).student

        assert lesson.level == 6
        assert (result.correct, student.name) == (5, "Anna")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, ErrorCode.INVALID),
        ({"skill": "addition"}, ErrorCode.INVALID),
        ({"skill": "addition", "score": 2.0}, ErrorCode.INVALID),
        ({"skill": "magic", "score": 1.0}, ErrorCode.INVALID),
        (
            {"lesson_id": "no", "answers": [{"exercise_id": "1", "answer": "1"}]},
            ErrorCode.NOT_FOUND,
        ),
    ],
)
async def test_malformed_performances_are_refused(fields: dict[str, Any], code: ErrorCode) -> None:
    """A performance is answers to a lesson that is there, or a skill and a score."""
    async with AgentHarness(TutorAgent) as agent:
        await agent.call("update_student", student_id="anna")
        with pytest.raises(ActionError) as caught:
            await agent.call("submit_performance", student_id="anna", **fields)

        assert caught.value.code is code


async def test_unknown_students_are_not_found() -> None:
    """Nobody is made up."""
    async with AgentHarness(TutorAgent) as agent:
        for name in ("get_student", "get_progress"):
            with pytest.raises(ActionError) as caught:
                await agent.call(name, student_id="nobody")
            assert caught.value.code is ErrorCode.NOT_FOUND


def test_misspellings_are_wrong() -> None:
    """No misspelling of the list is a word of it."""
    words = {word.word for word in WORDS}

    assert not words & {wrong for word in WORDS for wrong in word.misspelled}
