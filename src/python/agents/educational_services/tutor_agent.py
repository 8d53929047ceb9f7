"""
TutorAgent: lessons that are as hard as a student can take, and the progress made.

What moves is student_progress, what is asked exercises, what is kept student_records.
"""

from __future__ import annotations

import asyncio

from agents.educational_services import student_model as model
from agents.educational_services import student_progress as progress
from agents.educational_services.exercises import TEACHING, make_tasks
from agents.educational_services.student_records import (
    KEPT_LESSONS,
    OpenLesson,
    Record,
    StudentRecords,
)
from common.agent import Agent, AgentContext, action
from common.contracts import education as e
from common.contracts.memory import AddMemoryRequest, MemoryAdded, Tier
from common.messages import ActionError

MEMORY_SECONDS = 3.0
MAX_GOALS = 20


class TutorAgent(Agent):
    """Adapt the difficulty to a student, and follow the progress."""

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._records = StudentRecords(context.store)
        self._writing = asyncio.Lock()

    @action
    async def get_student(self, request: e.GetStudentRequest) -> e.StudentReply:
        """Return a student and what is known of each skill."""
        return e.StudentReply(student=(await self._records.get(request.student_id)).student)

    @action
    async def update_student(self, request: e.UpdateStudentRequest) -> e.StudentReply:
        """Change a student's name, interests or starting level; begin one that is new."""
        async with self._writing:
            record = await self._record(request.student_id)
            changed = {
                name: value
                for name in ("name", "interests")
                if (value := getattr(request, name)) is not None
            }
            now = self.clock.now()
            student = record.student.model_copy(update={**changed, "updated_at": now})
            level = request.starting_level or record.starting_level
            changed_record = {"student": student, "starting_level": level}
            await self._records.put(record.model_copy(update=changed_record), now)
        return e.StudentReply(student=student)

    @action
    async def get_lesson(self, request: e.GetLessonRequest) -> e.Lesson:
        """Return a lesson of the level that fits, with exercises and without their answers."""
        async with self._writing:
            record = await self._record(request.student_id)
            skill = request.skill or progress.neediest(record)
            state = progress.state_of(record, skill)
            number = record.lessons + 1
            lesson_id = f"{request.student_id}-{number}"
            lesson = _lesson(request, state, lesson_id)
            now = self.clock.now()
            await self._records.put_lesson(lesson_id, lesson, now)
            await self._records.drop_lesson(f"{request.student_id}-{number - KEPT_LESSONS}")
            await self._records.put(record.model_copy(update={"lessons": number}), now)
        teaching = TEACHING[skill]
        return e.Lesson(
            lesson_id=lesson_id,
            student_id=request.student_id,
            skill=skill,
            level=state.level,
            title=f"{teaching.title}, level {state.level}",
            explanation=teaching.explanation,
            example=teaching.example,
            exercises=lesson.exercises,
            expected_success=model.chance(state.ability, model.difficulty_of(state.level)),
        )

    @action
    async def submit_performance(self, request: e.SubmitPerformanceRequest) -> e.PerformanceResult:
        """Mark answers, or take a score, and move the estimate and the level."""
        async with self._writing:
            if request.lesson_id is not None:
                result = await self._mark(request, request.lesson_id)
            else:
                result = await self._score(request)
        if result.after.level != result.before.level or result.goals_reached:
            await self._remember(result)
        return result

    @action
    async def set_goal(self, request: e.SetLearningGoalRequest) -> e.LearningGoalReply:
        """Set the level to reach in a skill; it replaces an open goal for the skill."""
        async with self._writing:
            record = await self._record(request.student_id)
            now = self.clock.now()
            goal = e.LearningGoal(
                goal_id=f"{request.skill.value}-{request.target_level}",
                skill=request.skill,
                target_level=request.target_level,
                set_at=now,
                deadline=request.deadline,
            )
            goal = progress.measured(goal, progress.state_of(record, request.skill), now)
            await self._records.put(progress.with_goal(record, goal, MAX_GOALS), now)
        return e.LearningGoalReply(goal=goal)

    @action
    async def get_progress(self, request: e.GetProgressRequest) -> e.Progress:
        """Return skills, goals and the performances of the past."""
        record = await self._records.get(request.student_id)
        points = [point for point in record.history if request.skill in (None, point.skill)]
        return e.Progress(
            student_id=request.student_id,
            skills=tuple(s for s in record.student.skills if request.skill in (None, s.skill)),
            goals=tuple(goal for goal in record.goals if request.skill in (None, goal.skill)),
            history=tuple(points[-request.limit :]),
        )

    async def _record(self, student_id: str) -> Record:
        known = await self._records.find(student_id)
        return known or progress.new_record(student_id, self.clock.now())

    async def _mark(
        self, request: e.SubmitPerformanceRequest, lesson_id: str
    ) -> e.PerformanceResult:
        record = await self._records.get(request.student_id)
        lesson = await self._records.get_lesson(lesson_id, request.student_id)
        marked = progress.marked_answers(lesson, request.answers)
        results = tuple(each.correct for each in marked)
        now = self.clock.now()
        # First the lesson: whoever submits again after a crash is refused, not counted twice.
        done = lesson.model_copy(update={"is_marked": True})
        await self._records.put_lesson(lesson_id, done, now)
        changed, result = progress.performed(record, lesson.skill, results, lesson.level, now)
        await self._records.put(changed, now)
        return result.model_copy(update={"marked": marked})

    async def _score(self, request: e.SubmitPerformanceRequest) -> e.PerformanceResult:
        record = await self._record(request.student_id)
        skill, score = request.skill or e.Skill.ADDITION, request.score or 0.0
        right = round(score * request.exercises)
        results = tuple(at < right for at in range(request.exercises))
        level = progress.state_of(record, skill).level
        now = self.clock.now()
        changed, result = progress.performed(record, skill, results, level, now)
        await self._records.put(changed, now)
        return result

    async def _remember(self, result: e.PerformanceResult) -> None:
        content = (
            f"Student {result.student_id} is at level {result.after.level} of "
            f"{result.skill.value} (was {result.before.level})"
        )
        wanted = AddMemoryRequest(content=content, memory_type="progress", tier=Tier.MEDIUM)
        try:
            await self.peers.call(
                "memory_orchestrator_service", "add_memory", wanted, MemoryAdded,
                timeout=MEMORY_SECONDS,
            )  # fmt: skip
        except ActionError as error:
            self.log.warning("progress was not remembered: %s", error)


def _lesson(request: e.GetLessonRequest, state: e.SkillState, lesson_id: str) -> OpenLesson:
    tasks = make_tasks(state.skill, state.level, request.exercises, lesson_id)
    difficulty = model.difficulty_of(state.level)
    exercises = tuple(
        e.Exercise(
            exercise_id=str(at), prompt=task.prompt, difficulty=difficulty, choices=task.choices
        )
        for at, task in enumerate(tasks, 1)
    )
    return OpenLesson(
        student_id=request.student_id,
        skill=state.skill,
        level=state.level,
        exercises=exercises,
        answers=tuple(task.answer for task in tasks),
    )
