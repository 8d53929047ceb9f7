"""The base: what it adds to its packages, and that it has every library that it needs."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest

from debian.base_tree import LAYER_DIRECTORIES, base_tree, main
from debian.elf import is_elf, missing_libraries, read_dynamic
from debian.errors import BaseError
from debian.system_trees import check_libraries
from oci.tree import FileEntry, SymlinkEntry, Tree, read_tree, write_tree
from oci.write_layer import LayerJob

LIBRARIES = "usr/lib/x86_64-linux-gnu"


def elf(*needed: str, search: str = "") -> FileEntry:
    """Return the smallest ELF file that needs these libraries."""
    strings, tags = b"\0", b""
    for tag, text in [*((1, name) for name in needed), *([(29, search)] if search else [])]:
        tags += struct.pack("<qQ", tag, len(strings))
        strings += text.encode() + b"\0"
    start = 64 + 2 * 56
    address = 0x10000
    tags += struct.pack("<qQqQ", 5, address, 0, 0)
    size = len(strings)
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 2, 64, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 4, start, address, address, size, size, 4096)
    dynamic = struct.pack("<IIQQQQQQ", 2, 4, start + size, 0, 0, len(tags), len(tags), 8)
    return FileEntry(header + load + dynamic + strings + tags)


def test_needed_libraries_are_read() -> None:
    """The libraries and folders that a file names are read from its dynamic section."""
    dynamic = read_dynamic(elf("libone.so.1", "libc.so.6", search="$ORIGIN/x:/y").read())
    assert dynamic.needed == ("libone.so.1", "libc.so.6")
    assert dynamic.search == ("$ORIGIN/x", "/y")


@pytest.mark.skipif(sys.platform != "linux", reason="reads this machine's interpreter")
def test_real_file_is_read() -> None:
    """The interpreter that runs the tests needs the C library."""
    content = Path(sys.executable).resolve().read_bytes()
    assert is_elf(content) and "libc.so.6" in read_dynamic(content).needed


def test_closed_tree_lacks_nothing() -> None:
    """A library counts if a usual folder has a file, or a link to a file, of its name."""
    tree: Tree = {
        "usr/bin/tool": elf("libone.so.1"),
        f"{LIBRARIES}/libone.so.1": SymlinkEntry("libone.so.1.0"),
        f"{LIBRARIES}/libone.so.1.0": elf(),
    }
    assert list(missing_libraries(tree)) == []


@pytest.mark.parametrize("link", ["libone.so.1.0", "libone.so.1"])
def test_link_to_nothing_does_not_count(link: str) -> None:
    """A dangling link, or a link to itself, gives no library."""
    tree: Tree = {
        "usr/bin/tool": elf("libone.so.1"),
        f"{LIBRARIES}/libone.so.1": SymlinkEntry(link),
    }
    assert [str(item) for item in missing_libraries(tree)] == [
        "usr/bin/tool: needs libone.so.1, which is not in the tree"
    ]


def test_libraries_of_a_wheel_are_found_beside_it() -> None:
    """A file may name folders relative to itself, as native wheels do."""
    module = elf("libzmq.so.5", search="$ORIGIN/../x.libs")
    tree: Tree = {"opt/x/zmq/module.so": module, "opt/x/x.libs/libzmq.so.5": elf()}
    assert list(missing_libraries(tree)) == []
    assert len(list(missing_libraries({"opt/zmq/module.so": module}))) == 1


def test_base_that_is_not_closed_is_refused() -> None:
    """A library that no package of the base has is an error that names the file and the remedy."""
    with pytest.raises(BaseError) as caught:
        base_tree([("tool", {"usr/bin/tool": elf("libone.so.1")})])
    assert "usr/bin/tool: needs libone.so.1" in str(caught.value)
    assert "hint: add the package to 3rdparty/debian/base.txt" in str(caught.value)


def test_base_gets_users_and_certificates() -> None:
    """The base has the user nonroot, name services, and one bundle of all certificates."""
    folder = "usr/share/ca-certificates/mozilla"
    tree = base_tree(
        [("ca", {f"{folder}/B.crt": FileEntry(b"b"), f"{folder}/A.crt": FileEntry(b"a\n")})]
    )
    assert tree["etc/ssl/certs/ca-certificates.crt"] == FileEntry(b"a\nb\n")
    passwd = tree["etc/passwd"]
    assert isinstance(passwd, FileEntry)
    assert b"nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n" in passwd.read()
    assert b"/bin/sh" not in passwd.read()


def test_merged_folders_are_linked() -> None:
    """The old folders are links to those below /usr that exist."""
    tree = base_tree([("x", {"usr/lib64/ld.so": FileEntry(b""), "usr/bin/x": FileEntry(b"")})])
    assert tree["lib64"] == SymlinkEntry("usr/lib64")
    assert tree["bin"] == SymlinkEntry("usr/bin")
    assert tree["lib"] == SymlinkEntry("usr/lib")
    assert "sbin" not in tree


def test_empty_folders_are_arguments_of_the_layer() -> None:
    """The folders that a tree cannot carry are spelled as the layer script reads them."""
    job = LayerJob.parse(
        {"root": "x", "output": "y", "description": "z", "directory": LAYER_DIRECTORIES}, "here"
    )
    directories = dict(job.directories)
    assert directories["tmp"].mode == 0o1777
    assert directories["var/lib/agent"].owner == 65532


def test_command_merges_folders(tmp_path: Path) -> None:
    """The command reads unpacked packages and writes the base."""
    write_tree({"usr/bin/x": FileEntry(b"x", executable=True)}, tmp_path / "one")
    write_tree({"usr/share/y": FileEntry(b"y")}, tmp_path / "two")
    trees = ["--tree", str(tmp_path / "one"), "--tree", str(tmp_path / "two")]
    assert main([*trees, "--output", str(tmp_path / "base")]) == 0
    assert {"usr/bin/x", "usr/share/y", "etc/passwd"} <= set(read_tree(tmp_path / "base"))


def test_packages_that_disagree_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two packages that fill a path differently are named."""
    write_tree({"etc/x": FileEntry(b"1")}, tmp_path / "one")
    write_tree({"etc/x": FileEntry(b"2")}, tmp_path / "two")
    trees = ["--tree", str(tmp_path / "one"), "--tree", str(tmp_path / "two")]
    assert main([*trees, "--output", str(tmp_path / "base")]) == 1
    assert "etc/x: must come from one tree, is in one and" in capsys.readouterr().err


def test_packages_of_an_agent_may_need_what_the_base_has() -> None:
    """Base and packages are looked at together."""
    base: Tree = {f"{LIBRARIES}/libc.so.6": elf()}
    package: Tree = {f"{LIBRARIES}/libone.so.1": elf("libc.so.6")}

    check_libraries([("base", base), ("libone1", package)], "agents:one")


def test_a_package_that_lacks_a_library_is_named_with_the_agent() -> None:
    """The error says whose target has to state one more package."""
    package: Tree = {f"{LIBRARIES}/libone.so.1": elf("libtwo.so.2")}

    with pytest.raises(
        BaseError, match=r"agents:one: system_packages: (?s:.*) needs libtwo\.so\.2"
    ):
        check_libraries([("libone1", package)], "agents:one")
