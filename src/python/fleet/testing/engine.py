"""A container engine in memory, which opens the archives that it is given."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from typing import Any

from fleet.images.engine import EngineError, EngineImage
from oci.chain import chain_ids
from oci.digest import Digest


class FakeEngine:
    """Keep images as a docker daemon does: a layer that it knows may be missing in an archive."""

    def __init__(self) -> None:
        self.held: dict[Digest, EngineImage] = {}
        self.loads = 0

    def images(self) -> tuple[EngineImage, ...]:
        """Give every image that the engine has."""
        return tuple(self.held.values())

    def load(self, archive: Iterator[bytes]) -> None:
        """Take in a docker-archive."""
        self.loads += 1
        with tarfile.open(fileobj=io.BytesIO(b"".join(archive))) as opened:
            names = set(opened.getnames())
            for entry in json.loads(_read(opened, "manifest.json")):
                self._take(entry, _read(opened, entry["Config"]), names)

    def _take(self, entry: Mapping[str, Any], config: bytes, names: set[str]) -> None:
        diff_ids = tuple(map(Digest.parse, json.loads(config)["rootfs"]["diff_ids"]))
        known = {chain for image in self.held.values() for chain in chain_ids(image.diff_ids)}
        for layer, chain in zip(entry["Layers"], chain_ids(diff_ids), strict=True):
            if layer not in names and chain not in known:
                raise EngineError(f"layer {layer} is not in the archive, nor known")
        image = EngineImage(Digest.of(config), tuple(entry["RepoTags"] or ()), diff_ids)
        self.held[image.image_id] = image

    def containers(self, label: str) -> tuple[Mapping[str, Any], ...]:
        """Give nothing: this engine runs no containers."""
        return ()

    def events(self, label: str, since: float, until: float) -> Iterator[Mapping[str, Any]]:
        """Tell nothing: this engine runs no containers."""
        return iter(())


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(name)
    if member is None:
        raise EngineError(f"{name} is not in the archive")
    return member.read()
