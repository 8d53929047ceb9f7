"""Tests of what is worth learning: who sees it, who keeps it, and who decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.learning_knowledge.active_learning_monitor import ActiveLearningMonitor
from agents.learning_knowledge.interaction_signs import is_correction
from agents.learning_knowledge.learning_opportunity_detector import LearningOpportunityDetector
from agents.learning_knowledge.learning_orchestration_service import (
    LearningOrchestrationService,
    LearningOrchestrationServiceConfiguration,
)
from common.contracts import learning as c
from common.contracts import training as t
from common.contracts.coordination import INTERACTIONS, InteractionHappened
from common.testing import AgentHarness, FakePeers

ORCHESTRATION = "learning_orchestration_service"


def said(text: str, intent: str = "command", confidence: float = 0.9) -> InteractionHappened:
    """Return something that was said in one session."""
    return InteractionHappened(
        request_id=text,
        user_id="anna",
        session_id="s",
        text=text,
        answer="",
        intent=intent,
        confidence=confidence,
        at=1_750_000_000.0,
    )


def taken(request: c.NewOpportunityRequest) -> c.OpportunityTaken:
    """Answer as an orchestration that takes everything."""
    return c.OpportunityTaken(accepted=True, waiting=1, decision="")


@pytest.mark.parametrize(
    ("text", "correction"),
    [
        ("No, I meant the kitchen", True),
        ("that's not what I asked", True),
        ("I meant play jazz", True),
        ("you misunderstood me", True),
        ("wrong", True),
        ("no problem, thanks", False),
        ("what is the meaning of life", False),
        ("play some jazz", False),
        ("", False),
    ],
)
def test_corrections_are_told_from_other_texts(text: str, correction: bool) -> None:
    """A no alone is one; a word that only looks alike is none."""
    assert is_correction(text) is correction


async def test_what_went_wrong_is_ranked_and_told() -> None:
    """A corrected text is worth more than an unsure one; a sure one is worth nothing."""
    async with AgentHarness(LearningOpportunityDetector) as agent:
        agent.peers.answer(ORCHESTRATION, "new_learning_opportunity", taken)
        await agent.clock.settle()
        for event in (
            said("what a day", "smalltalk"),
            said("do the thing", "unknown", 0.2),
            said("put some queen on", "smalltalk", 0.5),
            said("no, I meant play music", "command", 0.9),
        ):
            agent.peers.happen(INTERACTIONS, event)
            await agent.clock.settle()
        found = (await agent.call("get_top_opportunities")).opportunities
        told = agent.peers.calls_of(ORCHESTRATION, "new_learning_opportunity")
        await agent.call("mark_processed", opportunity_id=found[0].opportunity_id)
        left = (await agent.call("get_top_opportunities")).opportunities
        stats = await agent.call("get_stats")

    assert [one.text for one in found] == ["put some queen on", "do the thing"]
    assert found[0].label == "command" and c.Sign.CORRECTION in found[0].signs
    assert {one.opportunity.text for one in told} == {one.text for one in found}
    assert [one.text for one in left] == ["do the thing"]
    assert (stats.interactions, stats.open, stats.unsent) == (4, 1, 0)


async def test_who_cannot_be_told_is_told_later() -> None:
    """An opportunity waits until the orchestration is there; seen again it is worth more."""
    async with AgentHarness(LearningOpportunityDetector) as agent:
        fields = {"text": "do the thing", "intent": "unknown", "confidence": 0.2}
        first = (await agent.call("scan_interaction", **fields)).opportunity
        again = (await agent.call("scan_interaction", **fields)).opportunity
        waiting = (await agent.call("get_stats")).unsent
        agent.peers.answer(ORCHESTRATION, "new_learning_opportunity", taken)
        await agent.clock.advance(61)
        unsent = (await agent.call("get_stats")).unsent
    assert again.score > first.score and again.seen == 2
    assert (waiting, unsent) == (1, 0)


async def test_valuable_interactions_are_set_aside_once_and_kept(tmp_path: Path) -> None:
    """Corrected ones get the label that was meant; unsure ones wait for one; no repeats."""
    async with AgentHarness(ActiveLearningMonitor, state_directory=tmp_path) as agent:
        await agent.clock.settle()
        for event in (
            said("do the thing", "unknown", 0.2),
            said("put some queen on", "smalltalk", 0.5),
            said("no, I meant play music", "command", 0.9),
            said("Do the thing!", "unknown", 0.2),
        ):
            agent.peers.happen(INTERACTIONS, event)
        while (await agent.call("get_stats")).interactions < 4:
            await agent.clock.settle()
        marked = await agent.call("mark_interaction", text="fetch my slippers", label="command")
        again = await agent.call("mark_interaction", text="fetch my slippers", label="command")
        stats = await agent.call("get_stats")
        (wanted,) = (await agent.call("get_training_material", labelled=False)).material
    assert not marked.told and not again.told
    assert stats.by_label == {"command": 2} and stats.repeats == 2
    assert wanted.text == "do the thing"
    async with AgentHarness(ActiveLearningMonitor, state_directory=tmp_path) as agent:
        material = (await agent.call("get_training_material")).material
        sources = {one.text: (one.label, one.source.value) for one in material}
        assert sources["fetch my slippers"] == ("command", "hand")
        assert sources["put some queen on"] == ("command", "correction")
        await agent.call("clear_state")
        assert not (await agent.call("get_training_material")).material


async def test_half_a_line_of_a_crash_is_passed_over(tmp_path: Path) -> None:
    """What was whole is there, and more can be added."""
    async with AgentHarness(ActiveLearningMonitor, state_directory=tmp_path) as agent:
        await agent.call("mark_interaction", text="one", label="a")
        await agent.call("mark_interaction", text="two", label="b")
    path = tmp_path / "material.jsonl"
    path.write_bytes(path.read_bytes()[:-9])
    async with AgentHarness(ActiveLearningMonitor, state_directory=tmp_path) as agent:
        await agent.call("mark_interaction", text="three", label="b")
    async with AgentHarness(ActiveLearningMonitor, state_directory=tmp_path) as agent:
        material = (await agent.call("get_training_material")).material
    assert {one.text for one in material} == {"one", "three"}


def orchestration(peers: FakePeers, **chosen: float) -> AgentHarness[LearningOrchestrationService]:
    """Return an orchestration for small batches."""
    fields = {"batch_size": 2, "least_examples": 4, **chosen}
    configuration = LearningOrchestrationServiceConfiguration.model_validate(fields)
    return AgentHarness(LearningOrchestrationService, peers=peers, configuration=configuration)


def training(peers: FakePeers) -> None:
    """Answer as an orchestrator of training would."""

    def cycle(phase: t.CyclePhase) -> t.Cycle:
        return t.Cycle(cycle_id="c1", model="m", phase=phase, epochs=1, created_at=1_750_000_000.0)

    planned, queued = cycle(t.CyclePhase.PLANNED), cycle(t.CyclePhase.QUEUED)
    slug = "self_training_orchestrator"
    peers.answer(slug, "create_cycle", lambda request: t.CycleReply(cycle=planned))
    peers.answer(slug, "start_cycle", lambda request: t.CycleReply(cycle=queued))
    peers.answer(slug, "get_status", lambda request: t.CycleStatus(cycles=(queued,)))


def opportunity(number: int, score: float = 0.9) -> c.Opportunity:
    """Return an opportunity with a label."""
    label = "ab"[number % 2]
    return c.Opportunity(
        opportunity_id=f"o{number}", text=f"text {number}", label=label, score=score, at=1.0
    )


async def test_a_batch_of_opportunities_becomes_one_cycle_and_is_followed() -> None:
    """Poor ones do not count; a second cycle waits; at the end the detector hears of it."""
    peers = FakePeers()
    training(peers)
    peers.answer(
        "active_learning_monitor",
        "get_training_material",
        lambda request: c.TrainingMaterial(material=()),
    )
    async with orchestration(peers) as agent:
        await agent.clock.settle()
        poor = await agent.call("new_learning_opportunity", opportunity=opportunity(9, 0.1))
        for number in range(4):
            await agent.call("new_learning_opportunity", opportunity=opportunity(number))
        await agent.clock.advance(11)
        (begun,) = (await agent.call("get_training_cycles", active_only=True)).cycles
        repeat = await agent.call("new_learning_opportunity", opportunity=opportunity(1))
        done = t.TrainingScores(before=0.5, after=1.0, held_out=1, trained_on=3, kept=True)
        over = begun.model_copy(update={"phase": t.CyclePhase.DONE, "scores": done})
        peers.happen(t.CYCLE_CHANGES, t.CycleChanged(cycle=over))
        await agent.clock.settle()
        stats = await agent.call("get_stats")
        (plan,) = peers.calls_of("self_training_orchestrator", "create_cycle")

    assert not poor.accepted and "c1" in repeat.decision
    assert len(plan.examples) == 4 and begun.phase is t.CyclePhase.QUEUED
    assert (stats.done, stats.improved, stats.waiting, stats.left_today) == (1, 1, 0, 5)
    assert peers.calls_of("learning_opportunity_detector", "mark_processed")


@pytest.mark.parametrize(
    ("chosen", "count", "decision"),
    [
        ({"cycles_a_day": 0}, 4, "the budget of 0 cycles a day is used up"),
        ({}, 1, "1 of 2 opportunities are there"),
        ({}, 3, "3 of 4 labelled examples are there"),
    ],
)
async def test_why_no_cycle_begins_is_said(
    chosen: dict[str, float], count: int, decision: str
) -> None:
    """Without budget, opportunities or material nothing begins."""
    peers = FakePeers()
    training(peers)
    peers.answer(
        "active_learning_monitor",
        "get_training_material",
        lambda request: c.TrainingMaterial(material=()),
    )
    async with orchestration(peers, **chosen) as agent:
        for number in range(count):
            await agent.call("new_learning_opportunity", opportunity=opportunity(number))
        await agent.clock.advance(11)
        found = await agent.call("get_training_cycles")
    assert (found.cycles, found.decision) == ((), decision)
