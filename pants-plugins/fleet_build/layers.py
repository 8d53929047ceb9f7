"""Image layers: one per distribution, one for the common library, one for each agent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.engine.fs import (
    AddPrefix,
    Digest,
    DigestContents,
    DigestEntries,
    DigestSubset,
    FileDigest,
    FileEntry,
    PathGlobs,
)
from pants.engine.process import Process, ProcessResult
from pants.engine.rules import Get, MultiGet, collect_rules, rule

from fleet_build.pinned_python import PinnedPython
from oci.layer import Layer, LayerDescription

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


@dataclass(frozen=True)
class LayerOutput:
    """What a run of the layer script left."""

    digest: Digest


def layer_process(
    request: LayerRequest, tree: Digest, python: PinnedPython, compiled: str | None = None
) -> Process:
    """Plan the run that writes one layer, bytecode included.

    `tree` is the request's tree below `root`; `compiled` names a folder to write it to, with its
    bytecode.
    """
    directories = (item for path in request.directories for item in ("--directory", path))
    return python.process(
        "oci/write_layer.py",
        (
            *("--root", "root", "--prefix", request.prefix, "--compile"),
            *("--contents", request.contents, *directories),
            *("--output", BLOB, "--description", DESCRIPTION),
            *(("--tree", compiled) if compiled else ()),
        ),
        description=f"Write the layer of {request.contents}",
        inputs=tree,
        output_files=(BLOB, DESCRIPTION),
        output_directories=(compiled,) if compiled else (),
    )


@rule
async def read_layer(output: LayerOutput) -> BuiltLayer:
    """Find the blob and its description in what a run left."""
    entries, description = await MultiGet(
        Get(DigestEntries, DigestSubset(output.digest, PathGlobs([BLOB]))),
        Get(DigestContents, DigestSubset(output.digest, PathGlobs([DESCRIPTION]))),
    )
    blob = entries[0]
    if not isinstance(blob, FileEntry):
        raise TypeError(f"expected a file {BLOB}, found {blob}")
    return BuiltLayer(LayerDescription.parse(description[0].content).layer, blob.file_digest)


@rule
async def build_layer(request: LayerRequest, python: PinnedPython) -> BuiltLayer:
    """Write one layer in a sandbox."""
    tree = await Get(Digest, AddPrefix(request.tree, "root"))
    result = await Get(ProcessResult, Process, layer_process(request, tree, python))
    return await Get(BuiltLayer, LayerOutput(result.output_digest))


def rules() -> Iterable[Any]:
    """Give what register.py registers."""
    return collect_rules()
