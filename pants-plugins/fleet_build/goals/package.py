"""What `./pants package` does for agents, image sets and environments. It plans nothing itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.core.goals.package import BuiltPackage, BuiltPackageArtifact, PackageFieldSet
from pants.engine.fs import CreateDigest, Digest, FileContent, MergeDigests
from pants.engine.rules import Get, MultiGet, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict

from fleet_build.agent_index import INDEX, AgentIndex
from fleet_build.fleet_rules import Fleet
from fleet_build.images import (
    LOCK,
    AgentImage,
    AgentImageRequest,
    AllImages,
    ImageLayouts,
    ImageLayoutsRequest,
    lock_text,
)
from fleet_build.overlays import Overlay, OverlayRequest
from fleet_build.pex_files import AgentPex, AgentPexRequest
from fleet_build.program import MODEL, model_text
from fleet_build.target_types import (
    AgentIndexDependenciesField,
    EnvironmentDependenciesField,
    ImageSetDependenciesField,
    OrchestratorField,
    PortField,
    SettingsField,
)

POOL = "images/blobs"


@dataclass(frozen=True)
class AgentPackageFieldSet(PackageFieldSet):
    """An agent: a PEX file and an image."""

    required_fields = (PortField,)

    port: PortField


@rule
async def package_agent(field_set: AgentPackageFieldSet, fleet: Fleet) -> BuiltPackage:
    """Build an agent's PEX and image."""
    agent = fleet.at(field_set.address)
    pex, built = await MultiGet(
        Get(AgentPex, AgentPexRequest(agent)), Get(AgentImage, AgentImageRequest(agent))
    )
    layouts = await Get(ImageLayouts, ImageLayoutsRequest((built,)))
    digest = await Get(Digest, MergeDigests((pex.digest, layouts.digest)))
    said = f"  {built.image.digest} ({built.size / 1e6:.1f} MB)"
    return BuiltPackage(
        digest,
        (
            BuiltPackageArtifact(pex.path),
            BuiltPackageArtifact(f"images/{agent.slug}", extra_log_lines=(said,)),
        ),
    )


@dataclass(frozen=True)
class ImageSetPackageFieldSet(PackageFieldSet):
    """All images: the lock that says what is in each."""

    required_fields = (ImageSetDependenciesField,)


@rule
async def package_image_set(
    field_set: ImageSetPackageFieldSet, all_images: AllImages
) -> BuiltPackage:
    """Lay out all images and write their lock."""
    content = FileContent(LOCK, lock_text(all_images.images).encode())
    lock, layouts = await MultiGet(
        Get(Digest, CreateDigest([content])),
        Get(ImageLayouts, ImageLayoutsRequest(all_images.images)),
    )
    digest = await Get(Digest, MergeDigests((lock, layouts.digest)))
    # Pants clears the paths of artifacts before it writes: so blobs of earlier builds go.
    artifacts = (BuiltPackageArtifact(LOCK), BuiltPackageArtifact(POOL))
    return BuiltPackage(digest, artifacts)


@dataclass(frozen=True)
class AgentIndexPackageFieldSet(PackageFieldSet):
    """The index of all agents."""

    required_fields = (AgentIndexDependenciesField,)


@rule
async def package_agent_index(
    field_set: AgentIndexPackageFieldSet, index: AgentIndex
) -> BuiltPackage:
    """Write the index of what is built for the agents."""
    digest = await Get(Digest, CreateDigest([FileContent(INDEX, index.text.encode())]))
    return BuiltPackage(digest, (BuiltPackageArtifact(INDEX),))


@dataclass(frozen=True)
class EnvironmentPackageFieldSet(PackageFieldSet):
    """An environment: its overlay."""

    required_fields = (EnvironmentDependenciesField, OrchestratorField)

    orchestrator: OrchestratorField
    settings: SettingsField


@rule
async def package_environment(field_set: EnvironmentPackageFieldSet, fleet: Fleet) -> BuiltPackage:
    """Render an environment's overlay; processes on this machine need the model only."""
    name = field_set.address.target_name
    orchestrator = field_set.orchestrator.value or ""
    settings = field_set.settings.value or FrozenDict()
    if orchestrator == "process":
        path = f"deploy/{name}/{MODEL}"
        text = model_text(name, orchestrator, settings, fleet, images=None)
        model = await Get(Digest, CreateDigest([FileContent(path, text.encode())]))
        return BuiltPackage(model, (BuiltPackageArtifact(path),))
    overlay = await Get(Overlay, OverlayRequest(name, orchestrator, settings))
    return BuiltPackage(overlay.digest, (BuiltPackageArtifact(overlay.directory),))


def rules() -> Iterable[Any]:
    """Give what register.py registers."""
    return (
        *collect_rules(),
        UnionRule(PackageFieldSet, AgentPackageFieldSet),
        UnionRule(PackageFieldSet, AgentIndexPackageFieldSet),
        UnionRule(PackageFieldSet, ImageSetPackageFieldSet),
        UnionRule(PackageFieldSet, EnvironmentPackageFieldSet),
    )
