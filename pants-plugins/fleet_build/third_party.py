"""Third-party distributions: fetched by hash and unpacked, each by itself."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from email.parser import HeaderParser
from pathlib import PurePath
from typing import Any

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pants.backend.python.subsystems.repos import PythonRepos
from pants.backend.python.target_types import PexLayout
from pants.backend.python.util_rules.pex import CompletePlatforms, Pex, PexRequest
from pants.engine.env_vars import EnvironmentVars, EnvironmentVarsRequest
from pants.engine.fs import (
    Digest,
    DigestContents,
    DigestSubset,
    GlobMatchErrorBehavior,
    MergeDigests,
    PathGlobs,
    RemovePrefix,
    Snapshot,
)
from pants.engine.process import Process, ProcessResult
from pants.engine.rules import Get, MultiGet, collect_rules, rule
from pants.option.global_options import GlobalOptions
from pants.util.frozendict import FrozenDict

from fleet_build.sandbox_scripts import DOWNLOAD_MODULES, Scripts, ScriptsRequest
from fleet_build.subsystems import NETWORK_VARS, AgentBuild
from wheels.lock import Pin, parse_lock

WHEEL_MODULES = ("__init__", "errors", "fetch", "index", "lock", "unpack")
# They copy bytes and never compress any, so that it does not matter which Python runs them: it is
# the one that runs Pants.
WHEEL_SCRIPTS = ScriptsRequest((("download", DOWNLOAD_MODULES), ("wheels", WHEEL_MODULES)))
PEX_NAME = "empty.pex"


class ThirdPartyError(Exception):
    """An agent needs a distribution that the lockfile lacks."""


@dataclass(frozen=True)
class Wheel:
    """One distribution, installed; `digest` is its tree."""

    filename: str
    name: str
    version: str
    requires: tuple[str, ...]
    digest: Digest

    @property
    def pin(self) -> str:
        """The requirement that selects exactly this distribution."""
        return f"{self.name}=={self.version}"

    @property
    def fingerprint(self) -> str:
        """What PEX tells equal distributions by: the hash of the tree."""
        return self.digest.fingerprint


@dataclass(frozen=True)
class WheelHouse:
    """Every distribution of the lockfile for the images' Python."""

    wheels: FrozenDict[str, Wheel]

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


@dataclass(frozen=True)
class Platform:
    """The images' Python: its file, and the values that markers are judged by."""

    digest: Digest
    path: str
    environment: FrozenDict[str, str]


@dataclass(frozen=True)
class WheelRequest:
    """Ask for one pinned distribution."""

    pin: Pin


@dataclass(frozen=True)
class PexRuntime:
    """What every PEX file has: its bootstrap, and the PEX-INFO of an empty one."""

    bootstrap: Digest
    pex_info: str


@rule
async def read_platform(agent_build: AgentBuild) -> Platform:
    """Read the complete platform of the images' Python."""
    globs = PathGlobs(
        [agent_build.complete_platform],
        GlobMatchErrorBehavior.error,
        description_of_origin="[agent-build].complete_platform",
    )
    snapshot, contents = await MultiGet(
        Get(Snapshot, PathGlobs, globs), Get(DigestContents, PathGlobs, globs)
    )
    environment = json.loads(contents[0].content)["marker_environment"]
    return Platform(snapshot.digest, snapshot.files[0], FrozenDict(environment))


def fetch_command(pin: Pin, platform: Platform, repos: PythonRepos) -> tuple[str, ...]:
    """Give the command that fetches a wheel into the folder `fetched`."""
    return (
        *(sys.executable, "wheels/fetch.py", "--pin", json.dumps(asdict(pin))),
        *("--platform", platform.path, "--output", "fetched"),
        *(item for index in repos.indexes for item in ("--index", index)),
        *(item for place in repos.find_links for item in ("--find-links", place)),
    )


