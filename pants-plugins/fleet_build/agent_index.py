"""The index of what is built for the agents: digests and sizes, for machines to read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pants.engine.fs import Digest, DigestEntries, FileDigest, FileEntry
from pants.engine.rules import Get, MultiGet, collect_rules, rule

from fleet_build.fleet_rules import Fleet
from fleet_build.images import AgentImage, AllImages
from fleet_build.pex_files import AgentPex, AgentPexRequest

INDEX = "agents/agents.lock.json"


@dataclass(frozen=True)
class AgentIndex:
    """The text of the index."""

    text: str


def index_text(built: Iterable[tuple[AgentImage, AgentPex, FileDigest]]) -> str:
    """Write what was built for each agent; sizes are compressed bytes."""
    agents = {
        image.agent.slug: {
            "pex": {
                "path": pex.path,
                "digest": f"sha256:{file.fingerprint}",
                "size": file.serialized_bytes_length,
            },
            "image": {"digest": str(image.image.digest), "ref": image.ref, "size": image.size},
        }
        for image, pex, file in built
    }
    return json.dumps({"agents": agents}, indent=1, sort_keys=True) + "\n"


@rule
async def write_index(fleet: Fleet, all_images: AllImages) -> AgentIndex:
    """Look at the PEX file and the image of every agent."""
    pexes = await MultiGet(Get(AgentPex, AgentPexRequest(agent)) for agent in fleet.agents)
    entries = await MultiGet(Get(DigestEntries, Digest, pex.digest) for pex in pexes)
    files = (_file(found) for found in entries)
    return AgentIndex(index_text(zip(all_images.images, pexes, files)))


def _file(entries: DigestEntries) -> FileDigest:
    return next(entry.file_digest for entry in entries if isinstance(entry, FileEntry))


def rules() -> Iterable[Any]:
    """Give what register.py registers."""
    return collect_rules()
