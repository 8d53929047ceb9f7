"""First-party code of an agent, and which distributions it imports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pants.backend.python.target_types import PythonRequirementsField, PythonSourceField
from pants.core.target_types import ResourceSourceField
from pants.core.util_rules.source_files import SourceFiles, SourceFilesRequest
from pants.core.util_rules.stripped_source_files import StrippedSourceFiles
from pants.engine.addresses import Address
from pants.engine.fs import (
    CreateDigest,
    Digest,
    DigestContents,
    DigestSubset,
    FileContent,
    MergeDigests,
    PathGlobs,
    RemovePrefix,
    Snapshot,
)
from pants.engine.rules import Get, MultiGet, collect_rules, rule
from pants.engine.target import Target, TransitiveTargets, TransitiveTargetsRequest

from fleet_build.edges import CodeError, SharedName, edge_problems, shared_names, unreadable
from fleet_build.fleet import AgentSpec, FleetError, Problem
from fleet_build.fleet_rules import StatedFleet
from fleet_build.subsystems import AgentBuild
from fleet_build.third_party import Wheel, WheelHouse

ENTRY_MODULE = "__agent__"


@dataclass(frozen=True)
class AgentImportsRequest:
    """Ask for what one agent imports, directly or not."""

    agent: AgentSpec


@dataclass(frozen=True)
class AgentImports:
    """The targets that an agent imports, sorted, and what its code may not import or name."""

    targets: tuple[Target, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class SharedNames:
    """The constants of the common library that are made of texts, and modules not readable."""

    names: tuple[SharedName, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class AgentCodeRequest:
    """Ask for the code of one agent."""

    agent: AgentSpec


@dataclass(frozen=True)
class AgentCode:
    """What one agent is made of; paths are below the source root."""

    own: Digest
    common: Digest
    wheels: tuple[Wheel, ...]


@dataclass(frozen=True)
class CommonLibrary:
    """The library that all agents share, whole, but for its testing kit."""

    digest: Digest


def entry_module(agent: AgentSpec) -> str:
    """Write the module that starts an agent: its facts and one call."""
    facts = "".join(f"{' ' * 12}{key}={_frozen(v)!r},\n" for key, v in agent.facts().items())
    return (
        f'"""Generated from {agent.address}: start {agent.name}."""\n\n'
        "import sys\n\n"
        "from common.facts import AgentFacts\n"
        "from common.runtime import run\n\n"
        f"sys.exit(\n    run(\n        AgentFacts(\n{facts}        )\n    )\n)\n"
    )


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def is_source(target: Target) -> bool:
    """Whether a target is one Python file."""
    return target.has_field(PythonSourceField) and target.address.is_generated_target


def is_code(target: Target) -> bool:
    """Whether a target's file belongs into what is shipped."""
    return target.has_field(PythonSourceField) or target.has_field(ResourceSourceField)


def imported_names(targets: Iterable[Target]) -> tuple[str, ...]:
    """Give the project names that some targets need at run time, sorted."""
    return tuple(
        sorted(
            {
                requirement.project_name
                for target in targets
                if target.has_field(PythonRequirementsField)
                for requirement in target[PythonRequirementsField].value
                # Types for mypy: Pants takes them for a dependency of whatever imports the module.
                if not requirement.project_name.startswith("types-")
            }
        )
    )


def foreign_modules(
    agent: AgentSpec, fleet: Iterable[AgentSpec], targets: Iterable[Target]
) -> Iterator[Problem]:
    """Report every other agent's module among what an agent imports."""
    others = {other.module_path: other for other in fleet if other.slug != agent.slug}
    for path in sorted({str(target.address.filename) for target in targets if is_source(target)}):
        if path in others:
            hint = f"Call it instead: self.peers.call({others[path].slug!r}, ...)"
            yield Problem(agent.address, "imports", "no other agent", path, hint)


@rule
async def find_shared_names(agent_build: AgentBuild) -> SharedNames:
    """Read the library's constants once: an agent may name another by one of them."""
    paths = (f"{agent_build.common}/**/*.py", f"!{agent_build.common}/testing/**")
    names: list[SharedName] = []
    problems: list[Problem] = []
    for file in await Get(DigestContents, PathGlobs(paths)):
        try:
            names += shared_names(file.path, file.content)
        except CodeError as error:
            problems.append(unreadable(agent_build.common, file.path, error))
    return SharedNames(tuple(names), tuple(problems))


@rule
async def follow_imports(
    request: AgentImportsRequest,
    stated: StatedFleet,
    shared: SharedNames,
    agent_build: AgentBuild,
) -> AgentImports:
    """Follow an agent's imports, third-party ones included, and read whom its own code names."""
    agent = request.agent
    address = Address(agent.directory, target_name=agent.slug)
    closure = await Get(TransitiveTargets, TransitiveTargetsRequest([address]))
    targets = tuple(sorted(closure.closure, key=lambda target: target.address))
    problems = (*shared.problems, *foreign_modules(agent, stated.agents, targets))
    if not problems:
        own = (t for t in targets if is_source(t) and not _is_below(t, agent_build.common))
        files = await Get(SourceFiles, SourceFilesRequest(_source_fields(own)))
        contents = await Get(DigestContents, Digest, files.snapshot.digest)
        slugs = frozenset(other.slug for other in stated.agents)
        code = {file.path: file.content for file in contents}
        problems = edge_problems(agent, slugs, code, shared.names)
    return AgentImports(targets, problems)


def _is_below(target: Target, directory: str) -> bool:
    return str(target.address.filename).startswith(f"{directory}/")


@rule
async def collect_agent_code(request: AgentCodeRequest, agent_build: AgentBuild) -> AgentCode:
    """Split the code of an agent by who shares it."""
    imports, wheel_house = await MultiGet(
        Get(AgentImports, AgentImportsRequest(request.agent)), Get(WheelHouse)
    )
    if imports.problems:
        raise FleetError(imports.problems)
    targets = filter(is_code, imports.targets)
    sources = await Get(StrippedSourceFiles, SourceFilesRequest(_source_fields(targets)))
    common_glob = f"{agent_build.common.rpartition('/')[2]}/**"
    entry, common, own = await MultiGet(
        Get(
            Digest,
            CreateDigest([FileContent(f"{ENTRY_MODULE}.py", entry_module(request.agent).encode())]),
        ),
        Get(Digest, DigestSubset(sources.snapshot.digest, PathGlobs([common_glob]))),
        Get(Digest, DigestSubset(sources.snapshot.digest, PathGlobs(["**", f"!{common_glob}"]))),
    )
    return AgentCode(
        own=await Get(Digest, MergeDigests((entry, own))),
        common=common,
        wheels=wheel_house.closure(imported_names(imports.targets)),
    )


def _source_fields(targets: Iterable[Target]) -> list[Any]:
    return [
        target[PythonSourceField if target.has_field(PythonSourceField) else ResourceSourceField]
        for target in targets
    ]


@rule
async def collect_common(agent_build: AgentBuild) -> CommonLibrary:
    """Take the whole library, so that its layer is the same in every image."""
    root, _, package = agent_build.common.rpartition("/")
    snapshot = await Get(
        Snapshot,
        PathGlobs(
            [
                f"{agent_build.common}/**",
                f"!{agent_build.common}/testing/**",
                "!**/BUILD",
                "!**/__pycache__/**",
            ]
        ),
    )
    return CommonLibrary(await Get(Digest, RemovePrefix(snapshot.digest, root)))


def rules() -> Iterable[Any]:
    """Give what register.py registers."""
    return collect_rules()
