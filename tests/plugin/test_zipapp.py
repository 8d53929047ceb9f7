"""PEX files as bytes: what is copied, what is written, and that only content decides."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_build.scripts import zipapp

SHEBANG = b"#!/usr/bin/env python3.11\n"
TEMPLATE = {
    "build_properties": {"pex_version": "2.1.137", "platform": "the builder's"},
    "bootstrap_hash": "b" * 40,
    "pex_hash": "of the template",
}


@dataclass(frozen=True)
class File:
    """One file of a tree."""

    content: bytes
    executable: bool = False


Tree = Mapping[str, File]
SOURCES: Tree = {
    "__agent__.py": File(b"import common\n"),
    "common/__init__.py": File(b""),
    "common/probe.py": File(b"#!/usr/bin/env python3\n", executable=True),
    "common.txt": File(b"data\n"),
}
WHEEL: Tree = {
    "zmq/__init__.py": File(b"from zmq import backend\n" * 40),
    "zmq/backend.so": File(bytes(range(256)) * 40, executable=True),
    "zmq/empty": File(b""),
}


@dataclass(frozen=True)
class Pex:
    """What is composed: pieces by prefix, sources, and what is particular to the agent."""

    pieces: tuple[tuple[str, Tree], ...] = ((".deps/pyzmq.whl/", WHEEL),)
    sources: Tree = field(default_factory=lambda: SOURCES)
    entry_point: str = "__agent__"


@dataclass(frozen=True)
class Habits:
    """How a machine writes files: nothing of it may reach a PEX file."""

    umask: int = 0o022
    mtime: int = 1_700_000_000
    backwards: bool = False


@contextmanager
def umask(mask: int) -> Iterator[None]:
    """Work under another umask."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def write_tree(root: Path, tree: Tree, habits: Habits) -> None:
    """Write a tree as some machine would."""
    root.mkdir()
    for path in sorted(tree, reverse=habits.backwards):
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(tree[path].content)
        target.chmod(0o777 & ~habits.umask if tree[path].executable else 0o666 & ~habits.umask)
        os.utime(target, (habits.mtime, habits.mtime))


def compose(folder: Path, pex: Pex, habits: Habits) -> Path:
    """Compress the pieces and compose a PEX file of them below a folder."""
    with umask(habits.umask):
        pieces = []
        for number, (prefix, tree) in enumerate(pex.pieces):
            write_tree(folder / f"tree{number}", tree, habits)
            pieces.append(folder / f"{number}.zip")
            zipapp.write_piece(folder / f"tree{number}", prefix, pieces[-1])
        write_tree(folder / "sources", pex.sources, habits)
        spec, template, output = folder / "spec.json", folder / "template.json", folder / "a.pex"
        spec.write_text(json.dumps({"entry_point": pex.entry_point}))
        template.write_text(json.dumps(TEMPLATE))
        zipapp.compose(pieces, folder / "sources", spec, template, output)
    return output


def composed(pex: Pex, habits: Habits | None = None) -> bytes:
    """Give the bytes of a PEX file, made in a folder of its own."""
    with TemporaryDirectory() as folder:
        return compose(Path(folder), pex, habits or Habits()).read_bytes()


def opened(content: bytes) -> zipfile.ZipFile:
    """Open a PEX file as zipimport does."""
    return zipfile.ZipFile(io.BytesIO(content))


def pex_info(pex: Pex) -> dict[str, Any]:
    """Read PEX-INFO."""
    info: dict[str, Any] = json.loads(opened(composed(pex)).read("PEX-INFO"))
    return info


NAMES = st.sampled_from(("a", "b", "B", "_c", "a.py", "a-b", "ä"))
FILES = st.builds(File, st.binary(max_size=40), st.booleans())


@st.composite
def trees(draw: st.DrawFn) -> dict[str, File]:
    """Make small trees; a folder's name is never that of a file."""
    flat = draw(st.dictionaries(NAMES, FILES, max_size=3))
    deep = draw(st.dictionaries(st.tuples(NAMES, NAMES), FILES, max_size=3))
    return {**flat, **{f"{folder}.d/{name}": file for (folder, name), file in deep.items()}}


