"""Tests of GoTToTAgent: searches with their proofs, and proposals of a model."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.reasoning_services.chain_of_thought_agent import ChainOfThoughtAgent
from agents.reasoning_services.got_tot_agent import GoTToTAgent
from agents.reasoning_services.search_problems import Jugs, read_problem
from agents.reasoning_services.thought_search import search
from common.contracts.models import Engine, Generation
from common.contracts.reasoning import Method
from common.testing import AgentHarness, MemoryFleet
from common.testing.harness import facts_of

FACTS = facts_of(GoTToTAgent, slug="got_tot_agent")


@pytest.mark.parametrize(
    "question",
    [
        "make 24 from 4, 7, 8, 8",
        "use 3 3 8 8 to reach 24",
        "Using the numbers 1, 5, 5 and 5, can you make 24?",
        "make 100 from 25, 3, 1",
        "I have jugs of 3 and 5 litres. How do I measure 4 litres?",
        "With buckets of 7 and 4 litres get exactly 6 litres",
        "Paint after sand. Prime before paint. Sand before prime. In which order?",
    ],
)
async def test_solvable_problems_are_solved(question: str) -> None:
    """The path leads from the start to a goal that was checked."""
    async with AgentHarness(GoTToTAgent, facts=FACTS) as agent:
        found = await agent.call("reason", question=question)

        assert found.solved, found.note
        assert (found.method, found.path[0].parent_id) == (Method.SEARCH, None)
        assert all(
            after.parent_id == before.thought_id
            for before, after in zip(found.path, found.path[1:], strict=False)
        )


@pytest.mark.parametrize(
    "question",
    [
        "make 24 from 1 1 1 1",
        "jugs of 4 and 6 litres, measure 5",
        "A before B. B before C. C before A. In which order?",
    ],
)
async def test_what_cannot_be_is_proven(question: str) -> None:
    """When every possibility was tried, the note says so."""
    async with AgentHarness(GoTToTAgent, facts=FACTS) as agent:
        found = await agent.call("reason", question=question)

        assert not found.solved
        assert found.note == "every possibility was tried: there is no way"


async def test_narrow_beam_widens_until_it_finds() -> None:
    """A beam of one finds the same, since it widens when it left something out."""
    async with AgentHarness(GoTToTAgent, facts=FACTS) as agent:
        found = await agent.call("reason", question="use 3 3 8 8 to reach 24", beam_width=1)

        assert found.solved


async def test_depth_is_kept() -> None:
    """A search that may not go deep enough says that it was limited."""
    async with AgentHarness(GoTToTAgent, facts=FACTS) as agent:
        found = await agent.call("reason", question="jugs of 3 and 5, measure 4", max_depth=2)

        assert (found.solved, found.note) == (False, "no way was found within these limits")


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 12))
def test_jugs_follow_the_law_of_common_divisors(a: int, b: int, target: int) -> None:
    """An amount can be measured exactly if the common divisor divides it and a jug holds it."""
    from math import gcd

    found = search(Jugs((a, b), target), 8, 400)

    assert found.is_solved == (target % gcd(a, b) == 0 and target <= max(a, b))


async def test_questions_that_steps_solve_are_left_to_them() -> None:
    """A chain of verified steps is the best path."""
    async with MemoryFleet(
        GoTToTAgent, ChainOfThoughtAgent, facts=(FACTS, facts_of(ChainOfThoughtAgent))
    ) as fleet:
        found = await fleet.call("got_tot_agent", "reason", question="What is 2 + 3 * 4?")

        assert (found.kind, found.answer, found.solved) == ("steps", "14", True)


async def test_model_proposes_and_the_best_line_wins() -> None:
    """Proposals are scored: what is about the question and new comes first."""
    async with AgentHarness(GoTToTAgent, facts=FACTS) as agent:
        text = "1. Bananas\n2. Plant trees along the noisy street\n3. 2 + 2 = 5"
        agent.peers.answer(
            "model_manager_agent", "generate",
            lambda _: Generation(text=text, model="m", engine=Engine.SERVER),
        )  # fmt: skip
        found = await agent.call("reason", question="How can a noisy street get trees?")

        assert (found.kind, found.solved, found.engine) == ("open", False, Engine.SERVER)
        assert found.path[0].text == "Plant trees along the noisy street"
        assert len(agent.peers.calls_of("model_manager_agent", "generate")) <= 7


async def test_embedded_model_is_asked_once() -> None:
    """Asking the embedded engine again would not make its thoughts better."""
    async with AgentHarness(GoTToTAgent, facts=FACTS) as agent:
        agent.peers.answer(
            "model_manager_agent", "generate",
            lambda _: Generation(text="Well.\nI see.", engine=Engine.EMBEDDED, note="embedded"),
        )  # fmt: skip
        found = await agent.call("reason", question="Who are you?")

        assert (found.engine, found.note) == (Engine.EMBEDDED, "embedded")
        assert len(agent.peers.calls_of("model_manager_agent", "generate")) == 1


async def test_nobody_there_is_said() -> None:
    """Without peers there is no path, and the note says why."""
    async with AgentHarness(GoTToTAgent, facts=FACTS) as agent:
        found = await agent.call("reason", question="Who are you?")
        certain = await agent.call("reason", question="Who are you?", use_model=False)

        assert (found.method, found.path) == (Method.NONE, ())
        assert "model_manager_agent did not answer" in found.note
        assert certain.note == "no search fits, and no model was wanted"


@settings(max_examples=150, deadline=None)
@given(st.text("0123456789 ,and makefromjugsmeasure.", max_size=80) | st.text(max_size=80))
def test_any_text_is_survived(text: str) -> None:
    """Reading a problem never fails."""
    read_problem(text)
