"""
A student's record as it moves: performances, goals, and which skill to practise next.

Pure; how one answer moves a skill is student_model.
"""

from __future__ import annotations

from agents.educational_services import student_model as model
from agents.educational_services.exercises import is_right
from agents.educational_services.student_records import OpenLesson, Record, with_skill
from common.contracts import education as e
from common.messages import ActionError, ErrorCode


def new_record(student_id: str, now: float) -> Record:
    """Return the record of a student who begins."""
    return Record(student=e.Student(student_id=student_id, created_at=now, updated_at=now))


def state_of(record: Record, skill: e.Skill) -> e.SkillState:
    """Return what is known of a skill, a beginning when it was not practised yet."""
    known = (state for state in record.student.skills if state.skill is skill)
    return next(known, model.beginner(skill, record.starting_level))


def neediest(record: Record) -> e.Skill:
    """Return the skill furthest below its goal, or the one mastered least."""
    behind = {
        goal.skill: goal.target_level - state_of(record, goal.skill).level
        for goal in record.goals
        if goal.reached_at is None
    }
    if behind:
        return max(behind, key=lambda skill: behind[skill])
    return min(e.Skill, key=lambda skill: state_of(record, skill).mastery)


def measured(goal: e.LearningGoal, state: e.SkillState, now: float) -> e.LearningGoal:
    """Return the goal with how near it is; one that was reached stays so."""
    progress = min(1.0, state.level / goal.target_level)
    reached_at = goal.reached_at
    if reached_at is None and state.level >= goal.target_level:
        reached_at = now
    progress = 1.0 if reached_at is not None else progress
    return goal.model_copy(update={"progress": progress, "reached_at": reached_at})


def with_goal(record: Record, goal: e.LearningGoal, most: int) -> Record:
    """Return the record with a goal; it replaces the one of its skill that is still open."""
    others = tuple(
        each
        for each in record.goals
        if each.goal_id != goal.goal_id
        and (each.skill is not goal.skill or each.reached_at is not None)
    )
    return record.model_copy(update={"goals": (*others, goal)[-most:]})


def marked_answers(
    lesson: OpenLesson, answers: tuple[e.GivenAnswer, ...]
) -> tuple[e.MarkedAnswer, ...]:
    """Return each exercise with whether it was answered right; none is wrong, too."""
    given = {answer.exercise_id: answer.answer for answer in answers}
    known = {exercise.exercise_id for exercise in lesson.exercises}
    if unknown := sorted(given.keys() - known):
        raise ActionError(ErrorCode.INVALID, f"no exercise {unknown[0]!r} there", "answers")
    return tuple(
        e.MarkedAnswer(
            exercise_id=exercise.exercise_id,
            correct=is_right(given.get(exercise.exercise_id, ""), answer),
            solution=answer,
        )
        for exercise, answer in zip(lesson.exercises, lesson.answers, strict=True)
    )


def performed(
    record: Record, skill: e.Skill, results: tuple[bool, ...], level: int, now: float
) -> tuple[Record, e.PerformanceResult]:
    """Return the record after some answers of a level, and what they changed."""
    before = after = state_of(record, skill)
    for correct in results:
        after = model.answered(after, model.difficulty_of(level), correct)
    goals = tuple(
        measured(goal, after, now) if goal.skill is skill else goal for goal in record.goals
    )
    already = {goal.goal_id for goal in record.goals if goal.reached_at is not None}
    point = e.ProgressPoint(
        at=now, skill=skill, correct=sum(results), total=len(results), level=after.level,
        ability=after.ability,
    )  # fmt: skip
    changed = {
        "student": with_skill(record.student, after),
        "goals": goals,
        "history": (*record.history, point),
    }
    result = e.PerformanceResult(
        student_id=record.student.student_id,
        skill=skill,
        correct=sum(results),
        total=len(results),
        before=before,
        after=after,
        goals_reached=tuple(
            goal.goal_id
            for goal in goals
            if goal.reached_at is not None and goal.goal_id not in already
        ),
    )
    return record.model_copy(update=changed), result