PEXES = st.builds(
    Pex,
    st.lists(trees(), max_size=2).map(
        lambda some: tuple((f".deps/{number}/", tree) for number, tree in enumerate(some))
    ),
    trees(),
)
HABITS = st.builds(
    Habits,
    st.sampled_from((0o000, 0o002, 0o022, 0o027, 0o077)),
    st.integers(0, 2_000_000_000),
    st.booleans(),
)


def test_a_pex_is_a_sound_zip_file_behind_a_shebang() -> None:
    """The kernel reads its start, zipimport its end; checksums of copied entries hold."""
    content = composed(Pex())

    assert content.startswith(SHEBANG + b"PK\x03\x04")
    assert opened(content).testzip() is None


def test_a_pex_can_be_executed(tmp_path: Path) -> None:
    """It is a program for everybody, whatever the builder's umask."""
    output = compose(tmp_path, Pex(), Habits(umask=0o077))

    assert stat.S_IMODE(output.stat().st_mode) == 0o755


def test_python_runs_code_of_pieces_and_sources(tmp_path: Path) -> None:
    """An interpreter that knows nothing of this project finds modules of both."""
    pex = Pex(
        pieces=(
            ("", {"__main__.py": File(b"import piece, own; print(piece.SAID, own.SAID)")}),
            ("", {"piece.py": File(b"SAID = 'from a piece'")}),
        ),
        sources={"own.py": File(b"SAID = 'from the sources'")},
    )
    output = compose(tmp_path, pex, Habits())

    result = subprocess.run(
        [sys.executable, "-I", output], capture_output=True, text=True, check=True
    )

    assert result.stdout == "from a piece from the sources\n"


def test_entries_are_sorted_and_state_no_time() -> None:
    """Pieces come in the order given, each sorted; sources and PEX-INFO follow."""
    infos = opened(composed(Pex())).infolist()

    assert [info.filename for info in infos] == [
        ".deps/pyzmq.whl/zmq/__init__.py",
        ".deps/pyzmq.whl/zmq/backend.so",
        ".deps/pyzmq.whl/zmq/empty",
        "__agent__.py",
        "common.txt",
        "common/__init__.py",
        "common/probe.py",
        "PEX-INFO",
    ]
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert {info.create_system for info in infos} == {3}


def test_exec_bits_survive_and_other_bits_do_not() -> None:
    """A program in a distribution stays one; nobody's umask gets in."""
    infos = opened(composed(Pex(), Habits(umask=0o077))).infolist()

    modes = {info.filename: stat.S_IMODE(info.external_attr >> 16) for info in infos}
    executable = {name for name, mode in modes.items() if mode == 0o755}
    assert executable == {".deps/pyzmq.whl/zmq/backend.so", "common/probe.py"}
    assert {modes[name] for name in set(modes) - executable} == {0o644}
    assert all(stat.S_ISREG(info.external_attr >> 16) for info in infos)


def test_pieces_are_copied_without_compressing_them_again(tmp_path: Path) -> None:
    """The stored bytes of an entry are those of its piece, whatever zlib compresses here."""
    output = compose(tmp_path, Pex(), Habits())

    with zipfile.ZipFile(tmp_path / "0.zip") as piece, zipfile.ZipFile(output) as pex:
        for info in piece.infolist():
            copied = pex.getinfo(info.filename)
            assert stored(output, copied) == stored(tmp_path / "0.zip", info)
            assert (copied.CRC, copied.file_size) == (info.CRC, info.file_size)


def stored(archive: Path, info: zipfile.ZipInfo) -> bytes:
    """Give an entry's local header and compressed bytes."""
    size = 30 + len(info.filename.encode()) + info.compress_size
    return archive.read_bytes()[info.header_offset : info.header_offset + size]


@settings(deadline=None)
@given(PEXES)
def test_every_file_is_read_back_as_it_was(pex: Pex) -> None:
    """Nothing is lost, changed or added but PEX-INFO."""
    archive = opened(composed(pex))

    expected = {
        f"{prefix}{path}": file.content
        for prefix, tree in (*pex.pieces, ("", pex.sources))
        for path, file in tree.items()
    }
    names = archive.namelist()
    assert len(names) == len(set(names))
    assert {name: archive.read(name) for name in names if name != "PEX-INFO"} == expected


@settings(deadline=None)
@given(PEXES, HABITS, HABITS)
def test_two_machines_write_the_same_bytes(pex: Pex, one: Habits, other: Habits) -> None:
    """Order of creation, umask and times do not reach the file."""
    assert composed(pex, one) == composed(pex, other)


