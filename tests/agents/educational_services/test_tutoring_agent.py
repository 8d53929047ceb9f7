"""Tests of TutoringAgent: where the sections of a lesson come from, history and profiles."""

from __future__ import annotations

import pytest

from agents.educational_services.tutoring_agent import KEPT_LESSONS, TutoringAgent
from common.contracts.memory import Memory, MemoryHits, ScoredMemory
from common.contracts.models import Engine
from common.contracts.orchestration import RunTaskRequest, TaskClass, TaskOutcome
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness


def outcome(request: RunTaskRequest, engine: Engine) -> TaskOutcome:
    """Return what an orchestrator with such an engine would."""
    return TaskOutcome(
        task_id="task-000000000001", task=request.task, task_class=TaskClass.CHAT, confidence=1.0,
        succeeded=True, output="A written lesson.", engine=engine, steps=(), started_at=0.0,
        finished_at=0.0,
    )  # fmt: skip


async def test_known_topics_have_an_outline() -> None:
    """Without a model the embedded outline is the lesson, and the note says why."""
    async with AgentHarness(TutoringAgent) as agent:
        lesson = await agent.call("generate_lesson", topic="Photosynthesis")

        assert lesson.engine is Engine.EMBEDDED
        assert {section.source for section in lesson.sections} == {"outline"}
        assert "chloroplasts" in " ".join(section.text for section in lesson.sections)
        assert "model_orchestrator did not answer" in lesson.note


async def test_memory_adds_what_is_known() -> None:
    """Memories about the topic come first, others are left out."""
    async with AgentHarness(TutoringAgent) as agent:
        texts = ("The boiler is serviced in May", "The garden is green")
        hits = tuple(
            ScoredMemory(memory=Memory(memory_id=f"m{at}", content=text), score=1.0)
            for at, text in enumerate(texts)
        )
        agent.peers.answer(
            "memory_orchestrator_service", "search_memory", lambda _: MemoryHits(hits=hits)
        )
        lesson = await agent.call("generate_lesson", topic="boilers", use_model=False)

        assert (lesson.sections[0].source, lesson.sections[0].text) == ("memory", texts[0])
        assert lesson.note == "the outline is general: no model was asked"


@pytest.mark.parametrize("engine", Engine)
async def test_a_model_writes_and_talk_is_left_out(engine: Engine) -> None:
    """A server's text is a section, the embedded engine's is not taken for one."""
    async with AgentHarness(TutoringAgent) as agent:
        agent.peers.answer("model_orchestrator", "run_task", lambda r: outcome(r, engine))
        lesson = await agent.call("generate_lesson", topic="opera")
        sources = [section.source for section in lesson.sections]

        assert lesson.engine is engine
        assert ("model" in sources) == (engine is Engine.SERVER)


async def test_profile_fits_the_lesson() -> None:
    """Level and style of the profile are used unless the request says otherwise."""
    async with AgentHarness(TutoringAgent) as agent:
        await agent.call(
            "update_profile", student_id="anna", level=8, style="brief", interests=["chess"]
        )
        brief = await agent.call("generate_lesson", topic="gravity", student_id="anna")
        easy = await agent.call("generate_lesson", topic="gravity", student_id="anna", level=1)
        asked = agent.peers.calls_of("model_orchestrator", "run_task")[0].task

        assert (brief.level, easy.level) == (8, 1)
        assert len(brief.questions) > len(easy.questions)
        assert "chess" in asked and "brief" in asked


async def test_history_is_newest_first_bounded_and_personal() -> None:
    """The last lessons of one learner are there after a restart."""
    async with AgentHarness(TutoringAgent) as agent:
        for number in range(KEPT_LESSONS + 3):
            await agent.call(
                "generate_lesson", topic=f"t{number}", student_id="anna", use_model=False
            )
        await agent.call("generate_lesson", topic="other", student_id="ann")
        store = agent.store
    async with AgentHarness(TutoringAgent, store=store) as agent:
        all_of_her = await agent.call("get_history", student_id="anna", limit=100)
        last = await agent.call("get_history", student_id="anna", limit=1)

        assert len(all_of_her.lessons) == KEPT_LESSONS
        assert [lesson.topic for lesson in last.lessons] == [f"t{KEPT_LESSONS + 2}"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"topic": " "}, "topic"), ({"topic": "x", "student_id": "a/b"}, "student_id"),
     ({"topic": "x", "level": 11}, "level")],
)  # fmt: skip
async def test_malformed_requests_are_invalid(fields: dict[str, object], field: str) -> None:
    """A request that is not as stated is refused with the field."""
    async with AgentHarness(TutoringAgent) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("generate_lesson", **fields)

        assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, field)
