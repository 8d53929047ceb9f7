"""Images: layers in their order, config, and the files of an OCI layout. Bytes are in oci/."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.engine.fs import (
    CreateDigest,
    Digest,
    FileContent,
    FileDigest,
    FileEntry,
    MergeDigests,
    SymlinkEntry,
)
from pants.engine.rules import Get, MultiGet, collect_rules, rule

from fleet_build.base_image import BaseImage
from fleet_build.fleet import AgentSpec
from fleet_build.fleet_rules import Fleet
from fleet_build.layers import CODE_ROOT, BuiltLayer, LayerRequest
from fleet_build.sources import ENTRY_MODULE, AgentCode, AgentCodeRequest, CommonLibrary
from fleet_build.system_packages import SystemLayers, SystemLayersRequest
from fleet_build.third_party import Wheel
from oci.image import Config, Healthcheck, Image
from oci.layout import blob_name, layout_files

PYTHON = ("/usr/bin/python3.11", "-E", "-s", "-S", "-B")
NONROOT = "65532:65532"
STATE_DIRECTORY = "/var/lib/agent"
LOCK = "images/images.lock.json"


@dataclass(frozen=True)
class FleetCode:
    """The code of all agents, and their distributions with the most shared ones first."""

    code: tuple[tuple[AgentSpec, AgentCode], ...]
    order: tuple[str, ...]

    def of(self, agent: AgentSpec) -> AgentCode:
        """Give one agent's code."""
        return dict(self.code)[agent]

    def sort(self, wheels: Iterable[Wheel]) -> tuple[Wheel, ...]:
        """Sort distributions so that images share the longest prefix of layers.

        Engines and nodes store a layer under its chain of lower layers (OCI's ChainID), so an
        equal layer above different ones is stored again.
        """
        return tuple(sorted(wheels, key=lambda wheel: self.order.index(wheel.name)))


@dataclass(frozen=True)
class AgentImageRequest:
    """Ask for the image of one agent."""

    agent: AgentSpec


@dataclass(frozen=True)
class AgentImage:
    """An agent's image, and the blobs of its layers, lowest first."""

    agent: AgentSpec
    image: Image
    blobs: tuple[FileDigest, ...]

    @property
    def ref(self) -> str:
        """How a local engine knows the image: the tag is taken from its content."""
        return f"{self.agent.slug}:{self.image.image_id.hex[:12]}"

    @property
    def size(self) -> int:
        """The compressed size in bytes."""
        return self.image.size

    def lock(self) -> dict[str, Any]:
        """Give the image's part of images.lock.json."""
        return {
            "digest": str(self.image.digest),
            "image_id": str(self.image.image_id),
            "ref": self.ref,
            "fingerprint": fingerprint(self.image),
            "size": self.size,
            "layers": [
                {
                    "digest": str(layer.digest),
                    "diff_id": str(layer.diff_id),
                    "size": layer.size,
                    "contents": list(layer.contents),
                }
                for layer in self.image.layers
            ],
        }


def fingerprint(image: Image) -> str:
    """Identify what an image holds, whatever encoder compressed its layers: its config's digest.

    The config names the layers by diff_id, which is of the uncompressed bytes.
    """
    return str(image.image_id)


def config(agent: AgentSpec) -> Config:
    """State how an agent's container runs."""
    return Config(
        entrypoint=(*PYTHON, f"/{CODE_ROOT}/{ENTRY_MODULE}.py"),
        env=(
            ("AGENT_HOST", "0.0.0.0"),
            ("STATE_URL", f"sqlite:///{STATE_DIRECTORY}/state.db"),
            ("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"),
        ),
        user=NONROOT,
        working_dir=f"/{CODE_ROOT}",
        exposed_ports=(agent.port, agent.health_port),
        healthcheck=Healthcheck(
            (
                *("/usr/bin/python3.11", "-I", "-S", "-B"),
                *(f"/{CODE_ROOT}/common/health_probe.py", str(agent.health_port)),
            ),
        ),
        # Neither a version nor a time: an image changes only when its content does.
        labels=(
            ("org.opencontainers.image.title", agent.name),
            ("agent.criticality", agent.criticality),
            ("agent.group", agent.group),
            ("agent.machine", agent.machine),
            ("agent.slug", agent.slug),
        ),
        stop_signal="SIGTERM",
    )


