"""Third-party distributions: the lockfile, installed once and taken apart wheel by wheel."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import PurePath
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from pants.backend.python.target_types import PexLayout
from pants.backend.python.util_rules.pex import CompletePlatforms, Pex, PexRequest
from pants.backend.python.util_rules.pex_requirements import EntireLockfile, Lockfile
from pants.engine.fs import (
    Digest,
    DigestContents,
    DigestSubset,
    PathGlobs,
    RemovePrefix,
    Snapshot,
)
from pants.engine.rules import Get, MultiGet, collect_rules, rule
from pants.util.frozendict import FrozenDict

from fleet_build.subsystems import AgentBuild

PEX_NAME = "wheels"


class ThirdPartyError(Exception):
    """An agent needs a distribution that the lockfile lacks."""


@dataclass(frozen=True)
class Wheel:
    """One installed distribution of the resolve."""

    filename: str
    name: str
    version: str
    fingerprint: str
    requires: tuple[str, ...]
    digest: Digest

    @property
    def pin(self) -> str:
        """The requirement that selects exactly this distribution."""
        return f"{self.name}=={self.version}"


@dataclass(frozen=True)
class WheelHouse:
    """Every distribution of the lockfile for the images' Python, and PEX's own runtime."""

    wheels: FrozenDict[str, Wheel]
    bootstrap: Digest
    pex_info: str

    def closure(self, names: Iterable[str]) -> tuple[Wheel, ...]:
        """Give the named distributions and all that they require, sorted by name.

        Raises
        ------
            ThirdPartyError: when one of them is not in the lockfile.
        """
        needed: dict[str, Wheel] = {}
        todo = sorted({str(canonicalize_name(name)) for name in names})
        while todo:
            name = todo.pop()
            if name in needed:
                continue
            if name not in self.wheels:
                raise ThirdPartyError(
                    f"3rdparty/python: expected {name} in the lockfile of the images, found none"
                    f"\n\nhint: echo {name} >>3rdparty/python/images.in && make lock"
                )
            needed[name] = self.wheels[name]
            todo.extend(needed[name].requires)
        return tuple(needed[name] for name in sorted(needed))


def required_names(metadata: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Read the names that a wheel's METADATA requires without extras on a platform."""
    requirements = (
        Requirement(text)
        for text in HeaderParser().parsestr(metadata).get_all("Requires-Dist") or ()
    )
    return tuple(
        sorted(
            {
                str(canonicalize_name(requirement.name))
                for requirement in requirements
                if not requirement.marker
                or requirement.marker.evaluate({**environment, "extra": ""})
            }
        )
    )


async def _split(pex: Pex, environment: Mapping[str, str]) -> WheelHouse:
    tree, info, metadata, bootstrap = await MultiGet(
        Get(Digest, RemovePrefix(pex.digest, PEX_NAME)),
        Get(DigestContents, DigestSubset(pex.digest, PathGlobs([f"{PEX_NAME}/PEX-INFO"]))),
        Get(
            DigestContents,
            DigestSubset(pex.digest, PathGlobs([f"{PEX_NAME}/.deps/*/*.dist-info/METADATA"])),
        ),
        Get(
            Digest,
            DigestSubset(
                pex.digest,
                PathGlobs(
                    [f"{PEX_NAME}/{part}" for part in (".bootstrap/**", "__*__*", "__*__/**")]
                ),
            ),
        ),
    )
    pex_info = json.loads(info[0].content)
    requires = {
        PurePath(file.path).parts[2]: required_names(file.content.decode(), environment)
        for file in metadata
    }
    filenames = sorted(requires)
    digests = await MultiGet(
        Get(Digest, DigestSubset(tree, PathGlobs([f".deps/{filename}/**"])))
        for filename in filenames
    )
    contents = await MultiGet(
        Get(Digest, RemovePrefix(digest, f".deps/{filename}"))
        for filename, digest in zip(filenames, digests)
    )
    wheels = {}
    for filename, digest in zip(filenames, contents):
        name, version, _, _ = parse_wheel_filename(filename)
        fingerprint = pex_info["distributions"][filename]
        wheels[str(name)] = Wheel(
            filename, str(name), str(version), fingerprint, requires[filename], digest
        )
    return WheelHouse(
        FrozenDict(wheels),
        await Get(Digest, RemovePrefix(bootstrap, PEX_NAME)),
        json.dumps(pex_info, sort_keys=True),
    )


@rule(desc="Install the third-party distributions of the images")
async def install_wheels(agent_build: AgentBuild) -> WheelHouse:
    """Install the lockfile for the images' Python, and split the result by wheel."""
    platform = await Get(Snapshot, PathGlobs([agent_build.complete_platform]))
    platform_contents = await Get(DigestContents, Digest, platform.digest)
    lockfile = Lockfile(agent_build.lock, "[agent-build].lock", agent_build.resolve)
    pex = await Get(
        Pex,
        PexRequest(
            output_filename=PEX_NAME,
            internal_only=False,
            layout=PexLayout.LOOSE,
            requirements=EntireLockfile(lockfile),
            complete_platforms=CompletePlatforms.from_snapshot(platform),
            # Wheels only: building an sdist would use the builder's platform, not the images'.
            additional_args=("--no-build", "--include-tools", "--no-compile"),
            description=f"Install {lockfile.url} for {PurePath(platform.files[0]).stem}",
        ),
    )
    environment = json.loads(platform_contents[0].content)["marker_environment"]
    return await _split(pex, environment)


def rules() -> Iterable[Any]:
    """Give what register.py registers."""
    return collect_rules()
