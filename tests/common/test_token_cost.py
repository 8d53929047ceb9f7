"""No text is free, and more text costs no less."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from common.token_cost import token_cost


@given(st.text(max_size=500))
def test_every_text_costs_something(text: str) -> None:
    """The least cost is one."""
    assert token_cost(text) >= 1


def test_words_cost_more_than_one_token_and_length_counts_without_words() -> None:
    """Ten words cost thirteen tokens; a long line without a space costs by its length."""
    assert token_cost("word " * 10) == 13
    assert token_cost("x" * 1_200) == 100
