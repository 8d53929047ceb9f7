"""Tests of the language model of an assistant's phrases."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from agents.speech_services.assistant_phrases import LISTS, PATTERNS
from agents.speech_services.phrase_model import arpa, samples

WORDS = st.lists(st.sampled_from("a b c d".split()), min_size=1, max_size=6).map(tuple)


def read(model: str) -> dict[tuple[str, ...], tuple[float, float]]:
    """Return probability and weight of every gram of an ARPA text."""
    found: dict[tuple[str, ...], tuple[float, float]] = {}
    order = 0
    for line in model.splitlines():
        if line.startswith("\\") and "-grams" in line:
            order = int(line[1])
        elif order and line and not line.startswith("\\"):
            logarithm, *rest = line.split()
            weight = 10 ** float(rest[order]) if len(rest) > order else 1.0
            found[tuple(rest[:order])] = (10 ** float(logarithm), weight)
    return found


def probability(model: dict[tuple[str, ...], tuple[float, float]], gram: tuple[str, ...]) -> float:
    """Return how likely the last word is after the others, as a recogniser works it out."""
    if gram in model:
        return model[gram][0]
    return model.get(gram[:-1], (0.0, 1.0))[1] * probability(model, gram[1:])


def test_patterns_become_sentences() -> None:
    """A choice is one of its parts, what may be left out sometimes is, and lists fill gaps."""
    found = {
        " ".join(words) for words in samples(["[please] (open|close) <it>"], {"it": ("x y",)}, 99)
    }

    assert found == {"open x y", "close x y", "please open x y", "please close x y"}


def test_every_pattern_is_well_formed() -> None:
    """The shipped patterns name known lists, and leave no sign in a sentence."""
    found = samples(PATTERNS, LISTS, 5)

    assert len(found) >= 4 * len(PATTERNS)
    assert all(word.replace("'", "").isalpha() for sentence in found for word in sentence)


@given(st.lists(WORDS, min_size=1, max_size=12))
def test_probabilities_add_up(sentences: list[tuple[str, ...]]) -> None:
    """Whatever was said, something comes next, and no more than one word."""
    model = read(arpa(sentences))
    words = [gram[0] for gram in model if len(gram) == 1]
    contexts = [gram for gram in model if len(gram) in (1, 2) and gram[-1] != "</s>"]

    for context in contexts:
        total = sum(probability(model, (*context, word)) for word in words if word != "<s>")
        assert 0.25 < total <= 1.001


@given(st.lists(WORDS, min_size=1, max_size=12))
def test_what_was_said_is_likelier_than_what_was_not(sentences: list[tuple[str, ...]]) -> None:
    """Every number is finite, and a gram that was seen is likelier than its shorter half allows."""
    text = arpa(sentences)
    model = read(text)

    assert "nan" not in text and "inf" not in text
    assert all(0.0 <= found <= 1.0 and math.isfinite(weight) for found, weight in model.values())
    assert arpa(sentences) == text
