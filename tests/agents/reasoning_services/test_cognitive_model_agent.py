"""Tests of CognitiveModelAgent: conclusions, contradictions, revision."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.reasoning_services.belief_graph import Told, conclude
from agents.reasoning_services.cognitive_model_agent import CognitiveModelAgent
from agents.reasoning_services.propositions import Literal, Rule, parse
from common.contracts.reasoning import AnswerVerdict, Conflict, Truth
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

RAIN = "If it rains, the street is wet"


async def believe(agent: AgentHarness[CognitiveModelAgent], *told: tuple[str, float]) -> None:
    """Add beliefs."""
    for statement, confidence in told:
        await agent.call("add_belief", statement=statement, confidence=confidence)


async def test_conclusions_follow_and_say_why() -> None:
    """What follows is as sure as all that it follows from, and names it."""
    async with AgentHarness(CognitiveModelAgent) as agent:
        await believe(agent, (RAIN, 0.9), ("it rains", 0.8))
        found = await agent.call("query_belief", statement="the street is wet")

        assert (found.truth, found.is_told) == (Truth.TRUE, False)
        assert found.confidence == pytest.approx(0.72)
        assert set(found.because) == {RAIN, "it rains"}


async def test_kinds_are_inherited() -> None:
    """Rules about all of a kind are about each of it, positive and negative."""
    async with AgentHarness(CognitiveModelAgent) as agent:
        await believe(
            agent, ("All dogs are animals", 0.9), ("No fish is a dog", 0.9), ("Rex is a dog", 1.0)
        )
        animal = await agent.call("query_belief", statement="Rex is an animal")
        fish = await agent.call("query_belief", statement="Rex is a fish")
        cat = await agent.call("query_belief", statement="Rex is a cat")

        assert [animal.truth, fish.truth, cat.truth] == [Truth.TRUE, Truth.FALSE, Truth.UNKNOWN]


async def test_weaker_belief_gives_way() -> None:
    """A surer belief that contradicts takes the least sure one out, and what followed from it."""
    async with AgentHarness(CognitiveModelAgent) as agent:
        await believe(agent, (RAIN, 0.9), ("it rains", 0.6))
        added = await agent.call("add_belief", statement="The street isn't wet", confidence=0.95)
        rains = await agent.call("query_belief", statement="it rains")

        assert (added.accepted, added.consistent, added.retracted) == (True, False, ("it rains",))
        assert rains.truth is Truth.FALSE
        assert (await agent.call("get_belief_system")).consistent


async def test_weak_newcomer_is_refused() -> None:
    """A belief that is less sure than all that it contradicts is not taken in."""
    async with AgentHarness(CognitiveModelAgent) as agent:
        await believe(agent, (RAIN, 0.9), ("it rains", 0.8))
        added = await agent.call("add_belief", statement="The street is not wet", confidence=0.3)
        system = await agent.call("get_belief_system")

        assert (added.accepted, added.retracted) == (False, ())
        assert added.contradictions
        assert (system.total, system.consistent) == (2, True)


async def test_refusing_policy_keeps_what_is_believed() -> None:
    """With `refuse` even a surer belief does not push another out."""
    async with AgentHarness(CognitiveModelAgent) as agent:
        await believe(agent, ("the door is open", 0.2))
        added = await agent.call(
            "add_belief", statement="the door is not open", confidence=1.0,
            on_conflict=Conflict.REFUSE,
        )  # fmt: skip

        assert not added.accepted


async def test_beliefs_survive_a_restart() -> None:
    """What was believed is believed again, and clearing the state forgets it."""
    async with AgentHarness(CognitiveModelAgent) as agent:
        await believe(agent, (RAIN, 0.9), ("it rains", 0.8))
        store = agent.store
    async with AgentHarness(CognitiveModelAgent, store=store) as agent:
        found = await agent.call("query_belief", statement="the street is wet")
        await agent.call("clear_state")
        gone = await agent.call("query_belief", statement="the street is wet")

        assert (found.truth, gone.truth) == (Truth.TRUE, Truth.UNKNOWN)


async def test_retracting_takes_conclusions_along() -> None:
    """What followed only from a belief goes with it; an unknown one is not found."""
    async with AgentHarness(CognitiveModelAgent) as agent:
        await believe(agent, (RAIN, 0.9), ("it rains", 0.8))
        gone = await agent.call("retract_belief", statement="It rains.")
        with pytest.raises(ActionError) as caught:
            await agent.call("retract_belief", statement="It rains.")

        assert "street is wet" in gone.no_longer
        assert caught.value.code is ErrorCode.NOT_FOUND


async def test_the_graph_shows_which_way() -> None:
    """An edge leads from each condition to the conclusion."""
    async with AgentHarness(CognitiveModelAgent) as agent:
        await believe(agent, (RAIN, 0.9), ("it rains", 0.8))
        system = await agent.call("get_belief_system")

        assert [edge.rule for edge in system.edges if edge.target == "street is wet"] == [RAIN]


async def test_equations_are_asked_of_the_chain_of_thought() -> None:
    """What no belief says but arithmetic does is checked."""
    async with AgentHarness(CognitiveModelAgent) as agent:
        agent.peers.answer(
            "chain_of_thought_agent", "verify_answer", lambda _: AnswerVerdict(correct=False)
        )
        found = await agent.call("query_belief", statement="2 + 2 = 5")

        assert (found.truth, found.checked_by) == (Truth.FALSE, "chain_of_thought_agent")


@pytest.mark.parametrize(
    ("statement", "read"),
    [
        ("The sky isn't blue.", Literal("sky is blue", False)),
        ("It is not true that cats are dogs", Literal("cats is dog", False)),
        ("It is not the case that the sky is not blue", Literal("sky is blue")),
        ("Tom does not run", parse("Tom runs").negated()),  # type: ignore[union-attr]
        ("if a is b and b is c, then a is c",
         Rule((Literal("a is b"), Literal("b is c")), Literal("a is c"))),
    ],
)  # fmt: skip
def test_sentences_are_read(statement: str, read: Literal | Rule) -> None:
    """Negations are taken out of the wording, rules apart."""
    assert parse(statement) == read


STATEMENTS = st.sampled_from(
    ["a is b", "a is not b", "b is c", "if a is b, b is c", "if b is c, d is e", "d is not e",
     "all b are c", "a is d", "no d is c"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(STATEMENTS, st.floats(0.1, 1.0)), max_size=9))
async def test_beliefs_are_always_consistent(told: list[tuple[str, float]]) -> None:
    """Whatever is told, what remains believed does not contradict itself."""
    async with AgentHarness(CognitiveModelAgent) as agent:
        await believe(agent, *told)

        assert (await agent.call("get_belief_system")).consistent


@given(st.lists(st.text(max_size=40), max_size=6))
def test_any_sentences_are_survived(statements: list[str]) -> None:
    """Reading and concluding never fails, and nothing is surer than what it follows from."""
    told = [Told(str(at), text, 0.5) for at, text in enumerate(statements)]

    assert all(found.confidence <= 0.5 for found in conclude(told).values())