def test_a_folder_may_be_listed_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """File systems differ in it, and one machine's cannot show another's."""
    expected = composed(Pex())
    listed = Path.rglob
    monkeypatch.setattr(Path, "rglob", lambda root, glob: reversed(list(listed(root, glob))))

    assert composed(Pex()) == expected


def test_pex_info_is_the_template_with_what_is_the_agents_own() -> None:
    """The template's hash and the builder's platform are left out."""
    info = pex_info(Pex())

    assert {key: info[key] for key in ("entry_point", "bootstrap_hash", "build_properties")} == {
        "entry_point": "__agent__",
        "bootstrap_hash": "b" * 40,
        "build_properties": {"pex_version": "2.1.137"},
    }
    assert info["pex_hash"] != TEMPLATE["pex_hash"]


@settings(deadline=None)
@given(trees(), HABITS)
def test_the_code_hash_is_of_names_and_bytes_alone(tree: Tree, habits: Habits) -> None:
    """PEX unpacks into a folder named by it: equal code on two machines has one."""
    with TemporaryDirectory() as first, TemporaryDirectory() as second:
        write_tree(Path(first, "tree"), tree, Habits())
        write_tree(Path(second, "tree"), tree, habits)

        assert zipapp.tree_hash(Path(first, "tree")) == zipapp.tree_hash(Path(second, "tree"))


@pytest.mark.parametrize(
    "sources",
    [
        {**SOURCES, "__agent__.py": File(b"import common \n")},
        {**SOURCES, "another.py": File(b"")},
        {path: file for path, file in SOURCES.items() if path != "common.txt"},
        {**{p: f for p, f in SOURCES.items() if p != "common.txt"}, "b.txt": File(b"data\n")},
    ],
    ids=["content", "added", "removed", "renamed"],
)
def test_changed_code_has_another_code_hash_and_pex_hash(sources: Tree) -> None:
    """PEX would run the old code from its cache otherwise."""
    before, after = pex_info(Pex()), pex_info(replace(Pex(), sources=sources))

    assert before["code_hash"] != after["code_hash"]
    assert before["pex_hash"] != after["pex_hash"]


def test_another_entry_point_has_another_pex_hash_for_the_same_code() -> None:
    """The cache of the code is shared, that of the program is not."""
    before, after = pex_info(Pex()), pex_info(replace(Pex(), entry_point="other"))

    assert before["code_hash"] == after["code_hash"]
    assert before["pex_hash"] != after["pex_hash"]


@settings(deadline=None)
@given(trees(), trees())
def test_hashes_change_exactly_when_code_does(one: Tree, other: Tree) -> None:
    """Names and bytes are the code."""
    same = {p: f.content for p, f in one.items()} == {p: f.content for p, f in other.items()}
    first, second = (pex_info(Pex(pieces=(), sources=tree)) for tree in (one, other))

    assert (first["code_hash"] == second["code_hash"]) == same
    assert (first["pex_hash"] == second["pex_hash"]) == same


def test_a_file_that_looks_like_two_is_not_hashed_like_them() -> None:
    """Data files may hold any byte, NUL too."""
    one: Tree = {"a": File(b"1b\0002")}
    two: Tree = {"a": File(b"1"), "b": File(b"2")}

    hashes = {pex_info(replace(Pex(), sources=tree))["code_hash"] for tree in (one, two)}

    assert len(hashes) == 2


def test_the_script_composes_what_its_functions_do(tmp_path: Path) -> None:
    """Sandboxes start it as a program, with the flags of the images' Python."""
    expected = compose(tmp_path, Pex(), Habits()).read_bytes()
    script = [sys.executable, "-B", "-E", "-s", "-S", os.path.abspath(str(zipapp.__file__))]
    piece = ["piece", "--root", "tree0", "--prefix", ".deps/pyzmq.whl/", "--output", "piece.zip"]
    whole = ["compose", "--piece", "piece.zip", "--sources", "sources", "--spec", "spec.json"]

    for command in (piece, [*whole, "--template", "template.json", "--output", "again.pex"]):
        subprocess.run([*script, *command], cwd=tmp_path, check=True)

    assert (tmp_path / "again.pex").read_bytes() == expected
