"""Validation finds every kind of tampering, and nothing in a sound layout."""

from __future__ import annotations

import gzip
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oci.canonical import canonical_json
from oci.digest import Digest
from oci.encode import EncodeRequest, encode_layer
from oci.image import Config, Image
from oci.layer import Layer
from oci.layout import blob_name, layout_files
from oci.tree import FileEntry
from oci.validate import main, validate


def stored_layer(folder: Path, content: bytes) -> Layer:
    """Put a layer of one file among the blobs."""
    stream = io.BytesIO()
    layer = encode_layer(EncodeRequest({"file": FileEntry(content)}, {}), stream).layer
    write(folder, blob_name(layer.digest), stream.getvalue())
    return layer


def write(folder: Path, name: str, content: bytes) -> None:
    """Write one file of a layout."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def store(folder: Path) -> Image:
    """Write a sound layout of one image with two layers."""
    image = Image.create([stored_layer(folder, b"1"), stored_layer(folder, b"2")], Config())
    for name, content in layout_files([("one", image)]).items():
        write(folder, name, content)
    return image


def replace_manifest(folder: Path, image: Image, change: Callable[[Any], None]) -> None:
    """Change the manifest and make the index agree with the new one."""
    (folder / blob_name(image.digest)).unlink()
    manifest = json.loads(image.manifest)
    change(manifest)
    content = canonical_json(manifest)
    write(folder, blob_name(Digest.of(content)), content)
    index = json.loads((folder / "index.json").read_bytes())
    index["manifests"][0].update(digest=str(Digest.of(content)), size=len(content))
    write(folder, "index.json", canonical_json(index))


def replace_config(folder: Path, image: Image, change: Callable[[Any], None]) -> None:
    """Change the config and make everything above agree with the new one."""
    (folder / blob_name(image.image_id)).unlink()
    config = json.loads(image.config)
    change(config)
    content = canonical_json(config)
    write(folder, blob_name(Digest.of(content)), content)

    def point(manifest: Any) -> None:
        manifest["config"].update(digest=str(Digest.of(content)), size=len(content))

    replace_manifest(folder, image, point)


def problems(folder: Path) -> list[str]:
    """Return the messages of all problems."""
    return [problem.message for problem in validate(folder)]


def assert_only(folder: Path, *fragments: str) -> None:
    """Check that there is one problem and that it has all these words."""
    (message,) = problems(folder)
    assert all(fragment in message for fragment in fragments), message


def test_sound_layout_has_no_problems(tmp_path: Path) -> None:
    """A layout as the build writes it is sound."""
    store(tmp_path)
    assert problems(tmp_path) == []


def test_shared_blobs_are_followed(tmp_path: Path) -> None:
    """The folder of blobs may be a link to one that other layouts share."""
    store(tmp_path / "one")
    store(tmp_path / "two")
    stored_layer(tmp_path / "two", b"of another image")
    (tmp_path / "two/blobs").rename(tmp_path / "blobs")
    os.symlink("../blobs", tmp_path / "two/blobs")
    assert problems(tmp_path / "two") == []


def test_swapped_bytes_are_found(tmp_path: Path) -> None:
    """Other bytes under a layer's name are reported with both digests and both diff_ids."""
    image = store(tmp_path)
    stream = io.BytesIO()
    other = encode_layer(EncodeRequest({"file": FileEntry(b"3")}, {}), stream).layer
    write(tmp_path, blob_name(image.layers[0].digest), stream.getvalue())
    text = "\n".join(problems(tmp_path))
    assert f"digest: must be {image.layers[0].digest}, content is {other.digest}" in text
    assert f"diff_id: config says {image.layers[0].diff_id}, content is {other.diff_id}" in text


def test_cut_layer_is_found(tmp_path: Path) -> None:
    """A layer that lost its end is reported by size, and as no whole gzip stream."""
    image = store(tmp_path)
    path = tmp_path / blob_name(image.layers[0].digest)
    path.write_bytes(path.read_bytes()[:-9])
    text = "\n".join(problems(tmp_path))
    assert f"size: must be {image.layers[0].size}, content is {image.layers[0].size - 9}" in text
    assert "not a whole gzip stream" in text