@rule
async def collect_fleet_code(fleet: Fleet) -> FleetCode:
    """Follow the imports of all agents and count who shares what."""
    codes = await MultiGet(Get(AgentCode, AgentCodeRequest(agent)) for agent in fleet.agents)
    users = Counter(wheel.name for code in codes for wheel in code.wheels)
    order = sorted(users, key=lambda name: (-users[name], name))
    return FleetCode(tuple(zip(fleet.agents, codes)), tuple(order))


@rule
async def build_image(
    request: AgentImageRequest, base: BaseImage, fleet_code: FleetCode, common: CommonLibrary
) -> AgentImage:
    """Put the layers of one agent under its config."""
    code = fleet_code.of(request.agent)
    system = await Get(SystemLayers, SystemLayersRequest(request.agent))
    layers = await MultiGet(
        *(
            Get(BuiltLayer, LayerRequest(wheel.pin, wheel.digest))
            for wheel in fleet_code.sort(code.wheels)
        ),
        Get(BuiltLayer, LayerRequest("common", common.digest)),
        Get(BuiltLayer, LayerRequest(request.agent.slug, code.own)),
    )
    # Few agents have system packages, so that they lie above what many share.
    stack = (base.layer, *layers[:-2], *system.layers, *layers[-2:])
    image = Image.create((built.layer for built in stack), config(request.agent))
    return AgentImage(request.agent, image, tuple(built.blob for built in stack))


@dataclass(frozen=True)
class AllImages:
    """The images of the whole fleet, sorted by slug."""

    images: tuple[AgentImage, ...]


@rule
async def build_all_images(fleet: Fleet) -> AllImages:
    """Build every agent's image."""
    images = await MultiGet(Get(AgentImage, AgentImageRequest(agent)) for agent in fleet.agents)
    return AllImages(tuple(images))


@dataclass(frozen=True)
class ImageLayouts:
    """OCI layouts below `images/`; equal blobs are one file, found by symbolic links."""

    digest: Digest


@dataclass(frozen=True)
class ImageLayoutsRequest:
    """Ask for the layouts of some images."""

    images: tuple[AgentImage, ...]


@rule
async def lay_out(request: ImageLayoutsRequest) -> ImageLayouts:
    """Lay out some images over one pool of blobs, without copying a byte."""
    small: list[FileContent | FileEntry | SymlinkEntry] = []
    for built in request.images:
        directory = f"images/{built.agent.slug}"
        small.append(SymlinkEntry(f"{directory}/blobs", "../blobs"))
        for path, content in layout_files([(built.agent.slug, built.image)]).items():
            target = f"images/{path}" if path.startswith("blobs/") else f"{directory}/{path}"
            small.append(FileContent(target, content))
    pool = {
        f"images/{blob_name(layer.digest)}": blob
        for built in request.images
        for layer, blob in zip(built.image.layers, built.blobs)
    }
    large = [FileEntry(path, blob) for path, blob in sorted(pool.items())]
    contents, blobs = await MultiGet(
        Get(Digest, CreateDigest(small)), Get(Digest, CreateDigest(large))
    )
    return ImageLayouts(await Get(Digest, MergeDigests((contents, blobs))))


def lock_text(images: Iterable[AgentImage]) -> str:
    """Write images.lock.json."""
    locks = {built.agent.slug: built.lock() for built in images}
    return json.dumps({"images": locks}, indent=1, sort_keys=True) + "\n"


def rules() -> Iterable[Any]:
    """Give what register.py registers."""
    return collect_rules()
