"""The fast path."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launcher.warm import Launch, environment, heading, recall, record_path, remember

VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)
SETTINGS = st.dictionaries(VALUES, VALUES, min_size=1, max_size=4)
LAUNCH = Launch(("/cache/bin/python", "/cache/bin/pants"), {"PANTS_X": "1"})


def keep(folder: Path, launch: Launch, watched: list[Path]) -> str:
    """Remember a launch; return where."""
    path = str(folder / "warm/record")
    remember(path, heading("/tree", {}), launch, [str(one) for one in watched])
    return path


@given(st.lists(VALUES, min_size=1, max_size=3), SETTINGS, SETTINGS)
def test_a_launch_reads_back(
    tmp_path_factory: pytest.TempPathFactory,
    command: list[str],
    settings: dict[str, str],
    variables: dict[str, str],
) -> None:
    """Whatever text is in it, a launch is recalled as it was remembered."""
    path = str(tmp_path_factory.mktemp("warm") / "record")
    head = heading("/tree", {f"PIP_{name}": value for name, value in variables.items()})
    remember(path, head, Launch(command, settings), [__file__])
    launch = recall(path, head)
    assert launch is not None
    assert (launch.command, launch.settings) == (tuple(command), settings)


def test_a_changed_file_ends_it(tmp_path: Path) -> None:
    """A record is not used when a file that it depends on has changed, appeared or gone."""
    changing, appearing, going = (tmp_path / name for name in ("changing", "appearing", "going"))
    changing.write_text("1")
    going.write_text("1")
    head = heading("/tree", {})
    for change in (
        lambda: changing.write_text("22"),
        lambda: appearing.write_text("1"),
        going.unlink,
    ):
        path = keep(tmp_path, LAUNCH, [changing, appearing, going])
        assert recall(path, head) is not None
        change()
        assert recall(path, head) is None


@pytest.mark.parametrize("text", ["", "2\0/tree\0", "garbage", "2\0/tree\0a\0\0b\0"])
def test_a_broken_record_is_no_record(tmp_path: Path, text: str) -> None:
    """A truncated or foreign record is treated as if it were not there."""
    path = tmp_path / "record"
    path.write_text(text)
    assert recall(str(path), heading("/tree", {})) is None


def test_another_setting_has_another_record() -> None:
    """Variables that change what is found lead to a record of their own; others do not."""
    plain, other = heading("/tree", {}), heading("/tree", {"PIP_INDEX_URL": "https://a.example"})
    assert record_path("/cache", plain) != record_path("/cache", other)
    assert heading("/tree", {"EDITOR": "vi"}) == plain


def test_the_user_wins() -> None:
    """What the user has set for Pants is kept, except the variable that is translated."""
    launch = Launch(("p",), {"PANTS_A": "found", "PANTS_DEBIAN_MIRRORS": '["a", "b"]'})
    chosen = environment(launch, {"PANTS_A": "mine", "PANTS_DEBIAN_MIRRORS": "a,b", "EDITOR": "vi"})
    assert chosen == {"PANTS_A": "mine", "PANTS_DEBIAN_MIRRORS": '["a", "b"]', "EDITOR": "vi"}


@pytest.mark.parametrize("name", ["PYTHONPATH", "PYTHONHOME", "PEX_ROOT", "VIRTUAL_ENV"])
def test_settings_of_other_pythons_are_dropped(name: str) -> None:
    """A virtual environment that is active does not reach Pants."""
    assert environment(LAUNCH, {name: os.curdir}) == LAUNCH.settings
