"""Unpacking: .deb files that the tests build, and what of them reaches an image."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from debian.archive import DebFile
from debian.errors import ArchiveError
from debian.selection import BASE, SYSTEM, Selection
from debian.unpack import main, merged_path, relative_target, unpack
from oci.tree import FileEntry, SymlinkEntry, read_tree

CONTROL = "Package: libone\nVersion: 1.0-1\nArchitecture: amd64\nDescription: a library\n text\n"
EVERYTHING = Selection(keep=("*",), drop=())


COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "xz": lzma.compress,
    "gz": gzip.compress,
    "": bytes,
}


def tar(members: dict[str, bytes | str], compression: str) -> bytes:
    """Return a tar of files (bytes), links (`-> x`) and hard links (`= x`)."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(f"./{name}")
            info.mode = 0o4755 if "bin/" in name else 0o644
            if isinstance(content, bytes):
                info.size = len(content)
            else:
                kind, info.linkname = content.split(" ", 1)
                info.type = tarfile.SYMTYPE if kind == "->" else tarfile.LNKTYPE
            archive.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    return COMPRESSORS[compression](stream.getvalue())


def ar(members: dict[str, bytes]) -> bytes:
    """Return an ar archive."""
    parts = [b"!<arch>\n"]
    for name, content in members.items():
        header = f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n"
        parts += [header.encode("ascii"), content, b"\n" * (len(content) % 2)]
    return b"".join(parts)


def deb(members: dict[str, bytes | str], compression: str = "xz", sums: str = "") -> bytes:
    """Return a .deb that installs these members."""
    suffix = f".{compression}" if compression else ""
    control: dict[str, bytes | str] = {"control": CONTROL.encode(), "postinst": b"exit 1\n"}
    if sums:
        control["md5sums"] = sums.encode()
    return ar(
        {
            "debian-binary": b"2.0\n",
            f"control.tar{suffix}": tar(control, compression),
            f"data.tar{suffix}": tar(members, compression),
        }
    )


@pytest.mark.parametrize("compression", ["xz", "gz", ""])
def test_files_and_links_are_unpacked(compression: str) -> None:
    """Files keep their execute bit and nothing else; links stay links."""
    content = deb({"usr/bin/tool": b"#!", "usr/bin/alias": "-> tool"}, compression)
    tree = unpack(content, EVERYTHING)
    assert tree["usr/bin/tool"] == FileEntry(b"#!", executable=True)
    assert tree["usr/bin/alias"] == SymlinkEntry("tool")


def test_usr_is_merged() -> None:
    """What a package puts into /lib lies in /usr/lib, and links to it follow."""
    content = deb(
        {
            "lib/x86_64-linux-gnu/libone.so.1": b"one",
            "usr/lib/x86_64-linux-gnu/libone.so": "-> /lib/x86_64-linux-gnu/libone.so.1",
            "lib64/ld.so": "-> /lib/x86_64-linux-gnu/ld.so",
        }
    )
    tree = unpack(content, EVERYTHING)
    assert "usr/lib/x86_64-linux-gnu/libone.so.1" in tree
    assert tree["usr/lib/x86_64-linux-gnu/libone.so"] == SymlinkEntry("libone.so.1")
    assert tree["usr/lib64/ld.so"] == SymlinkEntry("../lib/x86_64-linux-gnu/ld.so")


@pytest.mark.parametrize(
    ("path", "target", "expected"),
    [
        ("lib/a/x", "y", "y"),
        ("lib/a/x", "/lib/a/y", "y"),
        ("usr/lib/x", "../../lib/y", "y"),
        ("etc/x", "/usr/share/y", "../usr/share/y"),
        ("usr/share/x", "/etc/y", "../../etc/y"),
    ],
)
def test_links_become_relative(path: str, target: str, expected: str) -> None:
    """A link names its target relative to where it lies after the merge."""
    assert relative_target(path, target) == expected


def test_merge_leaves_other_folders_alone() -> None:
    """Only the merged folders move."""
    assert merged_path("etc/lib/x") == "etc/lib/x"
    assert merged_path("lib64/x") == "usr/lib64/x"
    assert merged_path("library/x") == "library/x"


def test_hard_link_becomes_a_file() -> None:
    """A hard link is unpacked as a copy."""
    tree = unpack(deb({"usr/share/a": b"same", "usr/share/b": "= ./usr/share/a"}), EVERYTHING)
    assert tree["usr/share/b"] == FileEntry(b"same")


