"""Recompute everything that an image layout claims. No claim is taken from another claim."""

from __future__ import annotations

import hashlib
import os
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

if not __package__:
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from oci import media_types
from oci.digest import Digest
from oci.errors import OciError
from oci.image import Descriptor
from oci.layout import Layout, StoredImage

_CHUNK = 1 << 20
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, order=True)
class Problem:
    """Name a mismatch and both of its sides."""

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


@dataclass(frozen=True)
class _Content:
    digest: Digest
    size: int
    diff_id: Digest | None


@dataclass(frozen=True)
class Blobs:
    """Remember what blobs really hold, so that one that many layouts share is read once."""

    _known: dict[tuple[str, str], _Content | None] = field(default_factory=dict)

    def content(self, path: Path, media_type: str) -> _Content | None:
        """Return the true digest, size and diff_id, or None where there is no file."""
        key = (os.path.realpath(path), media_type)
        if key not in self._known:
            self._known[key] = _measure(path, media_type) if path.is_file() else None
        return self._known[key]


def _measure(path: Path, media_type: str) -> _Content:
    stored = hashlib.sha256()
    size = 0
    with path.open("rb") as source:
        for chunk in iter(lambda: source.read(_CHUNK), b""):
            stored.update(chunk)
            size += len(chunk)
    return _Content(Digest("sha256", stored.hexdigest()), size, _diff_id(path, media_type))


def _diff_id(path: Path, media_type: str) -> Digest | None:
    if media_type not in media_types.LAYERS:
        return None
    inflater = zlib.decompressobj(_GZIP_WINDOW) if media_type == media_types.LAYER_GZIP else None
    uncompressed = hashlib.sha256()
    with path.open("rb") as source:
        for chunk in iter(lambda: source.read(_CHUNK), b""):
            try:
                uncompressed.update(inflater.decompress(chunk) if inflater else chunk)
            except zlib.error:
                return None
    if inflater is not None and (not inflater.eof or inflater.unused_data):
        return None
    return Digest("sha256", uncompressed.hexdigest())


def validate(layout: Path, blobs: Blobs | None = None) -> Iterator[Problem]:
    """Yield every mismatch of a layout; nothing means that it is sound."""
    reader, known = Layout(layout), blobs or Blobs()
    try:
        descriptors = reader.descriptors()
    except OciError as error:
        yield Problem(str(layout), error.message)
        return
    if not (layout / "oci-layout").is_file():
        yield Problem(str(layout), "oci-layout: must be a file, found nothing")
    referenced: set[Digest] = set()
    for descriptor in descriptors:
        referenced.add(descriptor.digest)
        yield from _validate_image(reader, descriptor, known, referenced)
    if not (layout / "blobs").is_symlink():
        yield from _unreferenced(layout, referenced)


def _validate_image(
    reader: Layout, descriptor: Descriptor, blobs: Blobs, referenced: set[Digest]
) -> Iterator[Problem]:
    where = str(reader.path)
    if descriptor.media_type != media_types.MANIFEST:
        yield Problem(
            where, f"mediaType: must be {media_types.MANIFEST}, was {descriptor.media_type}"
        )
        return
    yield from _validate_blob(reader, "manifest", descriptor, blobs)
    try:
        image = reader.image(descriptor)
    except OciError as error:
        yield Problem(where, error.message)
        return
    referenced.update((image.config.digest, *(layer.digest for layer in image.layers)))
    yield from _validate_config(reader, image, blobs)
    yield from _validate_layers(reader, image, blobs)


def _validate_config(reader: Layout, image: StoredImage, blobs: Blobs) -> Iterator[Problem]:
    where = str(reader.path)
    yield from _validate_blob(reader, "config", image.config, blobs)
    if image.config.media_type != media_types.CONFIG:
        found = image.config.media_type
        yield Problem(where, f"config: mediaType must be {media_types.CONFIG}, was {found}")
    if len(image.diff_ids) != len(image.layers):
        yield Problem(
            where,
            f"diff_ids: config says {len(image.diff_ids)} layers, "
            f"manifest says {len(image.layers)}",
        )


def _validate_layers(reader: Layout, image: StoredImage, blobs: Blobs) -> Iterator[Problem]:
    for number, layer in enumerate(image.layers):
        name = f"layers[{number}]"
        if layer.media_type not in media_types.LAYERS:
            yield Problem(
                str(reader.path),
                f"{name}: mediaType must be one of {', '.join(media_types.LAYERS)}, "
                f"was {layer.media_type}",
            )
            continue
        yield from _validate_blob(reader, name, layer, blobs)
        content = blobs.content(reader.blob(layer.digest), layer.media_type)
        if content is None or number >= len(image.diff_ids):
            continue
        if content.diff_id != image.diff_ids[number]:
            found = content.diff_id or "not a whole gzip stream"
            yield Problem(
                str(reader.path),
                f"{name}: diff_id: config says {image.diff_ids[number]}, content is {found}",
            )


def _validate_blob(
    reader: Layout, name: str, descriptor: Descriptor, blobs: Blobs
) -> Iterator[Problem]:
    where = str(reader.path)
    content = blobs.content(reader.blob(descriptor.digest), descriptor.media_type)
    if content is None:
        yield Problem(where, f"{name}: blob {descriptor.digest}: must be a file, found nothing")
        return
    if content.digest != descriptor.digest:
        yield Problem(
            where, f"{name}: digest: must be {descriptor.digest}, content is {content.digest}"
        )
    if content.size != descriptor.size:
        yield Problem(where, f"{name}: size: must be {descriptor.size}, content is {content.size}")


def _unreferenced(layout: Path, referenced: set[Digest]) -> Iterator[Problem]:
    known = {digest.hex for digest in referenced}
    for path in sorted(layout.glob("blobs/*/*")):
        if path.name not in known:
            yield Problem(str(layout), f"blob sha256:{path.name}: no image of index.json needs it")


def main(arguments: Sequence[str] | None = None) -> int:
    """Validate layouts, print one line for each problem, and fail on the first kind of doubt."""
    layouts = sys.argv[1:] if arguments is None else list(arguments)
    if not layouts:
        print("error: must name at least one image layout\n", file=sys.stderr)
        print("hint: python -m oci.validate dist/images/knowledge_base", file=sys.stderr)
        return 2
    blobs = Blobs()
    found = False
    for layout in layouts:
        for problem in validate(Path(layout), blobs):
            found = True
            print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
