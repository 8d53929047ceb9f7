"""Layers as values: what a layer is called and what is in it. No file is read or written here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from oci.canonical import readable_json
from oci.digest import Digest
from oci.errors import DigestError, LayerError
from oci.media_types import LAYER_GZIP


@dataclass(frozen=True)
class Layer:
    """Describe a layer: `size` and `digest` are of the stored bytes, `diff_id` is of the tar."""

    digest: Digest
    diff_id: Digest
    size: int
    media_type: str = LAYER_GZIP
    contents: tuple[str, ...] = ()


@dataclass(frozen=True, order=True)
class LayerFile:
    """Describe one path of a layer; a directory is not listed."""

    path: str
    size: int
    digest: str


@dataclass(frozen=True)
class LayerDescription:
    """Hold a layer, its files and the encoder that wrote it: the content of layer.json."""

    layer: Layer
    files: tuple[LayerFile, ...]
    encoder: str

    def to_json(self) -> bytes:
        """Spell the description as the text of layer.json."""
        layer = self.layer
        return readable_json(
            {
                "contents": list(layer.contents),
                "diff_id": str(layer.diff_id),
                "digest": str(layer.digest),
                "encoder": self.encoder,
                "files": {file.path: [file.size, file.digest] for file in self.files},
                "media_type": layer.media_type,
                "size": layer.size,
            }
        )

    @classmethod
    def parse(cls, text: bytes, where: str = "layer.json") -> LayerDescription:
        """Read the text of a layer.json."""
        try:
            document = json.loads(text)
            layer = Layer(
                digest=Digest.parse(document["digest"]),
                diff_id=Digest.parse(document["diff_id"]),
                size=int(document["size"]),
                media_type=str(document["media_type"]),
                contents=tuple(document["contents"]),
            )
            files = tuple(
                LayerFile(path, int(size), str(digest))
                for path, (size, digest) in sorted(document["files"].items())
            )
            return cls(layer, files, str(document["encoder"]))
        except (KeyError, TypeError, ValueError, AttributeError, DigestError) as error:
            raise LayerError(f"{where}: must describe a layer, found {error!r}") from error


@dataclass(frozen=True, order=True)
class Collision:
    """Name a path that two layers of one image fill differently."""

    path: str
    first: str
    second: str

    def __str__(self) -> str:
        return f"{self.path}: is in {self.first} and, with other content, in {self.second}"


def collisions(layers: Iterable[tuple[str, LayerDescription]]) -> Iterator[Collision]:
    """Yield every path that a later layer would silently replace by other content."""
    owners: dict[str, tuple[str, str]] = {}
    for name, description in layers:
        for file in description.files:
            first, digest = owners.setdefault(file.path, (name, file.digest))
            if digest != file.digest:
                yield Collision(file.path, first, name)


def layers_by_digest(layers: Iterable[Layer]) -> Mapping[Digest, Layer]:
    """Index layers, keeping each stored blob once."""
    return {layer.digest: layer for layer in layers}
