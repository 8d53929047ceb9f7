"""Hashed requirements files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launcher.errors import LauncherError
from launcher.lockfile import Pin, parse_lockfile

HASHES = st.text("0123456789abcdef", min_size=64, max_size=64).map(
    lambda digits: f"sha256:{digits}"
)
PINS = st.builds(
    Pin,
    name=st.from_regex("[a-z][a-z0-9-]{0,8}", fullmatch=True),
    version=st.from_regex("[0-9]{1,3}([.][0-9]{1,3}){0,2}", fullmatch=True),
    marker=st.sampled_from(("", "python_full_version < '3.10'", "os_name == 'nt' or extra == 'x'")),
    hashes=st.lists(HASHES, min_size=1, max_size=3).map(tuple),
)
CONDITION = "sys_platform != 'win32'"


@given(st.lists(PINS))
def test_a_lock_reads_back(pins: list[Pin]) -> None:
    """Writing and reading gives the same pins, whatever the comments."""
    text = "# A comment.\n" + "".join(pin.render() for pin in pins)
    assert parse_lockfile(text, "x") == tuple(pins)


@pytest.mark.parametrize("line", ["thing==1.0", "thing>=1.0 --hash=sha256:" + "0" * 64, "-r other"])
def test_unpinned_requirements_are_refused(line: str) -> None:
    """A line without a version or without a hash is an error."""
    with pytest.raises(LauncherError, match="x: expected name==version with sha256 hashes"):
        parse_lockfile(f"{line}\n", "x")


@pytest.mark.parametrize(
    ("marker", "left"),
    [
        (CONDITION, ""),
        (f"python_full_version < '3.10' and {CONDITION}", "python_full_version < '3.10'"),
        ("python_full_version < '3.10'", "python_full_version < '3.10'"),
        (f"os_name == 'nt' or {CONDITION}", f"os_name == 'nt' or {CONDITION}"),
    ],
)
def test_needless_conditions_are_dropped(marker: str, left: str) -> None:
    """What always holds is left out; an alternative is kept as it is."""
    assert Pin("a", "1", marker, ("sha256:0",)).under({CONDITION}).marker == left
