"""The Debian packages that an agent asks for beside the base: one layer each."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.engine.fs import AddPrefix, Digest, MergeDigests
from pants.engine.process import Process, ProcessResult
from pants.engine.rules import Get, MultiGet, collect_rules, rule

from debian.lock import Lock, Package
from fleet_build.base_image import BaseTree
from fleet_build.debian_packages import (
    DEBIAN_SCRIPTS,
    DebianLockRequest,
    UnpackedPackage,
    UnpackRequest,
)
from fleet_build.fleet import AgentSpec
from fleet_build.layers import BuiltLayer, LayerRequest
from fleet_build.sandbox_scripts import Scripts, ScriptsRequest
from fleet_build.subsystems import Debian


@dataclass(frozen=True)
class SystemLayersRequest:
    """Ask for the layers of an agent's system packages."""

    agent: AgentSpec


@dataclass(frozen=True)
class SystemLayers:
    """A layer for each package, in the order of their names."""

    layers: tuple[BuiltLayer, ...]


async def _check(
    agent: AgentSpec,
    base: BaseTree,
    packages: Iterable[Package],
    trees: Iterable[UnpackedPackage],
) -> None:
    scripts = await Get(Scripts, ScriptsRequest, DEBIAN_SCRIPTS)
    named = {"base": base.digest}
    named.update((package.name, tree.digest) for package, tree in zip(packages, trees))
    folders = await MultiGet(Get(Digest, AddPrefix(tree, name)) for name, tree in named.items())
    arguments = (item for name in named for item in ("--tree", name))
    await Get(
        ProcessResult,
        Process(
            (sys.executable, "debian/system_trees.py", "--agent", agent.address, *arguments),
            description=f"Check the system packages of {agent.slug}",
            input_digest=await Get(Digest, MergeDigests((scripts.digest, *folders))),
        ),
    )


@rule
async def build_system_layers(
    request: SystemLayersRequest, base: BaseTree, debian: Debian
) -> SystemLayers:
    """Unpack an agent's packages, check them against the base, and write their layers."""
    agent = request.agent
    if not agent.system_packages:
        return SystemLayers(())
    lock = await Get(Lock, DebianLockRequest(debian.system_lock, "[debian].system_lock"))
    packages = [one for one in lock.packages if one.name in agent.system_packages]
    trees = await MultiGet(
        Get(UnpackedPackage, UnpackRequest(package, "system")) for package in packages
    )
    await _check(agent, base, packages, trees)
    return SystemLayers(
        await MultiGet(
            Get(BuiltLayer, LayerRequest(f"{package.name} {package.version}", tree.digest, ""))
            for package, tree in zip(packages, trees)
        )
    )


def rules() -> Iterable[Any]:
    """Give what register.py registers."""
    return collect_rules()
