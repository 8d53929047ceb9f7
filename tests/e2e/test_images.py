"""The images of the build, looked at by the tools that other people have."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from oci.validate import Blobs, validate

IMAGES = Path("images")
LIMIT = 30_000_000
HEAVY_LIMIT = 200_000_000
# Whoever sees, hears, speaks or tells languages apart has libraries of that weight.
HEAVY = {"dlib-bin", "libicu72", "numpy", "onnxruntime", "pillow", "pocketsphinx", "tesserocr"}


def locked() -> dict[str, Any]:
    """Read what the build says of its images."""
    images: dict[str, Any] = json.loads((IMAGES / "images.lock.json").read_text())["images"]
    return images


def config_of(slug: str) -> dict[str, Any]:
    """Read an image's config as an engine would."""
    index = json.loads((IMAGES / slug / "index.json").read_text())
    blobs = IMAGES / slug / "blobs" / "sha256"
    manifest = json.loads((blobs / index["manifests"][0]["digest"][7:]).read_text())
    config: dict[str, Any] = json.loads((blobs / manifest["config"]["digest"][7:]).read_text())
    return config


def limit(image: dict[str, Any]) -> int:
    """Return how large an image may be, by what is in it."""
    contents = {re.split("==| ", name)[0] for one in image["layers"] for name in one["contents"]}
    return HEAVY_LIMIT if contents & HEAVY else LIMIT


def test_every_layout_says_the_truth() -> None:
    """Every digest, diff_id and size of every image is what its bytes give."""
    blobs = Blobs()

    found = {slug: list(map(str, validate(IMAGES / slug, blobs))) for slug in locked()}

    assert found == {slug: [] for slug in found}
    assert len(found) == 84


def test_images_are_small_and_share_all_that_is_equal() -> None:
    """No image is above its limit, compressed, and no two blobs have equal content."""
    images = locked()

    assert {slug: one["size"] for slug, one in images.items() if one["size"] > limit(one)} == {}
    diff_ids = {layer["diff_id"]: layer["digest"] for i in images.values() for layer in i["layers"]}
    assert len(set(diff_ids.values())) == len(diff_ids)


def test_images_share_their_longest_prefix() -> None:
    """Only common and the agent itself lie above layers that other agents have, too."""
    stacks = [[layer["diff_id"] for layer in image["layers"]] for image in locked().values()]
    base = {stack[0] for stack in stacks}

    assert len(base) == 1
    assert len({stack[-1] for stack in stacks}) == len(stacks)


@pytest.mark.parametrize("slug", sorted(["nlu_agent", "service_registry", "memory_client"]))
def test_a_container_is_told_to_run_as_nobody_special(slug: str) -> None:
    """The config states user, entry point, ports, health check, stop signal and labels."""
    config = config_of(slug)["config"]

    assert config["User"] == "65532:65532"
    assert config["Entrypoint"][0] == "/usr/bin/python3.11"
    assert len(config["ExposedPorts"]) == 2
    assert config["Healthcheck"]["Test"][-2] == "/app/common/health_probe.py"
    assert config["StopSignal"] == "SIGTERM"
    assert config["Labels"]["agent.slug"] == slug


def test_skopeo_reads_an_image() -> None:
    """The layout is what other tools mean by an OCI image layout."""
    if shutil.which("skopeo") is None:
        pytest.skip("skopeo is not installed: apt-get install skopeo")

    said = subprocess.run(
        ["skopeo", "inspect", f"oci:{IMAGES}/nlu_agent"], capture_output=True, check=True
    )

    assert json.loads(said.stdout)["Digest"] == locked()["nlu_agent"]["digest"]