@pytest.mark.parametrize("kind", ["layer", "config", "manifest"])
def test_missing_blob_is_found(tmp_path: Path, kind: str) -> None:
    """A blob that is referenced and absent is reported by its digest."""
    image = store(tmp_path)
    digest = {"layer": image.layers[1].digest, "config": image.image_id, "manifest": image.digest}
    (tmp_path / blob_name(digest[kind])).unlink()
    assert any(str(digest[kind].hex) in message for message in problems(tmp_path))


def test_unreferenced_blob_is_found(tmp_path: Path) -> None:
    """A blob that no image needs is reported."""
    store(tmp_path)
    layer = stored_layer(tmp_path, b"left over")
    assert_only(tmp_path, str(layer.digest), "no image of index.json needs it")


def test_wrong_size_in_the_manifest_is_found(tmp_path: Path) -> None:
    """A size that is not the blob's is reported."""
    image = store(tmp_path)
    replace_manifest(tmp_path, image, lambda manifest: manifest["layers"][0].update(size=1))
    assert_only(tmp_path, "layers[0]: size: must be 1, content is")


def test_wrong_media_type_is_found(tmp_path: Path) -> None:
    """A media type that is not a layer's is reported."""
    image = store(tmp_path)
    replace_manifest(tmp_path, image, lambda m: m["layers"][0].update(mediaType="text/plain"))
    assert_only(tmp_path, "layers[0]: mediaType must be one of", "was text/plain")


def test_compression_that_is_not_there_is_found(tmp_path: Path) -> None:
    """A plain tar under the gzip media type is reported."""
    image = store(tmp_path)
    path = tmp_path / blob_name(image.layers[0].digest)
    plain = gzip.decompress(path.read_bytes())
    path.unlink()
    write(tmp_path, blob_name(Digest.of(plain)), plain)
    replace_manifest(
        tmp_path,
        image,
        lambda m: m["layers"][0].update(digest=str(Digest.of(plain)), size=len(plain)),
    )
    assert_only(tmp_path, "diff_id", "not a whole gzip stream")


def test_fewer_diff_ids_than_layers_are_found(tmp_path: Path) -> None:
    """Config and manifest must agree on the number of layers."""
    image = store(tmp_path)
    replace_config(tmp_path, image, lambda config: config["rootfs"]["diff_ids"].pop())
    assert_only(tmp_path, "config says 1 layers, manifest says 2")


def test_swapped_diff_ids_are_found(tmp_path: Path) -> None:
    """Config and manifest must list the layers in the same order."""
    image = store(tmp_path)
    replace_config(tmp_path, image, lambda config: config["rootfs"]["diff_ids"].reverse())
    assert len(problems(tmp_path)) == 2


def test_unreadable_config_is_found(tmp_path: Path) -> None:
    """A config without diff_ids is a problem, not a crash."""
    image = store(tmp_path)
    replace_config(tmp_path, image, lambda config: config.pop("rootfs"))
    assert any("rootfs/diff_ids must list digests" in message for message in problems(tmp_path))


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"manifests":[{"digest":"sha256:1"}]}'])
def test_broken_index_is_found(tmp_path: Path, text: bytes) -> None:
    """An index.json that is no index is a problem, not a crash."""
    store(tmp_path)
    write(tmp_path, "index.json", text)
    assert_only(tmp_path, "index.json")


def test_missing_marker_is_found(tmp_path: Path) -> None:
    """A layout needs its marker file."""
    store(tmp_path)
    (tmp_path / "oci-layout").unlink()
    assert_only(tmp_path, "oci-layout")


def test_command_prints_one_line_for_each_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command fails when there is a problem and is silent when there is none."""
    store(tmp_path)
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""
    (tmp_path / "oci-layout").unlink()
    assert main([str(tmp_path)]) == 1
    assert len(capsys.readouterr().out.splitlines()) == 1
