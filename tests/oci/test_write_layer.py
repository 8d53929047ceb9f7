"""Layer bytes: what they depend on, and that they depend on nothing else."""

from __future__ import annotations

import gzip
import io
import json
import marshal
import os
import subprocess
import sys
import tarfile
import zlib
from pathlib import Path
from types import CodeType

import pytest
from hypothesis import given
from hypothesis import strategies as st

import oci.write_layer
from oci.bytecode import bytecode_path, compile_source
from oci.digest import Digest
from oci.encode import MTIME, EncodeRequest, encode_layer
from oci.errors import LayerError
from oci.layer import LayerDescription, collisions
from oci.tree import FileEntry, SymlinkEntry, Tree, write_tree
from oci.write_layer import LayerJob, main, write_layer

SCRIPT = os.path.abspath(oci.write_layer.__file__)
SAMPLE: Tree = {
    "site/pkg/__init__.py": FileEntry(b"VALUE = {'b', 'a'}\n"),
    "site/pkg/legacy.py": FileEntry(b"print 'two'\n"),
    "site/pkg/tool": FileEntry(b"#!/bin/true\n", executable=True),
    "site/pkg/link": SymlinkEntry("tool"),
    "site/pkg/" + "long/" * 30 + "name.txt": FileEntry(b"deep"),
    "site/pkg/ünïcode.txt": FileEntry("ü".encode()),
}
# No bytecode, so that the digests hold for every interpreter; rewritten only by hand.
GOLDEN_DIFF_ID = "sha256:112c56bc48ee2c6eb534197fdbdc91029b8ea98051e4fedfc393b266f0d872fd"
GOLDEN_DIGEST = "sha256:53f2403e4333c9b03a1e72970cac2242ac30df42a43f38353281391f93792244"


def job(root: Path, out: Path, *options: str) -> list[str]:
    """Return the command line of one layer."""
    return [
        *("--root", str(root), "--output", str(out / "layer.tar.gz")),
        *("--description", str(out / "layer.json"), *options),
    ]


def described(out: Path) -> LayerDescription:
    """Read the description that a run left."""
    return LayerDescription.parse((out / "layer.json").read_bytes())


def members(out: Path) -> dict[str, tarfile.TarInfo]:
    """Return the headers of the layer."""
    with tarfile.open(out / "layer.tar.gz") as archive:
        return {info.name: info for info in archive}


def test_golden_layer(tmp_path: Path) -> None:
    """The bytes of a small layer are pinned: a change of the encoder is a decision."""
    write_tree(SAMPLE, tmp_path / "root")
    assert (
        main(job(tmp_path / "root", tmp_path, "--prefix", "opt/x", "--directory", "tmp=1777")) == 0
    )
    layer = described(tmp_path).layer
    assert str(layer.diff_id) == GOLDEN_DIFF_ID
    if zlib.ZLIB_RUNTIME_VERSION.startswith("1.2.13"):
        assert str(layer.digest) == GOLDEN_DIGEST


def run_elsewhere(folder: Path, order: int, zone: str, umask: int) -> bytes:
    """Write the sample in a process of its own, under other circumstances, and layer it."""
    paths = sorted(SAMPLE, reverse=bool(order))
    for number, path in enumerate(paths):
        write_tree({path: SAMPLE[path]}, folder / "root")
        if not (folder / "root" / path).is_symlink():
            os.utime(folder / "root" / path, (number * 1000, number * 1000))
    working = folder / "cwd"
    working.mkdir()
    options = job(folder / "root", folder, "--strip-prefix", "site", "--compile")
    subprocess.run(
        [sys.executable, "-E", "-s", "-S", SCRIPT, *options],
        check=True,
        cwd=working,
        env={"TZ": zone, "PYTHONHASHSEED": str(order), "LC_ALL": "C"},
        umask=umask,
    )
    return (folder / "layer.tar.gz").read_bytes() + (folder / "layer.json").read_bytes()


def test_circumstances_change_nothing(tmp_path: Path) -> None:
    """Another folder, time zone, umask, hash seed, file time and creation order: same bytes."""
    runs = [
        run_elsewhere(tmp_path / "one", 0, "UTC", 0o022),
        run_elsewhere(tmp_path / "a much longer name", 1, "Pacific/Kiritimati", 0o077),
    ]
    assert runs[0] == runs[1]


