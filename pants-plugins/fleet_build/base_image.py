"""The runtime base: Debian packages by hash, unpacked into one tree, which is one layer."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.fs import (
    AddPrefix,
    Digest,
    DigestContents,
    DigestSubset,
    GlobMatchErrorBehavior,
    MergeDigests,
    PathGlobs,
    RemovePrefix,
)
from pants.engine.process import Process, ProcessResult
from pants.engine.rules import Get, MultiGet, collect_rules, rule

from debian.base_tree import LAYER_DIRECTORIES
from debian.lock import Lock, Package
from fleet_build.layers import BuiltLayer, LayerOutput, LayerRequest, layer_process
from fleet_build.pinned_python import OCI_MODULES, SCRIPTS, PinnedPython
from fleet_build.sandbox_scripts import DOWNLOAD_MODULES, Scripts, ScriptsRequest
from fleet_build.subsystems import NETWORK_VARS, Debian

DEBIAN_MODULES = (
    "__init__",
    "archive",
    "base_tree",
    "elf",
    "errors",
    "fetch",
    "lock",
    "selection",
    "unpack",
)


# They copy bytes and never compress any, so that it does not matter which Python runs them: it is
# the one that runs Pants.
DEBIAN_SCRIPTS = ScriptsRequest(
    (("debian", DEBIAN_MODULES), ("download", DOWNLOAD_MODULES), ("oci", OCI_MODULES))
)


@dataclass(frozen=True)
class UnpackRequest:
    """Ask for the files of one Debian package."""

    package: Package


@dataclass(frozen=True)
class UnpackedPackage:
    """The files of one Debian package that an image keeps."""

    digest: Digest


@dataclass(frozen=True)
class BaseTree:
    """The unpacked files of the runtime base."""

    digest: Digest


@dataclass(frozen=True)
class BaseImage:
    """The lowest layer of every image, and its files with their bytecode."""

    layer: BuiltLayer
    compiled: Digest


@rule
async def unpack_package(request: UnpackRequest, debian: Debian) -> UnpackedPackage:
    """Fetch one package by its hash, and unpack what an image needs of it."""
    package = request.package
    scripts = await Get(Scripts, ScriptsRequest, DEBIAN_SCRIPTS)
    env_vars = await Get(EnvironmentVars, EnvironmentVarsRequest(NETWORK_VARS))
    mirrors = (item for mirror in debian.mirrors for item in ("--mirror", mirror))
    fetched = await Get(
        ProcessResult,
        Process(
            (
                *(sys.executable, "debian/fetch.py", "--package-json", package.to_json()),
                *("--output", package.file_name, *mirrors),
            ),
            description=f"Fetch {package.name} {package.version}",
            input_digest=scripts.digest,
            output_files=(package.file_name,),
            env=env_vars,
        ),
    )
    unpacked = await Get(
        ProcessResult,
        Process(
            (sys.executable, "debian/unpack.py", "--deb", package.file_name, "--output", "tree"),
            description=f"Unpack {package.name}",
            input_digest=await Get(Digest, MergeDigests((scripts.digest, fetched.output_digest))),
            output_directories=("tree",),
        ),
    )
    return UnpackedPackage(await Get(Digest, RemovePrefix(unpacked.output_digest, "tree")))


@rule(desc="Put the runtime base together")
async def build_tree(debian: Debian) -> BaseTree:
    """Unpack all locked packages and add what their install scripts would have written."""
    scripts = await Get(Scripts, ScriptsRequest, DEBIAN_SCRIPTS)
    locks = await Get(
        DigestContents,
        PathGlobs(
            [debian.lock],
            glob_match_error_behavior=GlobMatchErrorBehavior.error,
            description_of_origin="[debian].lock",
        ),
    )
    lock = Lock.parse(locks[0].content.decode(), debian.lock)
    packages = await MultiGet(
        Get(UnpackedPackage, UnpackRequest(package)) for package in lock.packages
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
