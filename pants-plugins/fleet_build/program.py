"""The deploy program, `src/python/fleet`: as a sandboxed process and as something to run."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pants.backend.python.target_types import EntryPoint
from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints
from pants.backend.python.util_rules.pex import PexRequest, VenvPex, VenvPexRequest
from pants.backend.python.util_rules.pex_environment import PexEnvironment, PythonExecutable
from pants.backend.python.util_rules.pex_from_targets import PexFromTargetsRequest
from pants.base.build_environment import get_buildroot
from pants.core.goals.run import RunRequest
from pants.engine.addresses import Address
from pants.engine.fs import CreateDigest, Digest, FileContent, MergeDigests
from pants.engine.rules import Get, MultiGet, collect_rules, rule

from fleet_build.fleet_rules import Fleet
from fleet_build.images import AgentImage
from fleet_build.owners import PythonOwners, PythonOwnersRequest
from fleet_build.subsystems import AgentBuild

MODEL = "model.json"
SOURCE_ROOT = "src/python"


@dataclass(frozen=True)
class ProgramRequest:
    """Ask for a way to run a module from the workspace's sources.

    `needs` are targets whose third-party distributions must be importable, too; `files` are put
    beside the program; `{chroot}` in arguments is where they are.
    """

    module: str
    needs: tuple[Address, ...]
    arguments: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Program:
    """How to run it."""

    request: RunRequest


def model_text(
    name: str,
    orchestrator: str,
    settings: Mapping[str, str],
    fleet: Fleet,
    images: Iterable[AgentImage] | None,
) -> str:
    """Write model.json: the only thing that the deploy program gets from the build."""
    model = {
        "environment": {"name": name, "orchestrator": orchestrator, **settings},
        "agents": [agent.deployable() for agent in fleet.agents],
        "images": None if images is None else {i.agent.slug: i.lock() for i in images},
    }
    return json.dumps(model, indent=1, sort_keys=True) + "\n"


class ProgramError(Exception):
    """The deploy program is not where the options say."""


@dataclass(frozen=True)
class FleetProgram:
    """Where the deploy program's code is."""

    address: Address


@rule
async def find_fleet_program(agent_build: AgentBuild) -> FleetProgram:
    """Find the deploy program's target."""
    path = f"{agent_build.program}/__main__.py"
    owners = await Get(PythonOwners, PythonOwnersRequest((path,)))
    if not owners.addresses:
        raise ProgramError(
            f"[agent-build].program: expected a python_sources() target of {path}, found none"
            f"\n\nhint: echo 'python_sources()' >{agent_build.program}/BUILD"
        )
    return FleetProgram(owners.addresses[0])


@rule
async def plan_program(request: ProgramRequest, pex_environment: PexEnvironment) -> Program:
    """Plan a run in the workspace, so that sources are the ones that the user edits."""
    pex_request, files = await MultiGet(
        Get(
            PexRequest,
            PexFromTargetsRequest(
                request.needs,
                output_filename="program.pex",
                internal_only=True,
                include_source_files=False,
                main=EntryPoint(request.module),
                # Programs start others from the same sources: PEX must leave its variables.
                additional_args=("--no-strip-pex-env",),
            ),
        ),
        Get(
            Digest,
            CreateDigest(FileContent(path, text.encode()) for path, text in request.files),
        ),
    )
    environment = pex_environment.in_workspace()
    venv_pex, python = await MultiGet(
        Get(VenvPex, VenvPexRequest(pex_request, environment)),
        Get(PythonExecutable, InterpreterConstraints, pex_request.interpreter_constraints),
    )
    roots = [os.path.join(get_buildroot(), root) for root in (SOURCE_ROOT, "pants-plugins")]
    path = os.pathsep.join([*roots, "{chroot}"])
    return Program(
        RunRequest(
            digest=await Get(Digest, MergeDigests((venv_pex.digest, files))),
            args=(os.path.join("{chroot}", venv_pex.pex.argv0), *request.arguments),
            extra_env={
                **environment.environment_dict(python=python),
                "PEX_EXTRA_SYS_PATH": path,
                # For the processes that the program starts with its own interpreter.
                "PYTHONPATH": os.pathsep.join(roots),
            },
            append_only_caches={
                **environment.append_only_caches,
                **(venv_pex.append_only_caches or {}),
            },
        )
    )


def rules() -> Iterable[Any]:
    """Give what register.py registers."""
    return collect_rules()
