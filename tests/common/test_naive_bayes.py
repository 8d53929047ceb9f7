"""Words speak for the classes that have them; unknown words say nothing."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.naive_bayes import NaiveBayes

LEARNED = NaiveBayes(
    {"sum": Counter({"plus": 3, "is": 1}), "talk": Counter({"hello": 4, "is": 2})}, smoothing=0.5
)


@given(st.lists(st.sampled_from(["plus", "is", "hello", "unheard"])))
def test_chances_are_shares_of_one(words: list[str]) -> None:
    """Whatever is said, each class has its chance, and together they are certain."""
    chances = LEARNED.chances(words)

    assert set(chances) == {"sum", "talk"}
    assert math.isclose(sum(chances.values()), 1.0)


@given(st.lists(st.sampled_from(["plus", "is", "hello"])))
def test_an_unknown_word_says_nothing(words: list[str]) -> None:
    """A word that no class has changes no chance."""
    assert LEARNED.chances([*words, "unheard"]) == LEARNED.chances(words)


def test_a_chance_is_the_product_of_smoothed_shares() -> None:
    """The chance is what the rule of Bayes gives, computed by hand."""
    assert LEARNED.words == {"plus", "is", "hello"}
    in_sum, in_talk = 3.5 / 5.5 * (1.5 / 5.5), 0.5 / 7.5 * (2.5 / 7.5)

    assert LEARNED.chances(["plus", "is"])["sum"] == pytest.approx(in_sum / (in_sum + in_talk))


def test_without_a_word_all_classes_are_alike() -> None:
    """Nothing said speaks for nothing."""
    assert LEARNED.chances([]) == {"sum": 0.5, "talk": 0.5}


def test_odds_compare_a_class_with_the_best_of_the_others() -> None:
    """A word has positive odds for the class that it is more usual in, else negative ones."""
    assert LEARNED.log_odds("plus", "sum") == pytest.approx(math.log(3.5 / 5.5 / (0.5 / 7.5)))
    assert LEARNED.log_odds("plus", "talk") < 0
