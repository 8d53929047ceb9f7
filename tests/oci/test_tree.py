"""Trees: reading, moving, merging, and what never gets in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from oci.errors import LayerError
from oci.tree import (
    DirectoryEntry,
    FileEntry,
    SymlinkEntry,
    Tree,
    merge_trees,
    move_tree,
    read_tree,
    with_parents,
    write_tree,
)

TREE: Tree = {
    "bin/run": FileEntry(b"#!", executable=True),
    "lib": SymlinkEntry("usr/lib"),
    "share/text": FileEntry(b"text"),
}


def test_written_tree_is_read_back(tmp_path: Path) -> None:
    """A tree survives being written to disk and read again."""
    write_tree(TREE, tmp_path)
    found = read_tree(tmp_path)
    assert found.keys() == TREE.keys()
    assert found["lib"] == TREE["lib"]
    run = found["bin/run"]
    assert isinstance(run, FileEntry) and run.executable and run.read() == b"#!"


@pytest.mark.parametrize(
    "path",
    [
        "x/__pycache__/m.cpython-39.pyc",
        "x-1.dist-info/RECORD",
        "x-1.dist-info/direct_url.json",
        "x-1.dist-info/uv_cache.json",
    ],
)
def test_installer_leftovers_are_not_read(tmp_path: Path, path: str) -> None:
    """What an installer records about its own machine never enters a tree."""
    write_tree({path: FileEntry(b"here"), "x-1.dist-info/METADATA": FileEntry(b"x")}, tmp_path)
    assert list(read_tree(tmp_path)) == ["x-1.dist-info/METADATA"]


def test_record_elsewhere_is_read(tmp_path: Path) -> None:
    """A file that only shares its name with an installer's record stays."""
    write_tree({"data/RECORD": FileEntry(b"mine")}, tmp_path)
    assert list(read_tree(tmp_path)) == ["data/RECORD"]


def test_missing_root_is_an_error(tmp_path: Path) -> None:
    """A root that does not exist is named."""
    with pytest.raises(LayerError, match="absent: must be a directory, found nothing"):
        read_tree(tmp_path / "absent")


def test_pipe_is_refused(tmp_path: Path) -> None:
    """Only files, links and directories can go into a layer."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(LayerError, match="pipe: must be a file"):
        read_tree(tmp_path)


def test_merge_names_both_owners_of_a_path() -> None:
    """Two trees that fill a path differently are both named."""
    first: Tree = {"a/__init__.py": FileEntry(b"1")}
    second: Tree = {"a/__init__.py": FileEntry(b"2")}
    with pytest.raises(LayerError, match=r"a/__init__.py: .*one.*two"):
        merge_trees((("one", first), ("two", second)))


def test_merge_accepts_equal_entries() -> None:
    """Two trees may agree about a path."""
    assert merge_trees((("one", TREE), ("two", dict(TREE)))) == TREE


def test_merge_sees_the_execute_bit() -> None:
    """The same bytes with another mode are not the same entry."""
    first: Tree = {"a": FileEntry(b"1")}
    second: Tree = {"a": FileEntry(b"1", executable=True)}
    with pytest.raises(LayerError):
        merge_trees((("one", first), ("two", second)))


def test_move_strips_and_adds() -> None:
    """Only what is below the stripped prefix is moved."""
    assert move_tree(TREE, "share", "/opt/x/") == {"opt/x/text": TREE["share/text"]}


def test_move_needs_the_stripped_prefix() -> None:
    """A prefix that matches nothing is an error that says what there is."""
    with pytest.raises(LayerError, match="has bin, lib, share"):
        move_tree(TREE, "site", "")


@pytest.mark.parametrize("prefix", ["../x", "a//b", "a/./b"])
def test_crooked_prefix_is_refused(prefix: str) -> None:
    """A prefix must be a plain path."""
    with pytest.raises(LayerError, match="plain path"):
        move_tree(TREE, "", prefix)


def test_parents_are_added_once() -> None:
    """Every folder above an entry is listed, and a given one keeps its mode."""
    complete = with_parents({"a/b/c": FileEntry(b""), "a": DirectoryEntry(0o700)})
    assert complete["a"] == DirectoryEntry(0o700)
    assert complete["a/b"] == DirectoryEntry()


def test_file_under_a_link_is_refused() -> None:
    """A file below a link would land elsewhere, so it is an error."""
    with pytest.raises(LayerError, match="lib/x: must lie in a directory"):
        with_parents({"lib": SymlinkEntry("usr/lib"), "lib/x": FileEntry(b"")})
