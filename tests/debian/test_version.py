"""The order of Debian versions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debian.version import Version

ASCENDING = [
    "0~~",
    "0~~a",
    "0~",
    "0",
    "0a",
    "0+",
    "1.0~rc1-1",
    "1.0-1~deb12u1",
    "1.0-1",
    "1.0-1+b1",
    "1.0-1+deb12u1",
    "1.0-1+deb12u2",
    "1.0-1+deb12u10",
    "1.0-2",
    "1.0+dfsg-1",
    "1.0.1-1",
    "1.2-1",
    "1.10-1",
    "1:0.1-1",
    "2:0.1-1",
]

versions = st.from_regex(r"([0-9]:)?[0-9][0-9a-c.+~]{0,6}(-[0-9a-c+~.]{1,4})?", fullmatch=True)


def test_table_is_ascending() -> None:
    """Tildes come first, then nothing, then letters, then other signs; numbers count."""
    assert sorted(reversed(ASCENDING), key=Version) == ASCENDING


@pytest.mark.parametrize(("one", "two"), [("1.0", "1.0-0"), ("0:1", "1"), ("1.00-1", "1.0-01")])
def test_spellings_that_are_equal(one: str, two: str) -> None:
    """An absent epoch or revision is zero, and leading zeros do not count."""
    assert Version(one) == Version(two)
    assert not Version(one) < Version(two) and not Version(two) < Version(one)


@given(versions, versions, versions)
def test_order_is_transitive(a: str, b: str, c: str) -> None:
    """Sorting is well defined."""
    low, middle, high = sorted((Version(a), Version(b), Version(c)))
    assert low <= middle <= high and low <= high