def test_metadata_is_constant(tmp_path: Path) -> None:
    """Modes come from the execute bit, times are one constant, names are empty, root owns all."""
    write_tree(SAMPLE, tmp_path / "root")
    for path in (tmp_path / "root").rglob("*"):
        if path.is_file() and not path.is_symlink():
            path.chmod(0o700 if path.name == "tool" else 0o600)
    main(job(tmp_path / "root", tmp_path))
    headers = members(tmp_path)
    assert {info.mtime for info in headers.values()} == {MTIME}
    assert {(info.uid, info.gid, info.uname, info.gname) for info in headers.values()} == {
        (0, 0, "", "")
    }
    assert headers["site/pkg/tool"].mode == 0o755
    assert headers["site/pkg/legacy.py"].mode == 0o644
    assert headers["site/pkg"].mode == 0o755
    assert list(headers) == sorted(headers, key=lambda name: name.encode())


def test_description_tells_the_truth(tmp_path: Path) -> None:
    """Digest, diff_id, size and files of layer.json are those of the layer."""
    write_tree(SAMPLE, tmp_path / "root")
    main(job(tmp_path / "root", tmp_path, "--contents", "pkg 1.0"))
    blob = (tmp_path / "layer.tar.gz").read_bytes()
    description = described(tmp_path)
    assert description.layer.digest == Digest.of(blob)
    assert description.layer.diff_id == Digest.of(gzip.decompress(blob))
    assert description.layer.size == len(blob)
    assert description.layer.contents == ("pkg 1.0",)
    files = {file.path: file.digest for file in description.files}
    assert files.keys() == SAMPLE.keys()
    assert files["site/pkg/link"] == "link:tool"
    assert files["site/pkg/tool"] == str(Digest.of(b"#!/bin/true\n"))


def test_directories_and_owners(tmp_path: Path) -> None:
    """Empty folders with a mode and an owner, and files of another owner, can be asked for."""
    write_tree({"state/seed": FileEntry(b"1")}, tmp_path / "root")
    options = ("--directory", "tmp=1777", "--directory", "var/lib/agent=750:65532")
    main(job(tmp_path / "root", tmp_path, *options, "--owner", "state/seed=65532"))
    headers = members(tmp_path)
    assert headers["tmp"].mode == 0o1777
    assert (headers["var/lib/agent"].mode, headers["var/lib/agent"].uid) == (0o750, 65532)
    assert (headers["var/lib"].mode, headers["var/lib"].uid) == (0o755, 0)
    assert (headers["state/seed"].uid, headers["state/seed"].gid) == (65532, 65532)


def test_bytecode_names_the_path_in_the_image(tmp_path: Path) -> None:
    """Bytecode is unchecked-hash, and its file name is where the image has the source."""
    write_tree(SAMPLE, tmp_path / "root")
    options = ("--strip-prefix", "site", "--prefix", "opt/x", "--compile", "--tree")
    main(job(tmp_path / "root", tmp_path, *options, str(tmp_path / "tree")))
    path = bytecode_path("opt/x/pkg/__init__.py")
    assert path in members(tmp_path)
    content = (tmp_path / "tree" / path).read_bytes()
    assert content[4:8] == b"\x01\0\0\0"
    code = marshal.loads(content[16:])
    assert isinstance(code, CodeType) and code.co_filename == "/opt/x/pkg/__init__.py"


def test_source_of_another_python_has_no_bytecode(tmp_path: Path) -> None:
    """A source that does not compile is shipped as it is."""
    write_tree(SAMPLE, tmp_path / "root")
    main(job(tmp_path / "root", tmp_path, "--compile"))
    headers = members(tmp_path)
    assert "site/pkg/legacy.py" in headers
    assert bytecode_path("site/pkg/legacy.py") not in headers


def test_bytecode_is_used_by_the_import_system(tmp_path: Path) -> None:
    """An interpreter imports the bytecode without looking at the source."""
    write_tree(SAMPLE, tmp_path / "root")
    options = ("--strip-prefix", "site", "--compile", "--tree", str(tmp_path / "tree"))
    main(job(tmp_path / "root", tmp_path, *options))
    (tmp_path / "tree/pkg/__init__.py").write_text("raise SystemExit('source was read')\n")
    subprocess.run([sys.executable, "-c", "import pkg"], check=True, cwd=tmp_path / "tree")


