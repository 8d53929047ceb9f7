"""Archives for docker load."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from oci.chain import chain_ids
from oci.digest import Digest
from oci.docker_archive import main, open_images, write_archive
from oci.encode import EncodeRequest, encode_layer
from oci.errors import LayoutError
from oci.image import Config, Image
from oci.layer import Layer
from oci.layout import blob_name, layout_files
from oci.tree import FileEntry


def stored_layer(folder: Path, content: bytes) -> Layer:
    """Put a layer of one file among the blobs."""
    stream = io.BytesIO()
    layer = encode_layer(EncodeRequest({"file": FileEntry(content)}, {}), stream).layer
    path = folder / blob_name(layer.digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(stream.getvalue())
    return layer


@pytest.fixture
def images(tmp_path: Path) -> tuple[Image, Image]:
    """Store two images that share their lowest layer."""
    base, one, two = (stored_layer(tmp_path, name) for name in (b"base", b"one", b"two"))
    pair = Image.create([base, one], Config()), Image.create([base, two], Config())
    for name, content in layout_files([("one", pair[0]), ("r/two:3", pair[1])]).items():
        (tmp_path / name).write_bytes(content)
    return pair


def archived(folder: Path, present: tuple[Digest, ...] = ()) -> dict[str, bytes]:
    """Write an archive and read it back, member by member."""
    stream = io.BytesIO()
    write_archive(open_images(folder), stream, present)
    stream.seek(0)
    with tarfile.open(fileobj=stream) as archive:
        names = archive.getnames()
        assert len(names) == len(set(names))
        return {name: read(archive, name) for name in names}


def read(archive: tarfile.TarFile, name: str) -> bytes:
    """Return one member's content."""
    member = archive.extractfile(name)
    assert member is not None
    return member.read()


def manifest(members: dict[str, bytes]) -> Any:
    """Return the list of images in the archive."""
    return json.loads(members["manifest.json"])


def test_shared_layer_is_written_once(tmp_path: Path, images: tuple[Image, Image]) -> None:
    """Two images that share a layer carry it once."""
    members = archived(tmp_path)
    assert len([name for name in members if name.endswith(".tar")]) == 3
    first, second = manifest(members)
    assert first["Layers"][0] == second["Layers"][0]


def test_members_are_what_their_names_say(tmp_path: Path, images: tuple[Image, Image]) -> None:
    """Configs and layers are named by their digest."""
    for name, content in archived(tmp_path).items():
        if name != "manifest.json":
            assert name.partition(".")[0] == Digest.of(content).hex


def test_tags_come_from_the_layout(tmp_path: Path, images: tuple[Image, Image]) -> None:
    """An image is tagged with its name in the layout, which may hold a tag already."""
    assert [item["RepoTags"] for item in manifest(archived(tmp_path))] == [
        ["one:latest"],
        ["r/two:3"],
    ]


def test_present_layers_are_left_out(tmp_path: Path, images: tuple[Image, Image]) -> None:
    """A layer whose ChainID the engine has is named, not carried."""
    base, one = chain_ids(layer.diff_id for layer in images[0].layers)
    members = archived(tmp_path, (base, one))
    assert [name for name in members if name.endswith(".tar")] == [
        f"{images[1].layers[1].digest.hex}.tar"
    ]
    assert all(len(item["Layers"]) == 2 for item in manifest(members))


def test_diff_id_alone_does_not_count_as_present(
    tmp_path: Path, images: tuple[Image, Image]
) -> None:
    """A layer that the engine has over another stack must be carried."""
    members = archived(tmp_path, (images[0].layers[1].diff_id,))
    assert f"{images[0].layers[1].digest.hex}.tar" in members


def test_missing_layer_is_an_error(tmp_path: Path, images: tuple[Image, Image]) -> None:
    """A layer that is neither present nor stored is an error, not a broken archive."""
    (tmp_path / blob_name(images[0].layers[1].digest)).unlink()
    with pytest.raises(LayoutError, match="must be a layer of one, found nothing"):
        archived(tmp_path)


def test_command_writes_the_same_archive(tmp_path: Path, images: tuple[Image, Image]) -> None:
    """The command and the function write the same bytes, twice the same."""
    stream = io.BytesIO()
    write_archive(open_images(tmp_path), stream)
    assert main([str(tmp_path), "--output", str(tmp_path / "x.tar")]) == 0
    assert (tmp_path / "x.tar").read_bytes() == stream.getvalue()
