"""An environment's overlay: the deploy program renders it in a sandbox."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.backend.python.target_types import EntryPoint
from pants.backend.python.util_rules.pex import PexRequest, VenvPex, VenvPexProcess
from pants.backend.python.util_rules.pex_from_targets import PexFromTargetsRequest
from pants.backend.python.util_rules.python_sources import (
    PythonSourceFiles,
    PythonSourceFilesRequest,
)
from pants.engine.fs import AddPrefix, CreateDigest, Digest, FileContent, MergeDigests, RemovePrefix
from pants.engine.process import ProcessResult
from pants.engine.rules import Get, MultiGet, collect_rules, rule
from pants.engine.target import TransitiveTargets, TransitiveTargetsRequest
from pants.util.frozendict import FrozenDict

from fleet_build.fleet_rules import Fleet
from fleet_build.images import AllImages
from fleet_build.program import MODEL, FleetProgram, model_text

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
    request: OverlayRequest, fleet: Fleet, all_images: AllImages, program: FleetProgram
) -> Overlay:
    """Run `fleet render` over the model."""
    closure = await Get(TransitiveTargets, TransitiveTargetsRequest([program.address]))
    pex_request, sources = await MultiGet(
        Get(
            PexRequest,
            PexFromTargetsRequest(
                [program.address],
                output_filename="fleet.pex",
                internal_only=True,
                include_source_files=False,
                main=EntryPoint("fleet.__main__"),
            ),
        ),
        Get(PythonSourceFiles, PythonSourceFilesRequest(closure.closure)),
    )
    text = model_text(
        request.name, request.orchestrator, request.settings, fleet, all_images.images
    )
    venv_pex, model = await MultiGet(
        Get(VenvPex, PexRequest, pex_request),
        Get(Digest, CreateDigest([FileContent(MODEL, text.encode())])),
    )
    result = await Get(
        ProcessResult,
        VenvPexProcess(
            venv_pex,
            argv=("--model", MODEL, "render", "--output", OUTPUT),
            input_digest=await Get(
                Digest, MergeDigests((model, sources.source_files.snapshot.digest))
            ),
            extra_env={"PEX_EXTRA_SYS_PATH": os.pathsep.join(sources.source_roots)},
            output_directories=(OUTPUT,),
            description=f"Render the overlay of {request.name}",
        ),
    )
    directory = f"deploy/{request.name}"
    tree = await Get(Digest, RemovePrefix(result.output_digest, OUTPUT))
    return Overlay(await Get(Digest, AddPrefix(tree, directory)), directory)


def rules() -> Iterable[Any]:
    """Give what register.py registers."""
    return collect_rules()