def test_package_is_recorded_for_scanners() -> None:
    """The control paragraph, and the sums of the kept files only, are where scanners look."""
    empty, letter = "d41d8cd98f00b204e9800998ecf8427e", "0cc175b9c0f1b6a831c399e269772661"
    sums = f"{empty}  lib/kept\n{letter}  lib/x.md\n"
    selection = Selection(keep=("usr/lib/*",), drop=("*.md",))
    tree = unpack(deb({"lib/kept": b"", "lib/x.md": b"a"}, sums=sums), selection)
    record, recorded_sums = (
        tree[f"var/lib/dpkg/status.d/libone{suffix}"] for suffix in ("", ".md5sums")
    )
    assert isinstance(record, FileEntry) and isinstance(recorded_sums, FileEntry)
    lines = record.read().decode().splitlines()
    assert lines[:2] == ["Package: libone", "Status: install ok installed"]
    assert lines[2:] == CONTROL.splitlines()[1:]
    assert recorded_sums.read().decode() == f"{empty}  usr/lib/kept\n"


@pytest.mark.parametrize(
    ("path", "accepted"),
    [
        ("usr/bin/python3.11", True),
        ("usr/bin/ldd", False),
        ("usr/sbin/update-ca-certificates", False),
        ("usr/lib/python3.11/json/__init__.py", True),
        ("usr/lib/python3.11/test/support/__init__.py", False),
        ("usr/lib/python3.11/lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so", True),
        ("usr/lib/python3.11/lib-dynload/_crypt.cpython-311-x86_64-linux-gnu.so", False),
        ("usr/lib/python3.11/turtledemo/clock.py", False),
        ("usr/lib/x86_64-linux-gnu/libc.so.6", True),
        ("usr/lib/aarch64-linux-gnu/libc.so.6", True),
        ("usr/lib/x86_64-linux-gnu/gconv/UTF-16.so", False),
        ("usr/share/zoneinfo/Europe/Berlin", True),
        ("usr/share/zoneinfo/right/Europe/Berlin", False),
        ("usr/share/doc/libc6/copyright", True),
        ("usr/share/doc/libc6/changelog.gz", False),
        ("usr/share/man/man1/python3.11.1.gz", False),
        ("etc/profile.d/x.sh", False),
        ("etc/services", True),
    ],
)
def test_base_selection(path: str, accepted: bool) -> None:
    """The base has what a process loads, and licences."""
    assert BASE.accepts(path) is accepted


@pytest.mark.parametrize(
    ("path", "accepted"),
    [
        ("usr/bin/redis-server", True),
        ("usr/share/doc/redis/copyright", True),
        ("usr/share/doc/redis/README", False),
        ("usr/share/man/man1/redis.1.gz", False),
    ],
)
def test_system_selection(path: str, accepted: bool) -> None:
    """A package that is asked for by name keeps everything but its manuals."""
    assert SYSTEM.accepts(path) is accepted


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04", "must be a .deb"),
        (ar({"debian-binary": b"2.0\n"}), "must have control.tar plain, .gz or .xz"),
        (ar({"control.tar.zst": b"", "data.tar.zst": b""}), "has control.tar.zst, data.tar.zst"),
        (deb({"usr/x": b"x"})[:-40], "are left"),
        (ar({"control.tar": b"x", "data.tar": b"y" * 600}), "readable archives"),
        (deb({"usr/../../x": b"x"}), "must stay inside the image"),
    ],
)
def test_broken_package_is_an_error(content: bytes, message: str) -> None:
    """A file that is no usable .deb is named, with what is wrong."""
    with pytest.raises(ArchiveError, match=message) as caught:
        unpack(content, EVERYTHING, "libone.deb")
    assert caught.value.message.startswith("libone.deb: ")


def test_command_unpacks_several_packages(tmp_path: Path) -> None:
    """One run may unpack several packages into one folder."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.deb").write_bytes(deb({f"usr/bin/{name}": b"#!"}))
    debs = [option for name in ("a", "b") for option in ("--deb", str(tmp_path / f"{name}.deb"))]
    assert main([*debs, "--selection", "system", "--output", str(tmp_path / "out")]) == 0
    assert {"usr/bin/a", "usr/bin/b"} <= set(read_tree(tmp_path / "out"))


def test_control_scripts_are_data() -> None:
    """Maintainer scripts are read, never run, and never in the tree."""
    content = deb({"usr/share/x": b"x"})
    assert "postinst" in DebFile.parse(content, "x").control_files()
    assert not any("postinst" in path for path in unpack(content, EVERYTHING))
