"""
Students, their goals and their past, as documents; and the lessons that wait for answers.

Reading and writing only: how an answer moves a skill may not enter.
"""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict

from common.contracts.education import (
    Exercise,
    LearningGoal,
    ProgressPoint,
    Skill,
    SkillState,
    Student,
)
from common.messages import ActionError, ErrorCode
from common.state import Store

STUDENTS: Final = "students"
LESSONS: Final = "lessons"
KEPT_SECONDS: Final = 2 * 365 * 24 * 3600.0
LESSON_SECONDS: Final = 7 * 24 * 3600.0
KEPT_POINTS: Final = 300
KEPT_LESSONS: Final = 20


class Record(BaseModel):
    """Hold all that is kept of one student."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    student: Student
    starting_level: int = 3
    goals: tuple[LearningGoal, ...] = ()
    history: tuple[ProgressPoint, ...] = ()
    lessons: int = 0


class OpenLesson(BaseModel):
    """Hold a lesson with the answers that its exercises expect."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    student_id: str
    skill: Skill
    level: int
    exercises: tuple[Exercise, ...]
    answers: tuple[str, ...]
    is_marked: bool = False


class StudentRecords:
    """Keep students for two years after their last visit, lessons for a week."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def find(self, student_id: str) -> Record | None:
        """Return a student's record."""
        document = await self._store.get(STUDENTS, student_id)
        return None if document is None else Record.model_validate(document)

    async def get(self, student_id: str) -> Record:
        """Return a student's record, or raise ActionError."""
        record = await self.find(student_id)
        if record is None:
            raise ActionError(ErrorCode.NOT_FOUND, f"no student {student_id!r}", "student_id")
        return record

    async def put(self, record: Record, now: float) -> None:
        """Keep a record; only the last points of the past stay."""
        student = record.student.model_copy(update={"updated_at": now})
        kept = record.model_copy(
            update={"student": student, "history": record.history[-KEPT_POINTS:]}
        )
        document = kept.model_dump(mode="json")
        await self._store.put(STUDENTS, student.student_id, document, expires_at=now + KEPT_SECONDS)

    async def put_lesson(self, lesson_id: str, lesson: OpenLesson, now: float) -> None:
        """Keep a lesson until its answers come."""
        document = lesson.model_dump(mode="json")
        await self._store.put(LESSONS, lesson_id, document, expires_at=now + LESSON_SECONDS)

    async def drop_lesson(self, lesson_id: str) -> None:
        """Let go of a lesson that has been followed by many others."""
        await self._store.delete(LESSONS, lesson_id)

    async def get_lesson(self, lesson_id: str, student_id: str) -> OpenLesson:
        """Return a student's lesson that was not marked yet, or raise ActionError."""
        document = await self._store.get(LESSONS, lesson_id)
        lesson = None if document is None else OpenLesson.model_validate(document)
        if lesson is None or lesson.student_id != student_id:
            message = f"no lesson {lesson_id!r} of {student_id!r}"
            raise ActionError(ErrorCode.NOT_FOUND, message, "lesson_id")
        if lesson.is_marked:
            raise ActionError(ErrorCode.CONFLICT, "the lesson was marked already", "lesson_id")
        return lesson


def with_skill(student: Student, state: SkillState) -> Student:
    """Return the student with one skill changed."""
    others = tuple(each for each in student.skills if each.skill is not state.skill)
    skills = tuple(sorted((*others, state), key=lambda each: each.skill.value))
    return student.model_copy(update={"skills": skills})
