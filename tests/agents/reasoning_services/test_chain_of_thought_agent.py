"""Tests of ChainOfThoughtAgent: its solvers on a labelled set, its laws, and the way to a model."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.reasoning_services.chain_of_thought_agent import ChainOfThoughtAgent
from agents.reasoning_services.exact_arithmetic import InexactError, evaluate, recompute
from agents.reasoning_services.question_parts import solve_parts, wrong_equations
from common.contracts.models import Engine, Generation
from common.contracts.reasoning import Method
from common.messages import ActionError, ErrorCode
from common.testing import AgentHarness

TODAY = date(2026, 11, 23)
EXAMPLES = (  # that the rules were made with
    ("What is 12 * (3 + 4)?", "84"),
    ("what is 15% of 80", "12"),
    ("12 plus 7 times 3", "33"),
    ("square root of 144", "12"),
    ("What is the average of 3, 5 and 10?", "6"),
    ("How many minutes are in 2 hours?", "120 min"),
    ("What is 100 celsius in fahrenheit?", "212 °F"),
    ("convert 2.5 kg to g", "2500 g"),
    ("What day is 30 days after 4 May 2024?", "Monday, 3 June 2024"),
    ("how many days between 2024-01-01 and 2024-03-01", "60 days"),
    ("what weekday was 20 July 1969", "Sunday"),
    ("Is 1900 a leap year?", "no"),
    ("what time is it 90 minutes after 23:30", "01:00"),
    ("which is greater, 3/4 or 0.7?", "3/4"),
    ("which is longer, 5 km or 3 miles?", "5 km"),
    ("Anna is taller than Ben. Ben is taller than Carl. Who is the shortest?", "Carl"),
    ("Tom has 5 apples. He buys 3 more and gives 2 to Anna. How many apples does he have now?",
     "6"),
    ("There are 12 birds on a tree. 5 birds fly away. How many birds are left?", "7"),
    ("Anna has 3 red apples and 4 green apples. How many apples does she have altogether?", "7"),
    ("Ben has 5 marbles. Anna has 3 more marbles than Ben. How many marbles do they have "
     "together?", "13"),
    ("Each box holds 12 eggs. How many eggs are in 5 boxes?", "60"),
    ("A train travels at 60 km/h for 3 hours. How far does it go?", "180 km"),
    ("24 cookies are shared equally among 6 children. How many does each get?", "4"),
    ("A shirt costs 40 euros and is 25% off. What is the price?", "30 euros"),
    ("There are 30 students in a class. 12 are boys. How many are girls?", "18"),
    ("A pen costs $3. How much do 5 pens cost?", "15 dollars"),
    ("Sara had 20 stickers. She lost 4 and gave 6 to Mia. How many stickers does Sara have left?",
     "10"),
    ("Tom has two dozen eggs. He breaks 5. How many eggs are left?", "19"),
    ("A bus has 18 passengers. 7 get off and 4 get on. How many passengers are on the bus?", "15"),
)  # fmt: skip
HELD_OUT = (  # written after the rules, and no rule was changed for them
    ("Lisa had 45 euros. She spent 18 on a book. How many euros does she have left?", "27"),
    ("A farmer has 15 cows and buys 9 more cows. How many cows does he have?", "24"),
    ("Mark collected 30 shells. He gave 12 shells to Eva. How many shells does Mark have now?",
     "18"),
    ("A car drives at 80 km/h for 2.5 hours. How far does it drive?", "200 km"),
    ("A cinema has 14 rows with 20 seats in each row. How many seats are there in total?", "280"),
    ("Three friends share 27 sweets equally. How many sweets does each friend get?", "9"),
    ("If a notebook costs 4 euros, how much do 7 notebooks cost?", "28 euros"),
    ("Paul is 3 years older than Max. Max is 9. How old is Paul?", "12"),
    ("A recipe needs 250 g of flour. How much flour do 3 cakes need?", "750 g"),
    ("Nina has 14 balloons. 3 of them pop. How many balloons are left?", "11"),
    ("A tram carries 22 people. At the next stop 6 people get off. How many people are left?",
     "16"),
    ("Oscar earns 12 euros per hour. How much does he earn in 8 hours?", "96 euros"),
    ("What is the perimeter of a rectangle with sides 4 and 9?", "26"),
    ("How many weeks are in 42 days?", "6 wk"),
)  # fmt: skip
NOT_FOR_RULES = (
    "Who wrote Hamlet?", "Why is the sky blue?", "Tom has 5 apples. How is he?", "", "1 / 0",
    "What is 1 / 0?", "how many km are in 3 kg", "what is 9 ** 9 ** 9", "31 February 2024",
    "Anna is taller than Ben. Anna is taller than Carl. Who is the shortest?",
    "99999 years after today", "How many days until 30 February?", "((((((((((",
    "There are 5 men, 3 of whom sing, and 2 dogs. How many men are there?",
)  # fmt: skip


def answer_to(question: str) -> str:
    """Return what the solvers answer."""
    return "; ".join(part.solved.answer for part in solve_parts(question, TODAY) if part.solved)


@pytest.mark.parametrize(("question", "answer"), EXAMPLES)
def test_examples_are_answered(question: str, answer: str) -> None:
    """What the rules were made with is answered right."""
    assert answer_to(question) == answer


def test_held_out_questions() -> None:
    """Of questions that no rule was made for, most are answered, and no number is wrong.

    The floor is a little below what was measured: 9 of 14, two more right but for their unit.
    """
    answers = [(expected, answer_to(question)) for question, expected in HELD_OUT]
    right = sum(found == expected for expected, found in answers)
    wrong = [pair for pair in answers if pair[1] and pair[0].split()[0] != pair[1].split()[0]]

    assert right >= 8
    assert wrong == []


@pytest.mark.parametrize("question", NOT_FOR_RULES)
def test_no_answer_rather_than_a_wrong_one(question: str) -> None:
    """What no rule fits as a whole has no answer."""
    assert answer_to(question) == ""


NUMBERS = st.integers(0, 999).map(str)
EXPRESSIONS = st.recursive(
    NUMBERS,
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(
        lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
    ),
    max_leaves=8,
)


@given(EXPRESSIONS)
def test_both_ways_of_computing_agree(expression: str) -> None:
    """The syntax tree and the stack give the same value, or both refuse."""
    try:
        value: Fraction | None = evaluate(expression)[0]
    except InexactError:
        value = None
    try:
        again: Fraction | None = recompute(expression)
    except InexactError:
        again = None
    assert value == again


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200) | st.text("0123456789 +-*/().,?=abc%xX", max_size=80))
def test_any_text_is_survived(text: str) -> None:
    """Whatever is asked, there are parts and no exception."""
    assert solve_parts(text or "x", TODAY)


@given(st.integers(1, 500), st.integers(0, 400), st.integers(0, 99))
def test_stories_keep_count(has: int, buys: int, eats: int) -> None:
    """Getting and eating adds up, for any numbers that leave something."""
    story = f"Tom has {has} nuts. He buys {buys} more nuts and eats {eats} nuts. How many nuts " \
        "does he have left?"  # fmt: skip
    left = has + buys - eats
    assert answer_to(story) == (str(left) if left >= 0 else "")


async def test_reason_shows_verified_steps() -> None:
    """A solved question comes with steps that were computed a second way."""
    async with AgentHarness(ChainOfThoughtAgent) as agent:
        found = await agent.call("reason", question="What is (2 + 3) * 4?")

        assert (found.answer, found.verified, found.method) == ("20", True, Method.SOLVER)
        assert [step.result for step in found.steps] == ["5", "20"]
        assert agent.peers.calls == []


async def test_later_parts_refer_to_earlier_results() -> None:
    """`Double it` is about the result before."""
    async with AgentHarness(ChainOfThoughtAgent) as agent:
        found = await agent.call("reason", question="What is 3 + 4 and then double it?")

        assert found.answer == "7; 14"


async def test_model_answers_what_no_solver_can() -> None:
    """The rest is asked of a model, whose equations are computed again."""
    async with AgentHarness(ChainOfThoughtAgent) as agent:
        agent.peers.answer(
            "model_manager_agent", "generate",
            lambda _: Generation(text="2 * 3 = 6\nAnswer: six", model="m", engine=Engine.SERVER),
        )  # fmt: skip
        found = await agent.call("reason", question="How many sides have two triangles?")

        assert (found.answer, found.engine, found.method) == ("six", Engine.SERVER, Method.MODEL)
        assert found.confidence == 0.7


async def test_wrong_sum_of_a_model_is_noticed() -> None:
    """A model that miscalculates is not trusted, and the note says why."""
    async with AgentHarness(ChainOfThoughtAgent) as agent:
        agent.peers.answer(
            "model_manager_agent", "generate", lambda _: Generation(text="2 * 3 = 7\nAnswer: 7")
        )
        found = await agent.call("reason", question="How many sides have two triangles?")

        assert not found.verified
        assert found.confidence == 0.2
        assert "it is 6" in found.note


async def test_without_a_model_the_open_part_is_named() -> None:
    """What can be solved is, and what cannot is said."""
    async with AgentHarness(ChainOfThoughtAgent) as agent:
        found = await agent.call("reason", question="What is 5 * 6? Who wrote Hamlet?")

        assert found.answer == "30"
        assert found.unanswered == ("Who wrote Hamlet?",)
        assert "model_manager_agent did not answer" in found.note


@pytest.mark.parametrize(
    ("answer", "correct"), [("84", True), ("84.", True), ("83", False), ("eighty", False)]
)
async def test_answers_are_verified(answer: str, correct: bool) -> None:
    """An answer is held against the solver's own."""
    async with AgentHarness(ChainOfThoughtAgent) as agent:
        found = await agent.call("verify_answer", question="what is 12 * 7", answer=answer)
        unknown = await agent.call("verify_answer", question="who are you", answer=answer)

        assert found.correct is correct
        assert unknown.correct is None


async def test_empty_question_is_invalid() -> None:
    """A question without a word is refused with the field."""
    async with AgentHarness(ChainOfThoughtAgent) as agent:
        with pytest.raises(ActionError) as caught:
            await agent.call("reason", question=" ")

        assert (caught.value.code, caught.value.field) == (ErrorCode.INVALID, "question")


def test_equations_in_a_text_are_found() -> None:
    """Right ones are counted, wrong ones told with the right result."""
    wrong, count = wrong_equations("First 2 + 2 = 4, then 10 / 4 = 2.5 and 3 \u00d7 3 = 10.")

    assert count == 3
    assert wrong == ("3 * 3 = 10, but it is 9",)
