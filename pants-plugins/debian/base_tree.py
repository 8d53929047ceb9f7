"""Merge unpacked packages into the root of an image, adding what maintainer scripts would write.

Every byte follows from the packages and from this file; nothing is read from the machine.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

if not __package__:
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from debian.elf import missing_libraries
from debian.errors import BaseError, DebianError
from debian.unpack import MERGED_FOLDERS
from oci.errors import OciError
from oci.tree import FileEntry, SymlinkEntry, Tree, merge_trees, read_tree, write_tree

NONROOT = 65532
_CERTIFICATES = "usr/share/ca-certificates/mozilla/"
_BUNDLE = "etc/ssl/certs/ca-certificates.crt"

# Folders that hold nothing and so cannot travel in a tree: arguments of oci.write_layer.
LAYER_DIRECTORIES = (
    "app=755",
    "dev=755",
    "home/nonroot=700:65532",
    "proc=755",
    "root=700",
    "run=755",
    "sys=755",
    "tmp=1777",
    "var/lib/agent=755:65532",
    "var/tmp=1777",
)

_PASSWD = """\
root:x:0:0:root:/root:/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin
nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin
"""
_GROUP = """\
root:x:0:
tty:x:5:
nogroup:x:65534:
nonroot:x:65532:
"""
_NAME_SERVICES = """\
passwd: files
group: files
hosts: files dns
networks: files
protocols: files
services: files
"""


def base_files(packages: Tree) -> Tree:
    """Return the files and links that no package ships."""
    files: Tree = {
        "etc/passwd": FileEntry(_PASSWD.encode("ascii")),
        "etc/group": FileEntry(_GROUP.encode("ascii")),
        "etc/nsswitch.conf": FileEntry(_NAME_SERVICES.encode("ascii")),
        "usr/lib/ssl/certs": SymlinkEntry("../../../etc/ssl/certs"),
        "usr/lib/ssl/cert.pem": SymlinkEntry(f"../../../{_BUNDLE}"),
    }
    bundle = certificate_bundle(packages)
    if bundle:
        files[_BUNDLE] = FileEntry(bundle)
    for folder in MERGED_FOLDERS:
        if any(path.startswith(f"usr/{folder}/") for path in (*packages, *files)):
            files[folder] = SymlinkEntry(f"usr/{folder}")
    return files


def certificate_bundle(packages: Tree) -> bytes:
    """Concatenate the certificates, sorted by name, as update-ca-certificates would."""
    certificates = sorted(path for path in packages if path.startswith(_CERTIFICATES))
    return b"".join(_certificate(packages, path) for path in certificates)


def _certificate(packages: Tree, path: str) -> bytes:
    entry = packages[path]
    return entry.read().rstrip(b"\n") + b"\n" if isinstance(entry, FileEntry) else b""


def base_tree(packages: Iterable[tuple[str, Tree]]) -> Tree:
    """Merge unpacked packages; every library that a file needs must be among them."""
    merged = merge_trees(packages)
    missing = sorted(missing_libraries(merged))
    if missing:
        lines = "".join(f"\n  {item}" for item in missing)
        raise BaseError(
            f"base: must hold every library that its files need, lacks:{lines}",
            hint="add the package to 3rdparty/debian/base.txt and run: make lock",
        )
    return merge_trees((("packages", merged), ("base files", base_files(merged))))


def main(arguments: Sequence[str] | None = None) -> int:
    """Merge the folders of unpacked packages into the folder of the base."""
    parser = argparse.ArgumentParser(prog="base_tree", allow_abbrev=False)
    parser.add_argument("--tree", action="append", type=Path, required=True, metavar="DIR")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    options = parser.parse_args(arguments)
    try:
        trees = [(path.name, read_tree(path)) for path in options.tree]
        write_tree(base_tree(trees), options.output)
    except (DebianError, OciError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
