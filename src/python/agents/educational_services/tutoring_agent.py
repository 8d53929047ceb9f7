"""
TutoringAgent: the content of a lesson on any topic, for a learner's level and style.

Outlines are lesson_outlines; memory adds what is known, a model writes the rest where there is one.
"""

from __future__ import annotations

import asyncio

from agents.educational_services.lesson_outlines import outline_of, questions_for
from common.agent import Agent, AgentContext, action
from common.contracts import education as e
from common.contracts.memory import MemoryHits, SearchMemoryRequest
from common.contracts.models import Engine
from common.contracts.orchestration import RunTaskRequest, TaskClass, TaskOutcome
from common.messages import ActionError
from common.text import stems

PROFILES = "profiles"
LESSONS = "lessons"
KEPT_LESSONS = 50
KEPT_SECONDS = 365 * 24 * 3600.0
MODEL_SECONDS = 60.0
MEMORY_SECONDS = 3.0
MAX_SECTION = 4_000


class TutoringAgent(Agent):
    """Write lessons, keep each learner's last ones and profile for a year."""

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._writing = asyncio.Lock()

    @action
    async def generate_lesson(self, request: e.GenerateLessonRequest) -> e.LessonContent:
        """Write a lesson, and say where each section comes from."""
        profile = await self._profile(request.student_id)
        level = request.level or profile.level
        topic = " ".join(request.topic.split())
        outline, is_known = outline_of(topic, request.sections, profile.style)
        remembered = await self._remembered(topic)
        written: tuple[e.LessonSection, ...] = ()
        engine, note = Engine.EMBEDDED, ""
        if request.use_model:
            written, engine, note = await self._written(topic, level, profile)
        if not written and not is_known and not note:
            note = "the outline is general: no model was asked"
        sections = (*remembered, *written, *outline)[: request.sections]
        async with self._writing:
            return await self._keep(
                request.student_id, topic, level, sections, engine if written else Engine.EMBEDDED,
                note,
            )  # fmt: skip

    @action
    async def get_history(self, request: e.LessonHistoryRequest) -> e.LessonHistory:
        """Return a learner's lessons, newest first."""
        found = await self.store.scan(
            LESSONS, prefix=f"{request.student_id}/", newest_first=True, limit=request.limit
        )
        lessons = (e.LessonContent.model_validate(document) for _, document in found)
        return e.LessonHistory(lessons=tuple(lessons))

    @action
    async def update_profile(self, request: e.UpdateProfileRequest) -> e.LearnerProfile:
        """Change what lessons are fitted to."""
        async with self._writing:
            profile = await self._profile(request.student_id)
            changed = {
                name: value
                for name in ("level", "interests", "style")
                if (value := getattr(request, name)) is not None
            }
            now = self.clock.now()
            profile = profile.model_copy(update={**changed, "updated_at": now})
            await self._put_profile(profile)
        return profile

    async def _profile(self, student_id: str) -> e.LearnerProfile:
        document = await self.store.get(PROFILES, student_id)
        if document is None:
            return e.LearnerProfile(student_id=student_id)
        return e.LearnerProfile.model_validate(document)

    async def _put_profile(self, profile: e.LearnerProfile) -> None:
        expires_at = self.clock.now() + KEPT_SECONDS
        document = profile.model_dump(mode="json")
        await self.store.put(PROFILES, profile.student_id, document, expires_at=expires_at)

    async def _remembered(self, topic: str) -> tuple[e.LessonSection, ...]:
        wanted = SearchMemoryRequest(query=topic, limit=3)
        try:
            found = await self.peers.call(
                "memory_orchestrator_service", "search_memory", wanted, MemoryHits,
                timeout=MEMORY_SECONDS,
            )  # fmt: skip
        except ActionError as error:
            self.log.warning("memory did not answer: %s", error)
            return ()
        words = set(stems(topic))
        texts = [
            hit.memory.content for hit in found.hits if words <= set(stems(hit.memory.content))
        ]
        if not words or not texts:
            return ()
        text = "\n".join(texts)[:MAX_SECTION]
        return (e.LessonSection(title="What is known here", text=text, source="memory"),)

    async def _written(
        self, topic: str, level: int, profile: e.LearnerProfile
    ) -> tuple[tuple[e.LessonSection, ...], Engine, str]:
        interests = (
            f" The learner likes {', '.join(profile.interests)}." if profile.interests else ""
        )
        wanted = RunTaskRequest(
            task=f"Write a {profile.style} lesson about {topic}, level {level} of 10.{interests}",
            task_class=TaskClass.CHAT,
            max_tokens=1_024,
        )
        try:
            found = await self.peers.call(
                "model_orchestrator", "run_task", wanted, TaskOutcome, timeout=MODEL_SECONDS
            )
        except ActionError as error:
            note = f"model_orchestrator did not answer: {error.code.value}"
            return (), Engine.EMBEDDED, note
        if not found.succeeded or found.engine is Engine.EMBEDDED:
            return (), Engine.EMBEDDED, "no language model is configured: the outline is embedded"
        text = found.output.strip()[:MAX_SECTION]
        return (e.LessonSection(title=topic, text=text, source="model"),), found.engine, ""

    async def _keep(
        self,
        student_id: str,
        topic: str,
        level: int,
        sections: tuple[e.LessonSection, ...],
        engine: Engine,
        note: str,
    ) -> e.LessonContent:
        profile = await self._profile(student_id)
        number = profile.lessons + 1
        lesson = e.LessonContent(
            lesson_id=f"{student_id}-{number}",
            student_id=student_id,
            topic=topic,
            level=level,
            title=f"{topic[:1].upper()}{topic[1:]}, level {level}",
            sections=sections,
            questions=questions_for(topic, level, sections),
            engine=engine,
            note=note,
            at=self.clock.now(),
        )
        expires_at = lesson.at + KEPT_SECONDS
        document = lesson.model_dump(mode="json")
        await self.store.put(LESSONS, _key(student_id, number), document, expires_at=expires_at)
        await self.store.delete(LESSONS, _key(student_id, number - KEPT_LESSONS))
        await self._put_profile(profile.model_copy(update={"lessons": number}))
        return lesson


def _key(student_id: str, number: int) -> str:
    return f"{student_id}/{max(number, 0):08d}"
