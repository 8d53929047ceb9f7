"""Tests of percentiles."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from common.percentiles import percentile

VALUES = st.lists(st.floats(-1e15, 1e15), min_size=1, max_size=50).map(sorted)
LARGE = 999_999_999_999_999.9


@example([0.0, 0.0, 0.0, 0.0, LARGE, LARGE], 0.95, 0.99)
@given(VALUES, st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_never_gives_a_smaller_value(
    values: list[float], one: float, other: float
) -> None:
    """Percentiles grow with their share, and stay among the values."""
    low, high = percentile(values, min(one, other)), percentile(values, max(one, other))

    assert values[0] <= low <= high <= values[-1]


def test_what_lies_between_is_interpolated() -> None:
    """The median of two is their middle; of nothing there is none."""
    assert percentile([1.0, 2.0], 0.5) == 1.5
    with pytest.raises(ValueError, match="at least one"):
        percentile([], 0.5)
