"""
Messages of the tutors: students, skills, lessons, exercises and performance.

Only values live here; the student model and the exercises belong to the agents.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from common.contracts.models import Engine
from common.messages import Query, Reply, Request

StudentId = Annotated[str, Field(pattern=r"^[\w.@-]+$", min_length=1, max_length=100)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Level = Annotated[int, Field(ge=1, le=10)]
LessonTopic = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class Skill(StrEnum):
    """Name what can be practised with generated exercises."""

    ADDITION = "addition"
    MULTIPLICATION = "multiplication"
    FRACTIONS = "fractions"
    EQUATIONS = "equations"
    VOCABULARY = "vocabulary"
    SPELLING = "spelling"


class SkillState(BaseModel):
    """Hold what is known of one skill: ability in logits, mastery as the chance to know it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    skill: Skill
    ability: float = 0.0
    mastery: Share = 0.2
    level: Level = 3
    answers: int = 0
    correct: int = 0
    streak: int = 0  # right ones in a row; negative for wrong ones


class Student(BaseModel):
    """Hold a student."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    student_id: str
    name: str = ""
    interests: tuple[str, ...] = ()
    skills: tuple[SkillState, ...] = ()
    created_at: float = 0.0
    updated_at: float = 0.0


class GetStudentRequest(Query):
    """Ask tutor_agent `get_student`."""

    student_id: StudentId


class UpdateStudentRequest(Request):
    """Ask tutor_agent `update_student`; one that is not known yet begins. None leaves as is."""

    is_idempotent: ClassVar[bool] = True

    student_id: StudentId
    name: str | None = Field(default=None, max_length=200)
    interests: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] | None = Field(
        default=None, max_length=20
    )
    starting_level: Level | None = None  # for skills that were not practised yet


class StudentReply(Reply):
    """Answer `get_student` and `update_student`."""

    student: Student


class GetLessonRequest(Request):
    """Ask tutor_agent `get_lesson`; without a skill the one that needs it most is practised."""

    student_id: StudentId
    skill: Skill | None = None
    exercises: int = Field(default=5, ge=1, le=20)


class Exercise(BaseModel):
    """Hold one exercise; the answer stays with the tutor. Difficulty is in logits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    exercise_id: str
    prompt: str
    difficulty: float
    choices: tuple[str, ...] = ()


class Lesson(Reply):
    """Answer `get_lesson`."""

    lesson_id: str
    student_id: str
    skill: Skill
    level: Level
    title: str
    explanation: str
    example: str
    exercises: tuple[Exercise, ...]
    expected_success: Share  # the share of right answers that the student model expects


class GivenAnswer(BaseModel):
    """Hold what a student answered to an exercise."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    exercise_id: str = Field(min_length=1, max_length=100)
    answer: str = Field(max_length=500)


class SubmitPerformanceRequest(Request):
    """Ask tutor_agent `submit_performance`: answers to a lesson, or a score won elsewhere."""

    student_id: StudentId
    lesson_id: str | None = Field(default=None, min_length=1, max_length=100)
    answers: tuple[GivenAnswer, ...] = Field(default=(), max_length=20)
    skill: Skill | None = None
    score: Share | None = None  # share of right answers
    exercises: int = Field(default=5, ge=1, le=50)  # that the score is about

    @model_validator(mode="after")
    def check_one_form(self) -> Self:
        """Refuse anything but answers to a lesson, or a skill and a score."""
        by_lesson = self.lesson_id is not None and bool(self.answers)
        by_score = self.skill is not None and self.score is not None
        if by_lesson == by_score:
            raise ValueError("give either lesson_id and answers, or skill and score")
        return self


class MarkedAnswer(BaseModel):
    """Hold whether an answer was right, and the right one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    exercise_id: str
    correct: bool
    solution: str


class PerformanceResult(Reply):
    """Answer `submit_performance`: how the estimate and the level moved."""

    student_id: str
    skill: Skill
    correct: int
    total: int
    marked: tuple[MarkedAnswer, ...] = ()
    before: SkillState
    after: SkillState
    goals_reached: tuple[str, ...] = ()


class SetLearningGoalRequest(Request):
    """Ask tutor_agent `set_goal`: the level to reach in a skill."""

    is_idempotent: ClassVar[bool] = True

    student_id: StudentId
    skill: Skill
    target_level: Level
    deadline: float | None = Field(default=None, ge=0.0, le=1e11)


class LearningGoal(BaseModel):
    """Hold a goal; reached_at is None until the level has been reached."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    goal_id: str
    skill: Skill
    target_level: Level
    set_at: float = 0.0
    deadline: float | None = None
    reached_at: float | None = None
    progress: Share = 0.0


class LearningGoalReply(Reply):
    """Answer `set_goal`."""

    goal: LearningGoal


class GetProgressRequest(Query):
    """Ask tutor_agent `get_progress`."""

    student_id: StudentId
    skill: Skill | None = None
    limit: int = Field(default=50, ge=1, le=500)


class ProgressPoint(BaseModel):
    """Hold one submitted performance."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: float
    skill: Skill
    correct: int
    total: int
    level: Level  # after it
    ability: float


class Progress(Reply):
    """Answer `get_progress`: skills, goals, and the points of the past, oldest first."""

    student_id: str
    skills: tuple[SkillState, ...]
    goals: tuple[LearningGoal, ...]
    history: tuple[ProgressPoint, ...]


# ---- tutoring_agent


class GenerateLessonRequest(Request):
    """Ask tutoring_agent `generate_lesson`; what is left out comes from the profile."""

    topic: LessonTopic
    student_id: StudentId = "anonymous"
    level: Level | None = None
    sections: int = Field(default=4, ge=1, le=8)
    use_model: bool = True


class LessonSection(BaseModel):
    """Hold one section; source is `outline`, `memory`, or `model`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    text: str
    source: str


class LessonContent(Reply):
    """Answer `generate_lesson`."""

    lesson_id: str
    student_id: str
    topic: str
    level: Level
    title: str
    sections: tuple[LessonSection, ...]
    questions: tuple[str, ...]
    engine: Engine
    note: str = ""
    at: float


class LessonHistoryRequest(Query):
    """Ask tutoring_agent `get_history`, newest first."""

    student_id: StudentId = "anonymous"
    limit: int = Field(default=20, ge=1, le=100)


class LessonHistory(Reply):
    """Answer `get_history`."""

    lessons: tuple[LessonContent, ...]


class UpdateProfileRequest(Request):
    """Ask tutoring_agent `update_profile`; None leaves as is."""

    is_idempotent: ClassVar[bool] = True

    student_id: StudentId
    level: Level | None = None
    interests: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] | None = Field(
        default=None, max_length=20
    )
    style: str | None = Field(default=None, pattern=r"^(brief|detailed|examples)$")


class LearnerProfile(Reply):
    """Answer `update_profile`."""

    student_id: str
    level: Level = 3
    interests: tuple[str, ...] = ()
    style: str = "detailed"
    lessons: int = 0
    updated_at: float = 0.0
