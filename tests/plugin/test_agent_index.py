"""The index of what is built."""

from __future__ import annotations

import json

from pants.engine.fs import EMPTY_DIGEST, FileDigest
from tests.plugin.example import AGENT

from fleet_build.agent_index import index_text
from fleet_build.images import AgentImage, config
from fleet_build.pex_files import AgentPex
from oci.digest import Digest
from oci.image import Image
from oci.layer import Layer


def test_the_index_says_what_was_built_and_how_large_it_is() -> None:
    """Digests and sizes of PEX and image are those of the bytes."""
    layer = Layer(Digest.of(b"stored"), Digest.of(b"tar"), 6, contents=("base",))
    image = AgentImage(AGENT, Image.create((layer,), config(AGENT)), ())
    pex = AgentPex(EMPTY_DIGEST, "agents/nlu_agent.pex")

    index = json.loads(index_text([(image, pex, FileDigest("ab" * 32, 1234))]))

    assert index["agents"]["nlu_agent"] == {
        "pex": {"path": "agents/nlu_agent.pex", "digest": f"sha256:{'ab' * 32}", "size": 1234},
        "image": {"digest": str(image.image.digest), "ref": image.ref, "size": image.size},
    }
