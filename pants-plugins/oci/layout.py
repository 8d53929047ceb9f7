"""OCI image layouts: the small files as plain bytes, and a reader of a layout on disk.

Writing to disk is the caller's: the build puts these files into its own trees. The folder of
blobs may be a link to a folder that several layouts share.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oci import media_types
from oci.canonical import canonical_json
from oci.digest import Digest
from oci.errors import DigestError, LayoutError
from oci.image import Descriptor, Image

REF_NAME = "org.opencontainers.image.ref.name"
_LAYOUT_VERSION = "1.0.0"
_ORDER = "run the build again: pants package ::"


def blob_name(digest: Digest) -> str:
    """Return the path of a blob inside a layout."""
    return f"blobs/{digest.algorithm}/{digest.hex}"


def index_files(images: Iterable[tuple[str, Image]]) -> dict[str, bytes]:
    """Return the files that name the images: oci-layout and index.json."""
    return {
        "oci-layout": canonical_json({"imageLayoutVersion": _LAYOUT_VERSION}),
        "index.json": canonical_json(
            {
                "schemaVersion": 2,
                "mediaType": media_types.INDEX,
                "manifests": [_indexed(name, image) for name, image in images],
            }
        ),
    }


def _indexed(name: str, image: Image) -> dict[str, object]:
    document = image.descriptor(((REF_NAME, name),)).document()
    return {**document, "platform": {"architecture": image.architecture, "os": image.os}}


def blob_files(images: Iterable[Image]) -> dict[str, bytes]:
    """Return the blobs that are made of text: manifests and configs."""
    blobs = {}
    for image in images:
        blobs[blob_name(image.digest)] = image.manifest
        blobs[blob_name(image.image_id)] = image.config
    return blobs


def layout_files(images: Iterable[tuple[str, Image]]) -> dict[str, bytes]:
    """Return every file of a layout but the layers."""
    named = tuple(images)
    return {**index_files(named), **blob_files(image for _, image in named)}


def parse_descriptor(document: Any, where: str) -> Descriptor:
    """Read a descriptor of an index or a manifest."""
    try:
        return Descriptor(
            media_type=str(document["mediaType"]),
            digest=Digest.parse(document["digest"]),
            size=int(document["size"]),
            annotations=tuple(sorted(document.get("annotations", {}).items())),
        )
    except (KeyError, TypeError, ValueError, AttributeError, DigestError) as error:
        raise LayoutError(f"{where}: must be a descriptor, found {error!r}", _ORDER) from error


@dataclass(frozen=True)
class StoredImage:
    """Hold what a layout on disk says about one of its images."""

    name: str
    descriptor: Descriptor
    config: Descriptor
    layers: tuple[Descriptor, ...]
    diff_ids: tuple[Digest, ...]


@dataclass(frozen=True)
class Layout:
    """Read an image layout on disk."""

    path: Path

    def blob(self, digest: Digest) -> Path:
        """Return where a blob is kept."""
        return self.path / blob_name(digest)

    def descriptors(self) -> tuple[Descriptor, ...]:
        """Return what index.json lists."""
        where = self.path / "index.json"
        manifests = _read_object(where).get("manifests")
        if not isinstance(manifests, list):
            raise LayoutError(f"{where}: manifests must be a list, was {manifests!r}", _ORDER)
        return tuple(
            parse_descriptor(item, f"{where}: manifests[{number}]")
            for number, item in enumerate(manifests)
        )

    def image(self, descriptor: Descriptor) -> StoredImage:
        """Read the manifest and the config of one image."""
        where = self.blob(descriptor.digest)
        manifest = _read_object(where)
        config = parse_descriptor(manifest.get("config"), f"{where}: config")
        layers = tuple(
            parse_descriptor(item, f"{where}: layers[{number}]")
            for number, item in enumerate(manifest.get("layers", ()))
        )
        name = dict(descriptor.annotations).get(REF_NAME, "")
        return StoredImage(name, descriptor, config, layers, self._diff_ids(config.digest))

    def _diff_ids(self, config: Digest) -> tuple[Digest, ...]:
        where = self.blob(config)
        try:
            return tuple(Digest.parse(text) for text in _read_object(where)["rootfs"]["diff_ids"])
        except (KeyError, TypeError, AttributeError, DigestError) as error:
            raise LayoutError(
                f"{where}: rootfs/diff_ids must list digests, found {error!r}", _ORDER
            ) from error

    def images(self) -> tuple[StoredImage, ...]:
        """Read every image of the layout."""
        return tuple(self.image(descriptor) for descriptor in self.descriptors())


def _read_object(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise LayoutError(f"{path}: must be a file, found {error.strerror}", _ORDER) from error
    except ValueError as error:
        raise LayoutError(f"{path}: must be JSON, found {error}", _ORDER) from error
    if not isinstance(document, dict):
        raise LayoutError(f"{path}: must be a JSON object, was {type(document).__name__}", _ORDER)
    return document
