"""Unpacking: the tree of an installer, always the same, and nothing outside of it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wheels import unpack as program
from wheels.errors import WheelError
from wheels.unpack import main, target_of, unpack

NAME = "thing-1.0-py3-none-any.whl"
MEMBERS = (
    ("thing/__init__.py", b"one", 0o644),
    ("thing/tool.so", b"two", 0o755),
    ("thing/private.py", b"", 0o600),
    ("thing-1.0.dist-info/METADATA", b"Name: thing", 0o644),
    ("thing-1.0.dist-info/RECORD", b"thing/__init__.py,,", 0o644),
    ("thing-1.0.data/purelib/pure.py", b"three", 0o644),
    ("thing-1.0.data/platlib/thing/plat.py", b"four", 0o644),
    ("thing-1.0.data/scripts/run", b"#!python\n", 0o644),
    ("thing-1.0.data/headers/thing.h", b"six", 0o644),
    ("thing-1.0.data/data/share/man", b"seven", 0o644),
)
Member = tuple[str, bytes, int]


def write_wheel(folder: Path, members: Iterable[Member]) -> Path:
    """Write a wheel with these members, in this order."""
    path = folder / NAME
    with zipfile.ZipFile(path, "w") as archive:
        for name, content, mode in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, content)
    return path


def tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Give the files below a folder, each with its content and mode."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mode & 0o777)
        for path in folder.rglob("*")
        if path.is_file()
    }


def unpacked(folder: Path, members: Iterable[Member]) -> dict[str, tuple[bytes, int]]:
    """Unpack a wheel of these members."""
    unpack(write_wheel(folder, members), folder / "tree")
    return tree(folder / "tree")


def test_a_tree_is_that_of_an_installer(tmp_path: Path) -> None:
    """Parts of .data are where they belong; RECORD and what no image wants are left out."""
    assert unpacked(tmp_path, MEMBERS) == {
        "thing/__init__.py": (b"one", 0o644),
        "thing/tool.so": (b"two", 0o755),
        "thing/private.py": (b"", 0o644),
        "thing-1.0.dist-info/METADATA": (b"Name: thing", 0o644),
        "pure.py": (b"three", 0o644),
        "thing/plat.py": (b"four", 0o644),
        "bin/run": (b"#!python\n", 0o755),
        "share/man": (b"seven", 0o644),
    }


def test_what_nobody_needs_is_left_out(tmp_path: Path) -> None:
    """Patterns are of the paths that files have once they are installed."""
    wheel = write_wheel(tmp_path, MEMBERS)
    unpack(wheel, tmp_path / "tree", ["share/*", "thing/*.so"])

    assert {"share/man", "thing/tool.so"} & tree(tmp_path / "tree").keys() == set()
    assert "thing/__init__.py" in tree(tmp_path / "tree")


def test_the_mode_of_the_builder_does_not_matter(tmp_path: Path) -> None:
    """A file can be executed or not; a strict umask changes nothing."""
    before = os.umask(0o077)
    try:
        modes = {mode for _, mode in unpacked(tmp_path, MEMBERS).values()}
    finally:
        os.umask(before)

    assert modes == {0o644, 0o755}


@pytest.mark.parametrize(
    ("member", "target"),
    [
        ("RECORD", "RECORD"),
        ("thing/RECORD", "thing/RECORD"),
        ("thing.dist-info/RECORD", None),
        ("thing.dist-info/licenses/LICENSE", "thing.dist-info/licenses/LICENSE"),
        ("thing.data/purelib", None),
        ("thing.data/unknown/x", None),
        ("thing/x.data/purelib/y", "thing/x.data/purelib/y"),
        ("thing.data/scripts/sub/run", "bin/sub/run"),
        ("thing//x.py", "thing/x.py"),
        ("./thing.py", "thing.py"),
        ("..thing/x.py", "..thing/x.py"),
    ],
)
def test_a_member_has_one_place(member: str, target: str | None) -> None:
    """Only the first folder of a member says that it is special."""
    assert target_of(member, NAME) == target


@pytest.mark.parametrize(
    "member",
    ["../x", "thing/../../x", "thing.data/purelib/../../x", "/etc/passwd", "//etc/x", "..", "."],
)
def test_nothing_is_written_outside(
    member: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A member that would leave the tree is one message and exit code 1."""
    wheel = write_wheel(tmp_path, [(member, b"bad", 0o644)])

    assert main(["--wheel", str(wheel), "--output", str(tmp_path / "a/tree")]) == 1
    assert capsys.readouterr().err == (
        f"error: {NAME}: expected members inside of the wheel, found '{member}'"
        "\n\nhint: make lock\n"
    )
    assert set(tree(tmp_path)) == {NAME}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("pure.py", b"1", 0o644), ("thing-1.0.data/purelib/pure.py", b"2", 0o644)),
        (("pure.py", b"1", 0o644), ("thing-1.0.data/platlib/pure.py", b"1", 0o755)),
        (("pure", b"1", 0o644), ("pure/x.py", b"1", 0o644)),
        (("pure", b"1", 0o644), ("pure/x/y.py", b"1", 0o644)),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_members_that_lie_on_each_other_are_refused(
    first: Member, second: Member, turned: bool, tmp_path: Path
) -> None:
    """Otherwise the last one would win, and the tree would depend on the order."""
    members = (second, first) if turned else (first, second)

    with pytest.raises(WheelError, match="expected one member for pure.*, found several"):
        unpacked(tmp_path, members)


def test_equal_members_are_one(tmp_path: Path) -> None:
    """Wheels that state a file twice exist, and do no harm."""
    twice = (("pure.py", b"1", 0o644), ("thing-1.0.data/purelib/pure.py", b"1", 0o644))

    assert unpacked(tmp_path, twice) == {"pure.py": (b"1", 0o644)}


@settings(max_examples=25, deadline=None)
@given(st.permutations(MEMBERS))
def test_the_order_of_members_does_not_matter(members: list[Member]) -> None:
    """The same files make the same tree."""
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        assert unpacked(Path(one), members) == unpacked(Path(other), MEMBERS)


@pytest.mark.parametrize("content", [b"", b"no zip file"])
def test_a_file_that_is_no_wheel_is_told(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message has the name of the file, and a hint."""
    wheel = tmp_path / NAME
    wheel.write_bytes(content)

    assert main(["--wheel", str(wheel), "--output", str(tmp_path / "tree")]) == 1
    assert capsys.readouterr().err == (
        f"error: {NAME}: expected a zip file, found File is not a zip file\n\nhint: make lock\n"
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_damaged_content_is_told(method: int, tmp_path: Path) -> None:
    """Wherever the damage is found, it is the wheel's."""
    wheel = tmp_path / NAME
    with zipfile.ZipFile(wheel, "w", method) as archive:
        archive.writestr("x", b"content" * 9)
    content = bytearray(wheel.read_bytes())
    content[31] ^= 0xFF
    wheel.write_bytes(content)

    with pytest.raises(WheelError, match="expected a zip file, found "):
        unpack(wheel, tmp_path / "tree")


def test_the_file_can_be_run_as_it_is(tmp_path: Path) -> None:
    """Sandboxes have the script and no path to find its package by."""
    wheel = write_wheel(tmp_path, MEMBERS)
    script = os.path.abspath(program.__file__)
    command = [sys.executable, "-I", script, "--wheel", str(wheel), "--output", "tree"]

    subprocess.run(command, check=True, cwd=tmp_path)

    assert (tmp_path / "tree/pure.py").read_bytes() == b"three"