@given(
    st.sampled_from([b"x = 1\n", b"def f(a, b=(1, 2)): return {a, b}\n", b"\xef\xbb\xbfx = 'y'\n"])
)
def test_compiling_twice_gives_the_same_bytes(source: bytes) -> None:
    """Bytecode is a function of source and path."""
    assert compile_source(source, "/a.py") == compile_source(source, "/a.py")


@pytest.mark.parametrize("source", [b"x = (\n", b"x = '\0'\n", b"# coding: nonsense\n", b"\xff\n"])
def test_no_source_crashes_the_compiler(source: bytes) -> None:
    """Whatever cannot be compiled gives no bytecode."""
    assert compile_source(source, "/a.py") is None


trees: st.SearchStrategy[Tree] = st.dictionaries(
    st.text("abc-._é", min_size=1, max_size=5).filter(lambda name: name not in (".", "..")),
    st.builds(FileEntry, st.binary(max_size=40), st.booleans()),
    max_size=6,
)


@given(trees)
def test_layer_ignores_the_order_of_the_tree(tree: Tree) -> None:
    """A tree is a set of entries: the order in which it was collected changes no byte."""
    first, second = bytearray(), bytearray()
    backwards = dict(reversed(list(tree.items())))
    encode(tree, first)
    encode(backwards, second)
    assert first == second


@given(trees, trees)
def test_layers_are_equal_only_for_equal_trees(one: Tree, two: Tree) -> None:
    """Different content, names or modes are different diff_ids."""
    first = encode(one, bytearray()).layer.diff_id
    second = encode(two, bytearray()).layer.diff_id
    assert (first == second) == (one == two)


def encode(tree: Tree, into: bytearray) -> LayerDescription:
    """Encode a tree into memory."""
    stream = io.BytesIO()
    description = encode_layer(EncodeRequest(tree, {}), stream)
    into.extend(stream.getvalue())
    return description


def test_many_jobs_in_one_run(tmp_path: Path) -> None:
    """One run may write many layers, and each is what a run of its own would write."""
    write_tree(SAMPLE, tmp_path / "root")
    jobs = [
        {
            "root": str(tmp_path / "root"),
            "output": str(tmp_path / str(number) / "layer.tar.gz"),
            "description": str(tmp_path / str(number) / "layer.json"),
            "compile": True,
        }
        for number in range(2)
    ]
    (tmp_path / "jobs.json").write_text(json.dumps(jobs))
    assert main(["--jobs", str(tmp_path / "jobs.json")]) == 0
    assert described(tmp_path / "0") == described(tmp_path / "1")


def test_layer_of_two_roots_finds_collisions(tmp_path: Path) -> None:
    """Two roots that fill a path differently cannot share a layer."""
    write_tree({"tests/__init__.py": FileEntry(b"1")}, tmp_path / "one")
    write_tree({"tests/__init__.py": FileEntry(b"2")}, tmp_path / "two")
    request = LayerJob(
        (tmp_path / "one", tmp_path / "two"), tmp_path / "layer.tar.gz", tmp_path / "layer.json"
    )
    with pytest.raises(LayerError, match=r"tests/__init__\.py"):
        write_layer(request)


def test_collisions_between_layers_are_found() -> None:
    """A path that two layers of an image fill differently is named with both layers."""
    one = encode({"a": FileEntry(b"1"), "b": FileEntry(b"1")}, bytearray())
    two = encode({"a": FileEntry(b"1"), "b": FileEntry(b"2")}, bytearray())
    assert [str(item) for item in collisions((("one", one), ("two", two)))] == [
        "b: is in one and, with other content, in two"
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--owner", "x"), "owner: must be PATH=UID"),
        (("--owner", "absent=1"), "owner: must name a path of the layer"),
        (("--directory", "tmp=9999"), "directory: must be PATH"),
        (("--strip-prefix", "absent"), "must exist in the tree"),
    ],
)
def test_mistakes_are_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, str], message: str
) -> None:
    """A mistake on the command line is one message and exit code 1."""
    write_tree(SAMPLE, tmp_path / "root")
    assert main(job(tmp_path / "root", tmp_path, *options)) == 1
    assert message in capsys.readouterr().err


def test_broken_description_is_an_error() -> None:
    """A layer.json that does not describe a layer is refused with its name."""
    with pytest.raises(LayerError, match=r"x/layer.json: must describe a layer"):
        LayerDescription.parse(b'{"digest": 3}', "x/layer.json")
