"""From agent() targets to a checked fleet. What a fleet must be is in fleet.py."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.engine.addresses import Address
from pants.engine.fs import PathGlobs, Paths
from pants.engine.rules import Get, collect_rules, rule
from pants.engine.target import (
    AllUnexpandedTargets,
    FieldSet,
    InferDependenciesRequest,
    InferredDependencies,
    Target,
)
from pants.engine.unions import UnionRule

from debian.lock import Lock
from fleet_build.debian_packages import DebianLockRequest
from fleet_build.fleet import (
    DEFAULT_RESOURCES,
    AgentSpec,
    FleetError,
    Problem,
    camel_case,
    problems,
)
from fleet_build.owners import PythonOwners, PythonOwnersRequest
from fleet_build.subsystems import AgentBuild, Debian
from fleet_build.target_types import (
    ActionsField,
    AgentDependenciesField,
    AgentNameField,
    AgentTarget,
    CallsField,
    CriticalityField,
    DependsOnField,
    GpuField,
    GroupField,
    HealthPortField,
    MachineField,
    PortField,
    ReplicasField,
    ResourcesField,
    StorageField,
    SystemPackagesField,
)


@dataclass(frozen=True)
class StatedFleet:
    """All agents as the BUILD files state them, right or wrong, sorted by address."""

    agents: tuple[AgentSpec, ...]
    packages: frozenset[str] = frozenset()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every violated law."""
        return problems(self.agents, self.packages)


@dataclass(frozen=True)
class Fleet:
    """All agents, sorted by slug, with every law kept."""

    agents: tuple[AgentSpec, ...]

    def at(self, address: Address) -> AgentSpec:
        """Give the agent of a target."""
        return next(agent for agent in self.agents if agent.address == address.spec)


def agent_spec(target: Target, modules: frozenset[str]) -> AgentSpec:
    """Read one target; fields that were left out get their derived values."""
    slug = target.address.target_name
    directory = target.address.spec_path
    port = target[PortField].value or 0
    health_port = target[HealthPortField].value
    replicas = target[ReplicasField].value
    resources = {**DEFAULT_RESOURCES, **(target[ResourcesField].value or {})}
    return AgentSpec(
        address=target.address.spec,
        slug=slug,
        name=target[AgentNameField].value or camel_case(slug),
        directory=directory,
        machine=target[MachineField].value or "",
        group=target[GroupField].value or os.path.basename(directory),
        port=port,
        health_port=port + 1000 if health_port is None else health_port,
        depends_on=_sorted(target[DependsOnField].value),
        calls=_sorted(target[CallsField].value),
        storage=_sorted(target[StorageField].value),
        gpu=bool(target[GpuField].value),
        criticality=target[CriticalityField].value or "",
        resources=tuple(sorted(resources.items())),
        replicas=1 if replicas is None else replicas,
        system_packages=_sorted(target[SystemPackagesField].value),
        actions=_sorted(target[ActionsField].value),
        has_module=f"{directory}/{slug}.py" in modules,
    )


def _sorted(values: Iterable[str] | None) -> tuple[str, ...]:
    return tuple(sorted(set(values or ())))


@rule
async def read_fleet(all_targets: AllUnexpandedTargets, debian: Debian) -> StatedFleet:
    """Collect the agent targets of the whole repository, and what they may ask Debian for."""
    targets = [target for target in all_targets if isinstance(target, AgentTarget)]
    directories = sorted({target.address.spec_path for target in targets})
    paths = await Get(Paths, PathGlobs([f"{directory}/*.py" for directory in directories]))
    modules = frozenset(paths.files)
    specs = [agent_spec(target, modules) for target in targets]
    stated = tuple(sorted(specs, key=lambda spec: spec.address))
    if not any(spec.system_packages for spec in stated):
        return StatedFleet(stated)  # a fleet that asks for nothing needs no lockfile
    lock = await Get(Lock, DebianLockRequest(debian.system_lock, "[debian].system_lock"))
    return StatedFleet(stated, frozenset(package.name for package in lock.packages))


@rule
async def check_fleet(stated: StatedFleet) -> Fleet:
    """Refuse a fleet with problems before anything is built from it."""
    if stated.problems:
        raise FleetError(stated.problems)
    return Fleet(tuple(sorted(stated.agents, key=lambda spec: spec.slug)))


@dataclass(frozen=True)
class AgentModuleFieldSet(FieldSet):
    """An agent target, seen as something with a module of the same name beside it."""

    required_fields = (AgentDependenciesField, PortField)

    dependencies: AgentDependenciesField


class InferAgentModule(InferDependenciesRequest[AgentModuleFieldSet]):
    """Ask for the module of an agent target."""

    infer_from = AgentModuleFieldSet


@rule
async def infer_agent_module(
    request: InferAgentModule, agent_build: AgentBuild
) -> InferredDependencies:
    """Make the agent depend on the Python source of its name, and on what runs it."""
    address = request.field_set.address
    module = f"{address.spec_path}/{address.target_name}.py"
    runtime = f"{agent_build.common}/runtime.py"
    owners = await Get(PythonOwners, PythonOwnersRequest((module, runtime)))
    return InferredDependencies(owners.addresses)


def rules() -> Iterable[Any]:
    """Give what register.py registers."""
    return (*collect_rules(), UnionRule(InferDependenciesRequest, InferAgentModule))
