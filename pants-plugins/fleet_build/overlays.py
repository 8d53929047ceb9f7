"""An environment's overlay: the deploy program renders it in a sandbox."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.backend.python.util_rules.python_sources import (
    PythonSourceFiles,
    PythonSourceFilesRequest,
)
from pants.engine.fs import AddPrefix, CreateDigest, Digest, FileContent, MergeDigests, RemovePrefix
from pants.engine.process import Process, ProcessResult
from pants.engine.rules import Get, MultiGet, collect_rules, rule
from pants.engine.target import TransitiveTargets, TransitiveTargetsRequest
from pants.util.frozendict import FrozenDict

from fleet_build.fleet_rules import Fleet
from fleet_build.images import AllImages
from fleet_build.pinned_python import PinnedPython
from fleet_build.program import MODEL, FleetProgram, model_text
from fleet_build.sources import imported_names
from fleet_build.third_party import WheelHouse

OUTPUT = "overlay"


@dataclass(frozen=True)
class OverlayRequest:
    """Ask for the overlay of one environment."""

    name: str
    orchestrator: str
    settings: FrozenDict[str, str]


@dataclass(frozen=True)
class Overlay:
    """Plain files below `directory`."""

    digest: Digest
    directory: str


@rule
async def render_overlay(
    request: OverlayRequest,
    fleet: Fleet,
    all_images: AllImages,
    program: FleetProgram,
    wheel_house: WheelHouse,
    python: PinnedPython,
) -> Overlay:
    """Run `fleet render` over the model, on the same Python that writes the images."""
    closure = await Get(TransitiveTargets, TransitiveTargetsRequest([program.address]))
    wheels = wheel_house.closure(imported_names(closure.closure))
    text = model_text(
        request.name, request.orchestrator, request.settings, fleet, all_images.images
    )
    sources, model = await MultiGet(
        Get(PythonSourceFiles, PythonSourceFilesRequest(closure.closure)),
        Get(Digest, CreateDigest([FileContent(MODEL, text.encode())])),
    )
    trees = {f"wheels/{wheel.name}": wheel.digest for wheel in wheels}
    result = await Get(
        ProcessResult,
        Process,
        python.process(
            "fleet_build/scripts/run_module.py",
            (
                *(":".join((*sources.source_roots, *trees)), "fleet"),
                *("--model", MODEL, "render", "--output", OUTPUT),
            ),
            description=f"Render the overlay of {request.name}",
            inputs=await Get(Digest, MergeDigests((model, sources.source_files.snapshot.digest))),
            immutable_inputs=FrozenDict(trees),
            output_files=(),
            output_directories=(OUTPUT,),
        ),
    )
    directory = f"deploy/{request.name}"
    tree = await Get(Digest, RemovePrefix(result.output_digest, OUTPUT))
    return Overlay(await Get(Digest, AddPrefix(tree, directory)), directory)


def rules() -> Iterable[Any]:
    """Give what register.py registers."""
    return collect_rules()
