"""Old files go from the folder that was named, and from nowhere else."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from common.old_files import CleanUp, clean_up

NOW = 1_000_000.0


def written(path: Path, at: float, text: str = "12345") -> Path:
    """Write a file as if at another time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (at, at))
    return path


def is_text(path: Path) -> bool:
    """Count files by their ending."""
    return path.suffix == ".txt"


def test_only_what_is_old_and_counts_goes(tmp_path: Path) -> None:
    """A file written at the very moment is old; one after it, and one of another kind, stay."""
    old = written(tmp_path / "deep" / "old.txt", NOW)
    young = written(tmp_path / "young.txt", NOW + 1)
    other = written(tmp_path / "old.db", NOW - 1)

    assert clean_up(tmp_path, NOW, is_text, is_dry_run=False) == CleanUp(1, 5, 1)
    assert (old.exists(), young.exists(), other.exists()) == (False, True, True)


def test_a_dry_run_tells_what_a_real_one_does(tmp_path: Path) -> None:
    """Nothing goes, and the figures are the same."""
    old = written(tmp_path / "old.txt", NOW)
    tried = clean_up(tmp_path, NOW, is_text, is_dry_run=True)

    assert old.exists()
    assert clean_up(tmp_path, NOW, is_text, is_dry_run=False) == tried


def test_a_link_goes_and_what_it_points_at_stays(tmp_path: Path) -> None:
    """Neither a linked file nor a linked folder is touched."""
    outside = written(tmp_path / "outside" / "far.txt", NOW - 1)
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "link.txt").symlink_to(outside)
    os.utime(folder / "link.txt", (NOW, NOW), follow_symlinks=False)
    (folder / "away").symlink_to(outside.parent)
    found = clean_up(folder, NOW, is_text, is_dry_run=False)

    assert (found.files, outside.exists(), (folder / "away").exists()) == (1, True, True)


def test_a_folder_that_is_gone_has_no_files(tmp_path: Path) -> None:
    """There is nothing to take away."""
    assert clean_up(tmp_path / "gone", NOW, is_text, is_dry_run=False) == CleanUp()


FIGURES = st.builds(CleanUp, *[st.integers(0, 1_000)] * 3)


@given(FIGURES, FIGURES, FIGURES)
def test_folders_add_up_in_any_order(one: CleanUp, two: CleanUp, three: CleanUp) -> None:
    """Adding is associative, and nothing found adds nothing."""
    assert (one + two) + three == one + (two + three)
    assert one + CleanUp() == one
