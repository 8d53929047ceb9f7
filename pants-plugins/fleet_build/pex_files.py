"""PEX files by composition: pieces that are ready, plus the agent's sources."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.engine.fs import AddPrefix, CreateDigest, Digest, FileContent, MergeDigests
from pants.engine.process import Process, ProcessResult
from pants.engine.rules import Get, MultiGet, collect_rules, rule
from pants.util.frozendict import FrozenDict

from fleet_build.fleet import AgentSpec
from fleet_build.images import FleetCode
from fleet_build.pinned_python import PinnedPython
from fleet_build.sources import ENTRY_MODULE, AgentCode
from fleet_build.third_party import PexRuntime

PIECE = "piece.zip"


@dataclass(frozen=True)
class PieceRequest:
    """Ask for a tree as a zip piece; `prefix` is where the tree goes in the PEX."""

    contents: str
    tree: Digest
    prefix: str


@dataclass(frozen=True)
class Piece:
    """A zip file of one tree."""

    digest: Digest


@dataclass(frozen=True)
class AgentPexRequest:
    """Ask for the PEX of one agent."""

    agent: AgentSpec


@dataclass(frozen=True)
class AgentPex:
    """A digest with `agents/<slug>.pex` in it."""

    digest: Digest
    path: str


@rule
async def build_piece(request: PieceRequest, python: PinnedPython) -> Piece:
    """Compress one tree, once for all agents."""
    result = await Get(
        ProcessResult,
        Process,
        python.process(
            "fleet_build/scripts/zipapp.py",
            ("piece", "--root", "root", "--prefix", request.prefix, "--output", PIECE),
            description=f"Compress {request.contents}",
            inputs=await Get(Digest, AddPrefix(request.tree, "root")),
            output_files=(PIECE,),
        ),
    )
    return Piece(result.output_digest)


def pex_spec(code: AgentCode) -> bytes:
    """Say what is particular to one agent in its PEX-INFO."""
    spec = {
        "distributions": {wheel.filename: wheel.fingerprint for wheel in code.wheels},
        "requirements": [wheel.pin for wheel in code.wheels],
        "entry_point": ENTRY_MODULE,
        "interpreter_constraints": ["CPython==3.11.*"],
    }
    return json.dumps(spec, sort_keys=True).encode()


@rule
async def build_pex(
    request: AgentPexRequest, python: PinnedPython, runtime: PexRuntime, fleet_code: FleetCode
) -> AgentPex:
    """Compose one agent's PEX."""
    code = fleet_code.of(request.agent)
    requests = {"bootstrap": PieceRequest("the PEX runtime", runtime.bootstrap, "")}
    for wheel in code.wheels:
        prefix = f".deps/{wheel.filename}/"
        requests[wheel.name] = PieceRequest(wheel.filename, wheel.digest, prefix)
    pieces = await MultiGet(Get(Piece, PieceRequest, piece) for piece in requests.values())
    directories = {f"pieces/{name}": piece.digest for name, piece in zip(requests, pieces)}
    sources, settings = await MultiGet(
        Get(Digest, MergeDigests((code.own, code.common))),
        Get(
            Digest,
            CreateDigest(
                [
                    FileContent("spec.json", pex_spec(code)),
                    FileContent("template.json", runtime.pex_info.encode()),
                ]
            ),
        ),
    )
    result = await Get(
        ProcessResult,
        Process,
        python.process(
            "fleet_build/scripts/zipapp.py",
            (
                *("compose", "--sources", "sources", "--spec", "spec.json"),
                *("--template", "template.json", "--output", f"{request.agent.slug}.pex"),
                *(item for path in directories for item in ("--piece", f"{path}/{PIECE}")),
            ),
            description=f"Compose {request.agent.slug}.pex",
            inputs=await Get(
                Digest, MergeDigests((settings, await Get(Digest, AddPrefix(sources, "sources"))))
            ),
            immutable_inputs=FrozenDict(directories),
            output_files=(f"{request.agent.slug}.pex",),
        ),
    )
    digest = await Get(Digest, AddPrefix(result.output_digest, "agents"))
    return AgentPex(digest, f"agents/{request.agent.slug}.pex")


def rules() -> Iterable[Any]:
    """Give what register.py registers."""
    return collect_rules()
