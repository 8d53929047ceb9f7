"""Configs, manifests and layouts."""

from __future__ import annotations

import json
from dataclasses import replace

from oci.digest import Digest
from oci.image import Config, Healthcheck, Image
from oci.layer import Layer
from oci.layout import blob_name, layout_files

LAYERS = tuple(
    Layer(Digest.of(b"blob" + name), Digest.of(b"tar" + name), 7, contents=(name.decode(),))
    for name in (b"base", b"common")
)
CONFIG = Config(
    entrypoint=("/usr/bin/python3.11", "-s"),
    env=(("B", "2"), ("A", "1")),
    user="65532:65532",
    exposed_ports=(7200, 8200),
    healthcheck=Healthcheck(("probe", "8200"), interval=2.5, timeout=1, retries=2),
    labels=(("name", "Agent"),),
    stop_signal="SIGTERM",
)


def test_golden_config() -> None:
    """The config of an image is pinned as a whole."""
    layers = "".join(f'"{layer.diff_id}",' for layer in LAYERS)[:-1]
    assert Image.create(LAYERS, CONFIG).config.decode() == (
        '{"architecture":"amd64","config":{"Entrypoint":["/usr/bin/python3.11","-s"],'
        '"Env":["A=1","B=2"],"ExposedPorts":{"7200/tcp":{},"8200/tcp":{}},'
        '"Healthcheck":{"Interval":2500000000,"Retries":2,"StartPeriod":0,'
        '"Test":["CMD","probe","8200"],"Timeout":1000000000},"Labels":{"name":"Agent"},'
        '"StopSignal":"SIGTERM","User":"65532:65532"},"created":"1980-01-02T00:00:00Z",'
        '"history":[{"created":"1980-01-02T00:00:00Z","created_by":"base"},'
        '{"created":"1980-01-02T00:00:00Z","created_by":"common"}],"os":"linux",'
        f'"rootfs":{{"diff_ids":[{layers}],"type":"layers"}}}}'
    )


def test_manifest_points_at_config_and_layers() -> None:
    """The manifest lists the config and the layers, lowest first, with digests and sizes."""
    image = Image.create(LAYERS, CONFIG, (("a", "b"),))
    manifest = json.loads(image.manifest)
    assert manifest["config"]["digest"] == str(image.image_id) == str(Digest.of(image.config))
    assert [item["digest"] for item in manifest["layers"]] == [str(item.digest) for item in LAYERS]
    assert [item["size"] for item in manifest["layers"]] == [7, 7]
    assert manifest["annotations"] == {"a": "b"}
    assert image.size == 14 + len(image.config) + len(image.manifest)


def test_order_of_declaration_changes_nothing() -> None:
    """Environment variables, ports and labels are sets."""
    shuffled = replace(CONFIG, env=CONFIG.env[::-1], exposed_ports=CONFIG.exposed_ports[::-1])
    assert Image.create(LAYERS, shuffled) == Image.create(LAYERS, CONFIG)


def test_order_of_layers_matters() -> None:
    """The same layers in another order are another image."""
    assert Image.create(LAYERS[::-1], CONFIG).digest != Image.create(LAYERS, CONFIG).digest


def test_annotations_do_not_move_the_image_id() -> None:
    """What only the manifest says changes the digest, not the image id of an engine."""
    plain, annotated = (Image.create(LAYERS, CONFIG, pairs) for pairs in ((), (("a", "b"),)))
    assert plain.image_id == annotated.image_id
    assert plain.digest != annotated.digest


def test_layout_holds_the_small_files() -> None:
    """A layout's files are the index, the marker, and each image's manifest and config."""
    image = Image.create(LAYERS, CONFIG)
    files = layout_files([("one", image), ("two", image)])
    assert sorted(files) == sorted(
        ["oci-layout", "index.json", blob_name(image.digest), blob_name(image.image_id)]
    )
    index = json.loads(files["index.json"])
    names = [
        item["annotations"]["org.opencontainers.image.ref.name"] for item in index["manifests"]
    ]
    assert names == ["one", "two"]
