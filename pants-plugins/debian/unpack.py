"""Turn one .deb into the part of an image that it stands for. No maintainer script ever runs."""

from __future__ import annotations

import argparse
import os
import posixpath
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

if not __package__:
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from debian.archive import DebFile, DebMember
from debian.errors import DebianError
from debian.selection import SELECTIONS, Selection
from oci.errors import OciError
from oci.tree import Entry, FileEntry, SymlinkEntry, Tree, write_tree

# Debian 12 merges /usr: its packages still name the old folders, its images link them.
MERGED_FOLDERS = ("bin", "lib", "lib32", "lib64", "libx32", "sbin")
STATUS = "var/lib/dpkg/status.d"


def merged_path(path: str) -> str:
    """Return where a path lies once /usr is merged."""
    return f"usr/{path}" if path.split("/")[0] in MERGED_FOLDERS else path


def relative_target(path: str, target: str) -> str:
    """Return a link's target relative to the link, so that a tree is whole in any folder."""
    if not target.startswith("/"):
        absolute = posixpath.normpath(posixpath.join("/", posixpath.dirname(path), target))
    else:
        absolute = posixpath.normpath(target)
    merged = "/" + merged_path(absolute.lstrip("/"))
    return posixpath.relpath(merged, "/" + posixpath.dirname(merged_path(path)))


def _entry(member: DebMember) -> Entry:
    if member.target:
        return SymlinkEntry(relative_target(member.path, member.target))
    return FileEntry(member.content, member.executable)


def unpack(content: bytes, selection: Selection, name: str = ".deb") -> Tree:
    """Return the selected files of a package and the record that scanners look for."""
    deb = DebFile.parse(content, name)
    tree: Tree = {}
    for member in deb.members():
        path = merged_path(member.path)
        if selection.accepts(path):
            tree[path] = _entry(member)
    tree.update(_status(deb.control_files(), frozenset(tree), name))
    return tree


def _status(files: dict[str, bytes], kept: Collection[str], name: str) -> Tree:
    """Record the package as distroless images do: one file each instead of dpkg's database."""
    control = files.get("control", b"").decode("utf-8").strip("\n").splitlines()
    if not control or not control[0].startswith("Package: "):
        raise DebianError(f"{name}: control must begin with Package, was {control[:1]}")
    package = control[0].partition(":")[2].strip()
    paragraph = [control[0], "Status: install ok installed", *control[1:], ""]
    sums = _kept_sums(files.get("md5sums", b"").decode("utf-8"), kept)
    tree: Tree = {f"{STATUS}/{package}": FileEntry("\n".join(paragraph).encode("utf-8"))}
    if sums:
        tree[f"{STATUS}/{package}.md5sums"] = FileEntry(sums.encode("utf-8"))
    return tree


def _kept_sums(text: str, kept: Collection[str]) -> str:
    sums = (line.split(None, 1) for line in text.splitlines() if line.strip())
    return "".join(
        f"{digest}  {merged_path(path)}\n" for digest, path in sums if merged_path(path) in kept
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Unpack packages into one folder."""
    parser = argparse.ArgumentParser(prog="unpack", allow_abbrev=False)
    parser.add_argument("--deb", action="append", type=Path, required=True, metavar="FILE")
    parser.add_argument("--selection", choices=sorted(SELECTIONS), default="base")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    options = parser.parse_args(arguments)
    try:
        for path in options.deb:
            tree = unpack(path.read_bytes(), SELECTIONS[options.selection], path.name)
            write_tree(tree, options.output)
    except (DebianError, OciError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
