"""Check that the packages which an agent asks for run on the base: every library is there."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

if not __package__:
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from debian.elf import MissingLibrary, missing_libraries
from debian.errors import BaseError, DebianError
from oci.errors import OciError
from oci.tree import Tree, merge_trees, read_tree


def check_libraries(trees: Iterable[tuple[str, Tree]], agent: str) -> None:
    """Raise BaseError when a file of some tree needs a library that no tree has."""
    missing: list[MissingLibrary] = sorted(missing_libraries(merge_trees(trees)))
    if missing:
        lines = "".join(f"\n  {item}" for item in missing)
        raise BaseError(
            f"{agent}: system_packages: must hold every library that their files need, "
            f"lacks:{lines}",
            hint="add the packages that have them to system_packages and to "
            "3rdparty/debian/system.txt, then: make lock",
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the folders of unpacked packages, the base among them."""
    parser = argparse.ArgumentParser(prog="system_trees", allow_abbrev=False)
    parser.add_argument("--agent", required=True, metavar="ADDRESS")
    parser.add_argument("--tree", action="append", type=Path, required=True, metavar="DIR")
    options = parser.parse_args(arguments)
    try:
        check_libraries([(path.name, read_tree(path)) for path in options.tree], options.agent)
    except (DebianError, OciError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
