"""Image layouts on disk as the build writes them: blobs are links to a folder that all share."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

from oci.digest import Digest
from oci.image import Config, Image
from oci.layer import Layer
from oci.layout import blob_name, layout_files


def write_layout(images: Path, slug: str, *contents: str) -> Image:
    """Write an image whose layers each hold one file with one of the contents."""
    folder, shared = images / slug, images / ".blobs"
    layers = tuple(_write_layer(shared, text) for text in contents)
    image = Image.create(layers, Config(labels=(("agent", slug),)))
    for name, content in layout_files([(slug, image)]).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    for layer in layers:
        link = folder / blob_name(layer.digest)
        link.symlink_to(shared / layer.digest.hex)
    return image


def _write_layer(shared: Path, text: str) -> Layer:
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        info = tarfile.TarInfo(f"{text}.txt")
        info.size = len(text)
        archive.addfile(info, io.BytesIO(text.encode()))
    packed = gzip.compress(tar.getvalue(), mtime=0)
    shared.mkdir(parents=True, exist_ok=True)
    digest = Digest.of(packed)
    (shared / digest.hex).write_bytes(packed)
    return Layer(digest, Digest.of(tar.getvalue()), len(packed))
