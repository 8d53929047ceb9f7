"""Archives for `docker load`: many images, each layer at most once, known layers left out.

Docker's loader does not open a layer whose ChainID the engine already has, so such a layer is
named but need not be in the archive. Nothing here talks to an engine.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import tarfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

if not __package__:
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from oci.canonical import canonical_json
from oci.chain import chain_ids
from oci.digest import Digest
from oci.encode import MTIME
from oci.errors import LayoutError, OciError
from oci.image import Descriptor
from oci.layout import Layout, StoredImage


@dataclass(frozen=True)
class ArchivedImage:
    """Hold an image to load: where it is stored and the tags that it gets."""

    layout: Layout
    image: StoredImage
    tags: tuple[str, ...] = ()


def open_images(layout: Path, tags: Iterable[str] = ()) -> tuple[ArchivedImage, ...]:
    """Read the images of a layout; without tags they get the name that the layout gives them."""
    reader, given = Layout(layout), tuple(tags)
    return tuple(
        ArchivedImage(reader, image, given or _default_tags(image)) for image in reader.images()
    )


def _default_tags(image: StoredImage) -> tuple[str, ...]:
    if not image.name:
        return ()
    has_tag = ":" in image.name.rpartition("/")[2]
    return (image.name if has_tag else f"{image.name}:latest",)


def missing_layers(
    image: StoredImage, present: Collection[Digest]
) -> Iterator[tuple[Descriptor, Digest]]:
    """Yield the layers, with their ChainIDs, that an engine with `present` ChainIDs lacks."""
    for layer, chain in zip(image.layers, chain_ids(image.diff_ids)):
        if chain not in present:
            yield layer, chain


def write_archive(
    images: Iterable[ArchivedImage], output: BinaryIO, present: Collection[Digest] = ()
) -> int:
    """Write a docker-archive and return how many bytes of layers went into it."""
    listed = tuple(images)
    known, written, size = set(present), set[str](), 0
    with tarfile.open(fileobj=output, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        _add_bytes(archive, "manifest.json", _manifest(listed))
        for item in listed:
            config = item.layout.blob(item.image.config.digest)
            if _config_name(item) not in written:
                _add_bytes(archive, _config_name(item), config.read_bytes())
                written.add(_config_name(item))
            for layer, chain in missing_layers(item.image, known):
                known.add(chain)
                if _layer_name(layer) not in written:
                    written.add(_layer_name(layer))
                    size += _add_layer(archive, item, layer)
    return size


def _manifest(images: Iterable[ArchivedImage]) -> bytes:
    return b"[" + b",".join(canonical_json(_manifest_entry(item)) for item in images) + b"]"


def _manifest_entry(item: ArchivedImage) -> dict[str, object]:
    return {
        "Config": _config_name(item),
        "RepoTags": list(item.tags) or None,
        "Layers": [_layer_name(layer) for layer in item.image.layers],
    }


def _config_name(item: ArchivedImage) -> str:
    return f"{item.image.config.digest.hex}.json"


def _layer_name(layer: Descriptor) -> str:
    return f"{layer.digest.hex}.tar"


def _add_layer(archive: tarfile.TarFile, item: ArchivedImage, layer: Descriptor) -> int:
    path = item.layout.blob(layer.digest)
    if not path.is_file():
        raise LayoutError(
            f"{path}: must be a layer of {item.image.name}, found nothing",
            hint="run the build again: pants package ::",
        )
    info = _header(_layer_name(layer), path.stat().st_size)
    with path.open("rb") as source:
        archive.addfile(info, source)
    return info.size


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    archive.addfile(_header(name, len(content)), io.BytesIO(content))


def _header(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, MTIME, 0o644
    return info


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the images of layouts to stdout, ready to be piped into `docker load`."""
    parser = argparse.ArgumentParser(prog="docker_archive", allow_abbrev=False)
    parser.add_argument("layouts", nargs="+", type=Path, metavar="LAYOUT")
    parser.add_argument("--tag", action="append", default=[], help="instead of the layout's name")
    parser.add_argument("--present", action="append", default=[], metavar="CHAIN_ID")
    parser.add_argument("--output", type=Path, default=None)
    options = parser.parse_args(arguments)
    try:
        present = {Digest.parse(text) for text in options.present}
        images = [item for path in options.layouts for item in open_images(path, options.tag)]
        if options.output is None:
            write_archive(images, sys.stdout.buffer, present)
        else:
            with options.output.open("wb") as output:
                write_archive(images, output, present)
    except (OciError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
