"""The line that fits best has the slope that points on a line have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.straight_line import slope


@given(st.floats(-0.5, 0.5), st.floats(-1, 1), st.integers(2, 30))
def test_slope_of_a_line_is_its_own(rise: float, start: float, count: int) -> None:
    """Points on a line have its slope."""
    points = [(float(x), start + rise * x) for x in range(count)]

    assert slope(points) == pytest.approx(rise, abs=1e-6)


@pytest.mark.parametrize("points", [(), ((1.0, 2.0),), ((1.0, 2.0), (1.0, 5.0))])
def test_where_there_is_no_line_nothing_rises(points: tuple[tuple[float, float], ...]) -> None:
    """One point, or points above each other, have no slope."""
    assert slope(points) == 0.0
