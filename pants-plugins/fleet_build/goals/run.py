"""What `./pants run` does for agents, environments and image tools. It plans nothing itself."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.base.build_environment import get_buildroot
from pants.core.goals.run import RunFieldSet, RunInSandboxBehavior, RunRequest
from pants.engine.addresses import Address
from pants.engine.fs import Digest, MergeDigests
from pants.engine.rules import Get, MultiGet, collect_rules, rule
from pants.util.frozendict import FrozenDict

from fleet_build.fleet_rules import Fleet
from fleet_build.images import LOCK, AllImages, ImageLayouts, ImageLayoutsRequest, lock_text
from fleet_build.owners import PythonOwners, PythonOwnersRequest
from fleet_build.program import (
    MODEL,
    SOURCE_ROOT,
    FleetProgram,
    Program,
    ProgramError,
    ProgramRequest,
    model_text,
)
from fleet_build.sources import ENTRY_MODULE, entry_module
from fleet_build.target_types import (
    EnvironmentDependenciesField,
    ImageToolDependenciesField,
    ImageToolEntryPointField,
    OrchestratorField,
    PortField,
    SettingsField,
)

STATE = ".fleet"


@dataclass(frozen=True)
class AgentRunFieldSet(RunFieldSet):
    """An agent, run from source."""

    required_fields = (PortField,)
    run_in_sandbox_behavior = RunInSandboxBehavior.NOT_SUPPORTED

    port: PortField


@rule
async def run_agent(field_set: AgentRunFieldSet, fleet: Fleet) -> RunRequest:
    """Run one agent from the workspace's sources."""
    agent = fleet.at(field_set.address)
    program = await Get(
        Program,
        ProgramRequest(
            ENTRY_MODULE,
            (field_set.address,),
            files=((f"{ENTRY_MODULE}.py", entry_module(agent)),),
        ),
    )
    return program.request


@dataclass(frozen=True)
class EnvironmentRunFieldSet(RunFieldSet):
    """An environment: the deploy program with the environment's model."""

    required_fields = (EnvironmentDependenciesField, OrchestratorField)
    run_in_sandbox_behavior = RunInSandboxBehavior.NOT_SUPPORTED

    orchestrator: OrchestratorField
    settings: SettingsField


@rule
async def run_environment(
    field_set: EnvironmentRunFieldSet, fleet: Fleet, fleet_program: FleetProgram
) -> RunRequest:
    """Run the deploy program; on this machine it runs the agents from source, too."""
    name = field_set.address.target_name
    orchestrator = field_set.orchestrator.value or ""
    needs: tuple[Address, ...] = (fleet_program.address,)
    images = None
    if orchestrator == "process":
        needs += tuple(Address(a.directory, target_name=a.slug) for a in fleet.agents)
    else:
        images = (await Get(AllImages)).images
    settings = field_set.settings.value or FrozenDict()
    program = await Get(
        Program,
        ProgramRequest(
            "fleet.__main__",
            needs,
            arguments=(
                *("--model", f"{{chroot}}/{MODEL}"),
                *("--state", os.path.join(get_buildroot(), STATE, name)),
            ),
            files=((MODEL, model_text(name, orchestrator, settings, fleet, images)),),
        ),
    )
    return program.request


@dataclass(frozen=True)
class ImageToolRunFieldSet(RunFieldSet):
    """A program that works on all images."""

    required_fields = (ImageToolDependenciesField, ImageToolEntryPointField)
    run_in_sandbox_behavior = RunInSandboxBehavior.NOT_SUPPORTED

    entry_point: ImageToolEntryPointField


@rule
async def run_image_tool(field_set: ImageToolRunFieldSet, all_images: AllImages) -> RunRequest:
    """Run a program beside the layouts of all images and their lock."""
    package = field_set.entry_point.value or ""
    path = f"{SOURCE_ROOT}/{package.replace('.', '/')}/__main__.py"
    owners = await Get(PythonOwners, PythonOwnersRequest((path,)))
    if not owners.addresses:
        raise ProgramError(
            f"{field_set.address}: entry_point: expected a python_sources() target of {path}, "
            f"found none\n\nhint: name a package with a __main__.py below {SOURCE_ROOT}"
        )
    program, layouts = await MultiGet(
        Get(
            Program,
            ProgramRequest(
                f"{package}.__main__",
                owners.addresses,
                arguments=("--images", "{chroot}/images"),
                files=((LOCK, lock_text(all_images.images)),),
            ),
        ),
        Get(ImageLayouts, ImageLayoutsRequest(all_images.images)),
    )
    run = program.request
    return RunRequest(
        digest=await Get(Digest, MergeDigests((run.digest, layouts.digest))),
        args=run.args,
        extra_env=run.extra_env,
        append_only_caches=run.append_only_caches,
    )


def rules() -> Iterable[Any]:
    """Give what register.py registers."""
    return (
        *collect_rules(),
        *AgentRunFieldSet.rules(),
        *EnvironmentRunFieldSet.rules(),
        *ImageToolRunFieldSet.rules(),
    )
