"""The runtime base: Debian packages by hash, unpacked into one tree, which is one layer."""

from __future__ import annotations

import pkgutil
import sys
from dataclasses import dataclass
from typing import Any, Iterable

from debian.lock import Lock, Package
from fleet_build.layers import BuiltLayer, LayerRequest
from fleet_build.pinned_python import PinnedPython, Tools
from fleet_build.subsystems import Debian
from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.fs import (
    CreateDigest,
    Digest,
    DigestContents,
    FileContent,
    GlobMatchErrorBehavior,
    MergeDigests,
    PathGlobs,
    RemovePrefix,
)
from pants.engine.process import Process, ProcessResult
from pants.engine.rules import Get, MultiGet, collect_rules, rule

SCRIPTS = ("__init__", "base_tree", "deb", "errors", "fetch", "lock", "unpack")
# What a download may need from the machine: its proxy and its certificates.
NETWORK_VARS = ("SSL_CERT_FILE", "SSL_CERT_DIR", "http_proxy", "https_proxy", "no_proxy")


@dataclass(frozen=True)
class DebianScripts:
    """The scripts that fetch and unpack; they run on the Python that runs Pants.

    They copy bytes and never compress any, so that it does not matter which Python that is.
    """

    digest: Digest


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
    """The lowest layer of every image."""

    layer: BuiltLayer


@rule
async def collect_debian_scripts() -> DebianScripts:
    """Take the scripts from the plugin itself, wherever it is installed."""
    files = [
        FileContent(f"debian/{name}.py", pkgutil.get_data("debian", f"{name}.py") or b"")
        for name in SCRIPTS
    ]
    return DebianScripts(await Get(Digest, CreateDigest(files)))


@rule
async def unpack_package(
    request: UnpackRequest, scripts: DebianScripts, debian: Debian
) -> UnpackedPackage:
    """Fetch one package by its hash, and unpack what an image needs of it."""
    package = request.package
    env_vars = await Get(EnvironmentVars, EnvironmentVarsRequest(NETWORK_VARS))
    mirrors = (item for mirror in debian.mirrors for item in ("--mirror", mirror))
    fetched = await Get(
        ProcessResult,
        Process(
            (sys.executable, "debian/fetch.py", "--package-json", package.to_json())
            + ("--output", package.file_name, *mirrors),
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
async def build_tree(scripts: DebianScripts, debian: Debian) -> BaseTree:
    """Unpack all locked packages and add what their install scripts would have written."""
    locks = await Get(
        DigestContents,
        PathGlobs(
            [debian.lock],
            glob_match_error_behavior=GlobMatchErrorBehavior.error,
            description_of_origin="[debian].lock",
        ),
    )
    lock = Lock.parse(locks[0].content.decode(), debian.lock)
    import os
    from pants.engine.fs import SymlinkEntry
    es=[]
    for d,_,fs in os.walk("/tmp/base"):
        for f in fs:
            q=os.path.join(d,f); rel=os.path.relpath(q,"/tmp/base")
            if os.path.islink(q): es.append(SymlinkEntry(rel, os.readlink(q)))
            else: es.append(FileContent(rel, open(q,"rb").read(), is_executable=os.access(q,os.X_OK) and bool(os.stat(q).st_mode&0o100)))
    return BaseTree(await Get(Digest, CreateDigest(es)))


@rule
async def pinned_python(base: BaseTree, tools: Tools) -> PinnedPython:
    """Run the base's own interpreter."""
    return PinnedPython(base.digest, tools.digest)


@rule
async def build_base(base: BaseTree) -> BaseImage:
    """Write the base as one layer: all images share it, so that there is nothing to split."""
    layer = await Get(BuiltLayer, LayerRequest("base", base.digest, prefix=""))
    return BaseImage(layer)


def rules() -> Iterable[Any]:
    """Give what register.py registers."""
    return collect_rules()
