"""The newest values stay, whatever is written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from common.newest import Newest


@given(st.lists(st.integers(0, 9)), st.integers(1, 5))
def test_the_keys_written_last_are_held(keys: list[int], most: int) -> None:
    """Writing a key once more makes it the newest; never are there more than fit."""
    held: Newest[int, int] = Newest(most)
    for place, key in enumerate(keys):
        held[key] = place
    newest_first = list(dict.fromkeys(reversed(keys)))[:most]

    assert list(reversed(held)) == newest_first
    assert all(keys[held[key]] == key for key in held)
