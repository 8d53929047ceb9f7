"""Image layers: one per distribution, one for the common library, one for each agent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Iterable

from fleet_build.pinned_python import PinnedPython
from oci.layer import Layer, LayerDescription
from pants.engine.fs import AddPrefix, Digest, DigestContents, DigestEntries, DigestSubset
from pants.engine.fs import FileDigest, FileEntry, PathGlobs
from pants.engine.process import Process, ProcessResult
from pants.engine.rules import Get, MultiGet, collect_rules, rule

CODE_ROOT = "app"
BLOB = "layer.tar.gz"
DESCRIPTION = "layer.json"


@dataclass(frozen=True)
class LayerRequest:
    """Ask for a layer: a tree, where it goes in the image, and what to call it.

    `directories` are extra empty ones, each as `path=mode:uid`.
    """

    contents: str
    tree: Digest
    prefix: str = CODE_ROOT
    directories: tuple[str, ...] = ()


@dataclass(frozen=True)
class BuiltLayer:
    """A layer and where its blob is stored."""

    layer: Layer
    blob: FileDigest


def layer_process(request: LayerRequest, python: PinnedPython) -> Process:
    """Plan the run that writes one layer, bytecode included."""
    directories = (item for path in request.directories for item in ("--directory", path))
    return python.process(
        "oci/write_layer.py",
        (
            *("--root", "root", "--prefix", request.prefix, "--compile"),
            *("--contents", request.contents, *directories),
            *("--output", BLOB, "--description", DESCRIPTION),
        ),
        description=f"Write the layer of {request.contents}",
        inputs=request.tree,
        output_files=(BLOB, DESCRIPTION),
    )


@rule
async def build_layer(request: LayerRequest, python: PinnedPython) -> BuiltLayer:
    """Write one layer in a sandbox."""
    tree = await Get(Digest, AddPrefix(request.tree, "root"))
    process = layer_process(replace(request, tree=tree), python)
    result = await Get(ProcessResult, Process, process)
    entries, description = await MultiGet(
        Get(DigestEntries, DigestSubset(result.output_digest, PathGlobs([BLOB]))),
        Get(DigestContents, DigestSubset(result.output_digest, PathGlobs([DESCRIPTION]))),
    )
    blob = entries[0]
    if not isinstance(blob, FileEntry):
        raise TypeError(f"{request.contents}: expected a file {BLOB}, found {blob}")
    layer = LayerDescription.parse(description[0].content).layer
    return BuiltLayer(layer, blob.file_digest)


def rules() -> Iterable[Any]:
    """Give what register.py registers."""
    return collect_rules()
