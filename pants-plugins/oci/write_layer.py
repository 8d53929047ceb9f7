"""Write layers from folders: the script that the sandboxes run.

It runs as a file, as in `python3.11 -E -s -S .../oci/write_layer.py`, and as `oci.write_layer`.
One run may write many layers: `--jobs jobs.json`. Only argument handling belongs here.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if not __package__:
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from oci.bytecode import add_bytecode
from oci.encode import EncodeRequest, encode_layer
from oci.errors import LayerError, OciError
from oci.layer import LayerDescription
from oci.tree import DirectoryEntry, Tree, merge_trees, move_tree, read_tree, write_tree


@dataclass(frozen=True)
class LayerJob:
    """State one layer: which folders, where they go in the image, and where the results go."""

    roots: tuple[Path, ...]
    output: Path
    description: Path
    strip_prefix: str = ""
    prefix: str = ""
    compile: bool = False
    contents: tuple[str, ...] = ()
    owners: tuple[tuple[str, int], ...] = ()
    directories: tuple[tuple[str, DirectoryEntry], ...] = ()
    tree: Path | None = None

    @classmethod
    def parse(cls, document: Mapping[str, Any], where: str) -> LayerJob:
        """Read a job: the same names as the options, `root` may be one folder or a list."""
        unknown = sorted(set(document) - _JOB_KEYS)
        missing = sorted({"root", "output", "description"} - set(document))
        if unknown or missing:
            raise LayerError(
                f"{where}: must have the keys root, output and description, "
                f"is missing {missing}, has unknown {unknown}"
            )
        root = document["root"]
        roots = (root,) if isinstance(root, str) else tuple(root)
        return cls(
            roots=tuple(Path(item) for item in roots),
            output=Path(document["output"]),
            description=Path(document["description"]),
            strip_prefix=document.get("strip_prefix", ""),
            prefix=document.get("prefix", ""),
            compile=bool(document.get("compile", False)),
            contents=tuple(document.get("contents", ())),
            owners=tuple(_owner(item) for item in document.get("owner", ())),
            directories=tuple(_directory(item) for item in document.get("directory", ())),
            tree=Path(document["tree"]) if document.get("tree") else None,
        )


_JOB_KEYS = frozenset(
    {"root", "output", "description", "strip_prefix", "prefix", "compile", "contents"}
    | {"owner", "directory", "tree"}
)


def _owner(text: str) -> tuple[str, int]:
    path, separator, user = text.rpartition("=")
    if not separator or not user.isdigit():
        raise LayerError(f"owner: must be PATH=UID such as var/lib/agent=65532, was {text!r}")
    return path.strip("/"), int(user)


def _directory(text: str) -> tuple[str, DirectoryEntry]:
    path, _, rest = text.partition("=")
    mode, _, owner = rest.partition(":")
    try:
        entry = DirectoryEntry(int(mode or "755", 8), int(owner or "0"))
    except ValueError as error:
        raise LayerError(
            f"directory: must be PATH[=MODE[:UID]] such as tmp=1777, was {text!r}"
        ) from error
    return path.strip("/"), entry


def layer_tree(job: LayerJob) -> Tree:
    """Collect what the layer will hold, at the paths of the image."""
    merged = merge_trees((str(root), read_tree(root)) for root in job.roots)
    tree = move_tree(merged, job.strip_prefix, job.prefix)
    if job.compile:
        tree = add_bytecode(tree)
    tree.update(job.directories)
    return tree


def write_layer(job: LayerJob) -> LayerDescription:
    """Write the layer and its description."""
    tree = layer_tree(job)
    owners = dict(job.owners)
    strangers = sorted(set(owners) - set(tree))
    if strangers:
        raise LayerError(f"owner: must name a path of the layer, {strangers[0]!r} is not in it")
    request = EncodeRequest(tree, owners, job.contents)
    for path in (job.output, job.description):
        path.parent.mkdir(parents=True, exist_ok=True)
    with job.output.open("wb") as output:
        description = encode_layer(request, output)
    job.description.write_bytes(description.to_json())
    if job.tree is not None:
        write_tree(tree, job.tree)
    return description


def read_jobs(path: Path) -> tuple[LayerJob, ...]:
    """Read a JSON list of jobs."""
    try:
        documents = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise LayerError(f"{path}: must be a JSON list of jobs, found {error}") from error
    return tuple(
        LayerJob.parse(document, f"{path}[{number}]") for number, document in enumerate(documents)
    )


def parse_arguments(arguments: Sequence[str] | None) -> tuple[LayerJob, ...]:
    """Read the command line: either --jobs, or one job spelled out."""
    parser = argparse.ArgumentParser(prog="write_layer", allow_abbrev=False)
    parser.add_argument("--jobs", type=Path, metavar="FILE")
    parser.add_argument("--root", action="append", metavar="DIR")
    parser.add_argument("--strip-prefix", default="", metavar="PATH")
    parser.add_argument("--prefix", default="", metavar="PATH", help="folder in the image")
    parser.add_argument("--compile", action="store_true", help="add bytecode")
    parser.add_argument("--contents", action="append", default=[], metavar="NAME")
    parser.add_argument("--owner", action="append", default=[], metavar="PATH=UID")
    parser.add_argument("--directory", action="append", default=[], metavar="PATH=MODE:UID")
    parser.add_argument("--tree", metavar="DIR", help="write the layer's tree here, too")
    parser.add_argument("--output", metavar="FILE")
    parser.add_argument("--description", metavar="FILE")
    options = vars(parser.parse_args(arguments))
    jobs = options.pop("jobs")
    if jobs is not None:
        return read_jobs(jobs)
    given = {key: value for key, value in options.items() if value is not None}
    return (LayerJob.parse(given, "command line"),)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write every layer that was asked for."""
    try:
        for job in parse_arguments(arguments):
            write_layer(job)
    except (OciError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
