"""Tests of training cycles and of the jobs that carry them out."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.utility_services.local_fine_tuner_agent import LocalFineTunerAgent
from agents.utility_services.self_training_orchestrator import SelfTrainingOrchestrator
from agents.utility_services.text_classifier import TextClassifier
from agents.utility_services.training_run import CancelledRunError, Progress, run, split
from common.contracts import training as t
from common.contracts.jobs import JobPhase
from common.contracts.resources import Grant, Released
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

PLACES = ("kitchen", "hall", "bedroom", "garage", "bathroom", "cellar", "attic", "garden")
WORDINGS = {
    "light": ("switch on the lamp in the {}", "turn the {} light off", "it is dark in the {}"),
    "music": ("play some music in the {}", "put a song on in the {}", "louder in the {} please"),
    "heating": ("make it warmer in the {}", "it is cold in the {}", "heat the {} to 20 degrees"),
    "cleaning": ("vacuum the {}", "please clean the {} floor", "the {} is dirty"),
}
EXAMPLES = tuple(
    t.Example(text=wording.format(place), label=label)
    for label, wordings in WORDINGS.items()
    for wording in wordings
    for place in PLACES
)
UNSEEN = {
    "turn the office light on": "light",
    "play a song in the office": "music",
    "it is too cold in the office": "heating",
    "the office floor is dirty": "cleaning",
}
FLOOR = 0.9


def test_a_run_learns_and_the_next_one_learns_on(tmp_path: Path) -> None:
    """Held-out examples are mostly right after it, unseen texts too; labels can be added."""
    path, plan = tmp_path / "m.npz", t.TrainingPlan()
    first = run(path, EXAMPLES[:48], plan, Progress())
    second = run(path, EXAMPLES, plan, Progress())
    model = TextClassifier.load(path)

    assert model is not None and set(model.labels) == set(WORDINGS)
    assert first.before < 0.7 and first.after >= FLOOR
    assert second.after > second.before and second.after >= FLOOR and second.kept
    assert model.accuracy(tuple(UNSEEN), tuple(UNSEEN.values())) >= 0.75


def test_training_stops_when_it_is_told_to_and_when_nothing_gets_better(tmp_path: Path) -> None:
    """A cancelled run leaves no model; patience ends a run before its epochs do."""
    cancelled, patient = Progress(), Progress()
    cancelled.cancelled.set()
    with pytest.raises(CancelledRunError):
        run(tmp_path / "m.npz", EXAMPLES, t.TrainingPlan(), cancelled)
    assert not (tmp_path / "m.npz").exists()
    run(tmp_path / "m.npz", EXAMPLES, t.TrainingPlan(epochs=500, patience=3), patient)
    assert 0 < patient.epoch < 500


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x00" * 99, b"PK\x05\x06" + bytes(18)])
def test_a_damaged_model_is_none(tmp_path: Path, content: bytes) -> None:
    """It is not read, and a run begins anew."""
    path = tmp_path / "m.npz"
    path.write_bytes(content)
    assert TextClassifier.load(path) is None
    assert run(path, EXAMPLES, t.TrainingPlan(), Progress()).kept


@settings(max_examples=50, deadline=None)
@given(
    texts=st.lists(st.text("abcde ", min_size=1).filter(str.strip), min_size=12, unique=True),
    cut=st.integers(4, 11),
)
def test_what_is_held_out_is_never_trained_on(texts: list[str], cut: int) -> None:
    """The parts have nothing in common, and each text is in one of them."""
    examples = [t.Example(text=text, label="ab"[at % 2]) for at, text in enumerate(texts)]
    parts = split(examples)
    groups = [{one.text for one in part} for part in parts]
    assert parts.testing and not groups[0] & groups[1] and not groups[2] & (groups[0] | groups[1])


async def finished(agent: AgentHarness[LocalFineTunerAgent], job_id: str) -> t.TrainingJob:
    """Return a job when its thread has ended."""
    await agent.clock.settle()
    async with agent.agent._turn:
        pass  # the thread has ended
    while not (found := await agent.call("get_status", job_id=job_id)).phase.is_over:
        await agent.clock.settle()
    assert isinstance(found, t.TrainingJob)
    return found


async def test_a_job_runs_reports_and_predicts(tmp_path: Path) -> None:
    """Its model is there after a restart; what was started cannot be started again."""
    async with AgentHarness(LocalFineTunerAgent, state_directory=tmp_path) as agent:
        job = await agent.call("create_job", model="rooms", examples=EXAMPLES)
        await agent.call("start_job", job_id=job.job_id)
        done = await finished(agent, job.job_id)
        with pytest.raises(ActionError) as twice:
            await agent.call("start_job", job_id=job.job_id)
    async with AgentHarness(LocalFineTunerAgent, state_directory=tmp_path) as agent:
        answer = await agent.call("predict", model="rooms", text="it is cold in the office")
        await agent.call("clear_state")
        with pytest.raises(ActionError) as unknown:
            await agent.call("predict", model="rooms", text="x")

    assert done.phase is JobPhase.DONE and done.scores is not None and done.epoch > 0
    assert done.scores.after > done.scores.before and "no neural" in done.trains
    assert answer.label == "heating" and sum(answer.probabilities.values()) == pytest.approx(1)
    assert (twice.value.code, unknown.value.code) == (ErrorCode.CONFLICT, ErrorCode.NOT_FOUND)


async def test_a_job_can_be_cancelled_and_one_label_is_refused() -> None:
    """A job that waits is over at once."""
    async with AgentHarness(LocalFineTunerAgent) as agent:
        job = await agent.call("create_job", model="rooms", examples=EXAMPLES)
        over = await agent.call("cancel_job", job_id=job.job_id)
        with pytest.raises(ActionError, match="at least 4 examples of 2 labels"):
            await agent.call("create_job", model="rooms", examples=EXAMPLES[:20])
    assert over.phase is JobPhase.CANCELLED


def tuner(agent: AgentHarness[SelfTrainingOrchestrator], phase: JobPhase) -> None:
    """Answer as a tuner whose job ends like this."""
    scores = t.TrainingScores(before=0.3, after=0.9, held_out=5, trained_on=9, kept=True)
    job = t.TrainingJob(
        job_id="j",
        model="rooms",
        phase=phase,
        plan=t.TrainingPlan(),
        examples=9,
        scores=scores if phase is JobPhase.DONE else None,
        created_at=0.0,
    )
    for name in ("create_job", "start_job", "get_status"):
        agent.peers.answer("local_fine_tuner_agent", name, lambda request: job)


async def test_a_cycle_goes_on_without_those_that_only_help() -> None:
    """What was missing is noted, and the phases are told."""
    async with AgentHarness(SelfTrainingOrchestrator) as agent:
        tuner(agent, JobPhase.DONE)
        made = (await agent.call("create_cycle", model="rooms", examples=EXAMPLES)).cycle
        await agent.call("start_cycle", cycle_id=made.cycle_id)
        await agent.clock.advance(2)
        (cycle,) = (await agent.call("get_status", cycle_id=made.cycle_id)).cycles
        told = [event.cycle.phase.value for event in agent.published(t.CYCLE_CHANGES)]
    assert cycle.phase is t.CyclePhase.DONE and cycle.has_improved and not cycle.recorded
    assert len(cycle.notes) == 5 and told == ["queued", "running", "done"]


async def test_a_cycle_waits_for_its_share_and_gives_it_back() -> None:
    """A refusal is noted until there is room."""
    async with AgentHarness(SelfTrainingOrchestrator) as agent:
        tuner(agent, JobPhase.DONE)
        grants = iter((False, True))
        agent.peers.answer(
            "resource_manager",
            "allocate_resources",
            lambda request: Grant(
                request_id=request.request_id, granted=next(grants), reason="cpu is short"
            ),
        )
        released: list[str] = []

        def release(request: object) -> Released:
            released.append(str(request))
            return Released(released=True)

        agent.peers.answer("resource_manager", "release_resources", release)
        made = (await agent.call("create_cycle", model="rooms", examples=EXAMPLES)).cycle
        await agent.call("start_cycle", cycle_id=made.cycle_id)
        await agent.clock.settle()
        (waiting,) = (await agent.call("get_status")).cycles
        await agent.clock.advance(3)
        (done,) = (await agent.call("get_status")).cycles
    assert (waiting.phase, waiting.notes) == (t.CyclePhase.QUEUED, ("cpu is short",))
    assert done.phase is t.CyclePhase.DONE and len(released) == 1


async def test_a_cycle_without_tuner_or_material_fails_and_says_why() -> None:
    """It is not started twice, either."""
    async with AgentHarness(SelfTrainingOrchestrator) as agent:
        first = (await agent.call("create_cycle", model="rooms", examples=EXAMPLES)).cycle
        second = (await agent.call("create_cycle", model="rooms")).cycle
        for cycle in (first, second):
            await agent.call("start_cycle", cycle_id=cycle.cycle_id)
        await agent.clock.settle()
        with pytest.raises(ActionError) as twice:
            await agent.call("start_cycle", cycle_id=first.cycle_id)
        cycles = (await agent.call("get_status")).cycles
    errors = {cycle.cycle_id: cycle.error for cycle in cycles}
    assert "local_fine_tuner_agent" in errors[first.cycle_id]
    assert "active_learning_monitor" in errors[second.cycle_id]
    assert twice.value.code is ErrorCode.CONFLICT


async def test_a_cycle_that_ran_goes_on_after_a_restart() -> None:
    """Its job is asked for, not begun again."""
    async with AgentHarness(SelfTrainingOrchestrator) as agent:
        tuner(agent, JobPhase.RUNNING)
        made = (await agent.call("create_cycle", model="rooms", examples=EXAMPLES)).cycle
        await agent.call("start_cycle", cycle_id=made.cycle_id)
        await agent.clock.settle()
        store = agent.store
    after = AgentHarness(SelfTrainingOrchestrator, store=store)
    tuner(after, JobPhase.DONE)
    async with after as agent:
        await agent.clock.advance(2)
        (cycle,) = (await agent.call("get_status")).cycles
    assert cycle.phase is t.CyclePhase.DONE
    assert not after.peers.calls_of("local_fine_tuner_agent", "create_job")
