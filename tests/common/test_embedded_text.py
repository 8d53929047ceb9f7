"""Tests of the embedded engine: what it can do it does, what it cannot it says."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.embedded_text import (
    NOTE,
    best_sentence,
    calculate,
    compose,
    key_sentences,
    keywords,
    sentences,
)

BOILER = (
    "The boiler heats the house. It was raining in May. The boiler was serviced on 4 May by "
    "Anna. Anna likes tea. A boiler must be serviced each year so that the boiler heats well."
)


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("What is 6 * 7?", "42"),
        ("what is 12 plus 30?", "42"),
        ("calculate (2 + 3) * 4", "20"),
        ("How much is 10 divided by 4?", "2.5"),
        ("2 + 2 =", "4"),
        ("user: hello\nuser: what is 2 to the power of 10?\nassistant:", "1024"),
    ],
)
def test_sums_are_computed(prompt: str, text: str) -> None:
    """A sum is computed, in signs and in words."""
    found = compose(prompt)

    assert (found.text, found.rule, found.note) == (text, "arithmetic", NOTE)


@pytest.mark.parametrize("text", ["1 / 0", "on 2024-05-04", "call 12", "9 ** 9 ** 9", "", "hello"])
def test_what_is_no_sum_is_not_computed(text: str) -> None:
    """Nothing is made of what cannot be computed; a date is at most a number."""
    assert calculate(text) in (None, "2015")


def test_a_summary_is_made_of_its_sentences() -> None:
    """The best sentences are taken as they are, in their order."""
    found = compose(f"Summarize the following text: {BOILER}")
    kept = sentences(found.text)

    assert found.rule == "summary"
    assert kept == tuple(sentence for sentence in sentences(BOILER) if sentence in kept)
    assert 0 < len(kept) <= 3
    assert "Anna likes tea." not in kept


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When was the boiler serviced?", "The boiler was serviced on 4 May by Anna."),
        ("What does Anna like?", "Anna likes tea."),
    ],
)
def test_a_question_is_answered_from_the_text(question: str, answer: str) -> None:
    """The sentence that shares most with the question answers it, from prompt or system."""
    assert compose(f"Context: {BOILER}\nQuestion: {question}").text == answer
    assert compose(question, system=BOILER).text == answer


def test_what_nobody_said_is_not_known() -> None:
    """A question without text to answer it from is answered by saying so."""
    found = compose("Who was the first king of France?")

    assert found.rule == "unknown"
    assert "language model" in found.text
    assert "MODEL_SERVER_URL" in found.note


def test_steps_are_listed() -> None:
    """A goal becomes numbered steps, with each part of it among them."""
    found = compose("How do I paint the fence and mow the lawn?")

    assert found.rule == "steps"
    assert found.text.startswith("1. ")
    assert "paint the fence" in found.text
    assert "mow the lawn" in found.text


def test_keywords_are_counted() -> None:
    """The words used most come first, inflections together."""
    assert keywords(BOILER)[0] == "boiler"
    assert compose(f"Keywords: {BOILER}").text.startswith("boiler, ")


@settings(deadline=None)
@given(st.text(max_size=400), st.text(max_size=100), st.integers(1, 50))
def test_any_prompt_is_answered_the_same_way_twice(prompt: str, system: str, limit: int) -> None:
    """It never fails, says something, keeps to the limit, and is deterministic."""
    found = compose(prompt, system=system, max_tokens=limit)

    assert found == compose(prompt, system=system, max_tokens=limit)
    assert 0 < found.tokens <= limit


@settings(deadline=None)
@given(st.text(max_size=400), st.integers(1, 5))
def test_sentences_are_taken_from_the_text(text: str, count: int) -> None:
    """An extract has nothing that the text has not."""
    assert set(key_sentences(text, count)) <= set(sentences(text))
    assert best_sentence(text, sentences(text)) in (None, *sentences(text))


@pytest.mark.parametrize("piece", ["word. ", "1+", "( ", "steps and ", "a" * 9 + " ", "?!\n"])
def test_long_prompts_take_little_time(piece: str) -> None:
    """A prompt at the limit is answered at once, also one made to be slow."""
    prompt = (piece * 50_000)[:50_000]
    began = time.process_time()
    compose(prompt)
    compose(f"Summarize: {prompt}")

    assert time.process_time() - began < 3.0