def unpack_command(wheel: str, omitted: Iterable[str]) -> tuple[str, ...]:
    """Give the command that unpacks a wheel into the folder `tree`."""
    patterns = (item for pattern in omitted for item in ("--omit", pattern))
    return (sys.executable, "wheels/unpack.py", "--wheel", wheel, "--output", "tree", *patterns)


@rule
async def install_wheel(
    request: WheelRequest,
    platform: Platform,
    repos: PythonRepos,
    options: GlobalOptions,
    agent_build: AgentBuild,
) -> Wheel:
    """Fetch one wheel by its hash, and unpack it."""
    pin = request.pin
    scripts = await Get(Scripts, ScriptsRequest, WHEEL_SCRIPTS)
    env_vars = dict(await Get(EnvironmentVars, EnvironmentVarsRequest(NETWORK_VARS)))
    if options.ca_certs_path:
        env_vars["SSL_CERT_FILE"] = options.ca_certs_path
    fetched = await Get(
        ProcessResult,
        Process(
            fetch_command(pin, platform, repos),
            description=f"Fetch {pin.name} {pin.version}",
            input_digest=await Get(Digest, MergeDigests((scripts.digest, platform.digest))),
            output_directories=("fetched",),
            env=env_vars,
        ),
    )
    files = await Get(Snapshot, Digest, fetched.output_digest)
    unpacked = await Get(
        ProcessResult,
        Process(
            unpack_command(files.files[0], agent_build.omit),
            description=f"Unpack {pin.name}",
            input_digest=await Get(Digest, MergeDigests((scripts.digest, files.digest))),
            output_directories=("tree",),
        ),
    )
    tree, metadata = await MultiGet(
        Get(Digest, RemovePrefix(unpacked.output_digest, "tree")),
        Get(
            DigestContents,
            DigestSubset(unpacked.output_digest, PathGlobs(["tree/*.dist-info/METADATA"])),
        ),
    )
    return Wheel(
        filename=PurePath(files.files[0]).name,
        name=pin.name,
        version=pin.version,
        requires=required_names(metadata[0].content.decode(), platform.environment),
        digest=tree,
    )


@rule
async def build_pex_runtime(platform: Platform) -> PexRuntime:
    """Let the official tool build an empty PEX, and take what is in it."""
    pex = await Get(
        Pex,
        PexRequest(
            output_filename=PEX_NAME,
            internal_only=False,
            layout=PexLayout.LOOSE,
            # Saves the tool the search for the machine's own Pythons.
            complete_platforms=CompletePlatforms([platform.path], digest=platform.digest),
            additional_args=("--include-tools", "--no-compile"),
            description="Build an empty PEX",
        ),
    )
    tree = await Get(Digest, RemovePrefix(pex.digest, PEX_NAME))
    info, bootstrap = await MultiGet(
        Get(DigestContents, DigestSubset(tree, PathGlobs(["PEX-INFO"]))),
        Get(Digest, DigestSubset(tree, PathGlobs([".bootstrap/**", "__*__*", "__*__/**"]))),
    )
    return PexRuntime(bootstrap, info[0].content.decode())


@rule(desc="Install the third-party distributions of the images")
async def install_wheels(agent_build: AgentBuild, platform: Platform) -> WheelHouse:
    """Install what the lockfile has for the images' platform, each distribution by itself."""
    locks = await Get(
        DigestContents,
        PathGlobs(
            [agent_build.lock],
            GlobMatchErrorBehavior.error,
            description_of_origin="[agent-build].lock",
        ),
    )
    pins = parse_lock(locks[0].content.decode(), agent_build.lock)
    wanted = [
        pin
        for pin in pins
        if not pin.marker or Marker(pin.marker).evaluate(dict(platform.environment))
    ]
    wheels = await MultiGet(Get(Wheel, WheelRequest(pin)) for pin in wanted)
    return WheelHouse(FrozenDict({wheel.name: wheel for wheel in wheels}))


def rules() -> Iterable[Any]:
    """Give what register.py registers."""
    return collect_rules()
