"""Debian packages by hash: their lockfiles, and the files that an image keeps of one."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.fs import (
    Digest,
    DigestContents,
    GlobMatchErrorBehavior,
    MergeDigests,
    PathGlobs,
    RemovePrefix,
)
from pants.engine.process import Process, ProcessResult
from pants.engine.rules import Get, collect_rules, rule

from debian.lock import Lock, Package
from fleet_build.pinned_python import OCI_MODULES
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
    "system_trees",
    "unpack",
)


# They copy bytes and never compress any, so that it does not matter which Python runs them: it is
# the one that runs Pants.
DEBIAN_SCRIPTS = ScriptsRequest(
    (("debian", DEBIAN_MODULES), ("download", DOWNLOAD_MODULES), ("oci", OCI_MODULES))
)


@dataclass(frozen=True)
class DebianLockRequest:
    """Ask for a lockfile of Debian packages; `origin` is the option that names it."""

    path: str
    origin: str


@dataclass(frozen=True)
class UnpackRequest:
    """Ask for the files of one Debian package that a selection keeps."""

    package: Package
    selection: str


@dataclass(frozen=True)
class UnpackedPackage:
    """The files of one Debian package that an image keeps."""

    digest: Digest


@rule
async def read_debian_lock(request: DebianLockRequest) -> Lock:
    """Read a lockfile; errors name its line."""
    locks = await Get(
        DigestContents,
        PathGlobs(
            [request.path],
            glob_match_error_behavior=GlobMatchErrorBehavior.error,
            description_of_origin=request.origin,
        ),
    )
    return Lock.parse(locks[0].content.decode(), request.path)


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
            (
                *(sys.executable, "debian/unpack.py", "--deb", package.file_name),
                *("--selection", request.selection, "--output", "tree"),
            ),
            description=f"Unpack {package.name}",
            input_digest=await Get(Digest, MergeDigests((scripts.digest, fetched.output_digest))),
            output_directories=("tree",),
        ),
    )
    return UnpackedPackage(await Get(Digest, RemovePrefix(unpacked.output_digest, "tree")))


def rules() -> Iterable[Any]:
    """Give what register.py registers."""
    return collect_rules()
