"""The runtime base: Debian packages by hash, unpacked into one tree, which is one layer."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.engine.fs import (
    AddPrefix,
    Digest,
    DigestSubset,
    MergeDigests,
    PathGlobs,
    RemovePrefix,
)
from pants.engine.process import Process, ProcessResult
from pants.engine.rules import Get, MultiGet, collect_rules, rule

from debian.base_tree import LAYER_DIRECTORIES
from debian.lock import Lock
from fleet_build.debian_packages import (
    DEBIAN_SCRIPTS,
    DebianLockRequest,
    UnpackedPackage,
    UnpackRequest,
)
from fleet_build.layers import BuiltLayer, LayerOutput, LayerRequest, layer_process
from fleet_build.pinned_python import SCRIPTS, PinnedPython
from fleet_build.sandbox_scripts import Scripts, ScriptsRequest
from fleet_build.subsystems import Debian


@dataclass(frozen=True)
class BaseTree:
    """The unpacked files of the runtime base."""

    digest: Digest


@dataclass(frozen=True)
class BaseImage:
    """The lowest layer of every image, and its files with their bytecode."""

    layer: BuiltLayer
    compiled: Digest


@rule(desc="Put the runtime base together")
async def build_tree(debian: Debian) -> BaseTree:
    """Unpack all locked packages and add what their install scripts would have written."""
    scripts = await Get(Scripts, ScriptsRequest, DEBIAN_SCRIPTS)
    lock = await Get(Lock, DebianLockRequest(debian.lock, "[debian].lock"))
    packages = await MultiGet(
        Get(UnpackedPackage, UnpackRequest(package, "base")) for package in lock.packages
    )
    trees = await MultiGet(
        Get(Digest, AddPrefix(unpacked.digest, package.name))
        for package, unpacked in zip(lock.packages, packages)
    )
    result = await Get(
        ProcessResult,
        Process(
            (
                *(sys.executable, "debian/base_tree.py", "--output", "tree"),
                *(item for package in lock.packages for item in ("--tree", package.name)),
            ),
            description="Merge the packages of the runtime base",
            input_digest=await Get(Digest, MergeDigests((scripts.digest, *trees))),
            output_directories=("tree",),
        ),
    )
    return BaseTree(await Get(Digest, RemovePrefix(result.output_digest, "tree")))


@rule
async def build_base(base: BaseTree) -> BaseImage:
    """Write the base as one layer: all images share it, so that there is nothing to split.

    The base's own Python writes it, so this is the one layer that needs no other.
    """
    tools = await Get(Scripts, ScriptsRequest, SCRIPTS)
    result = await Get(
        ProcessResult,
        Process,
        layer_process(
            LayerRequest("base", base.digest, "", LAYER_DIRECTORIES),
            await Get(Digest, AddPrefix(base.digest, "root")),
            PinnedPython(base.digest, tools.digest),
            compiled="compiled",
        ),
    )
    layer, compiled = await MultiGet(
        Get(BuiltLayer, LayerOutput(result.output_digest)),
        Get(Digest, DigestSubset(result.output_digest, PathGlobs(["compiled/**"]))),
    )
    return BaseImage(layer, await Get(Digest, RemovePrefix(compiled, "compiled")))


@rule
async def pinned_python(base: BaseImage) -> PinnedPython:
    """Run the base's own interpreter with its bytecode: it starts four times as fast."""
    tools = await Get(Scripts, ScriptsRequest, SCRIPTS)
    return PinnedPython(base.compiled, tools.digest)


def rules() -> Iterable[Any]:
    """Give what register.py registers."""
    return collect_rules()
