"""Which images and layers an engine lacks, and one load that brings exactly those."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path

from fleet.errors import FleetError
from fleet.images.engine import Engine, EngineImage
from oci.chain import chain_ids
from oci.digest import Digest
from oci.docker_archive import ArchivedImage, missing_layers, open_images, write_archive

CHUNK = 1 << 20


@dataclass(frozen=True)
class LoadReport:
    """What a load did; bytes are of layers as they were sent."""

    loaded: tuple[str, ...]
    present: tuple[str, ...]
    sent_layers: int
    skipped_layers: int
    sent_bytes: int
    seconds: float

    def document(self) -> dict[str, object]:
        """Give the report as JSON can hold it."""
        return asdict(self)


@dataclass(frozen=True)
class LoadPlan:
    """What is to be sent: images without those that the engine has, and the layers it knows."""

    images: tuple[ArchivedImage, ...]
    present: tuple[str, ...]
    chains: frozenset[Digest]
    sent_layers: int
    skipped_layers: int


def content_ref(slug: str, image_id: Digest) -> str:
    """Name an image by what is in it."""
    return f"{slug}:{image_id.hex[:12]}"


def choose(images: Path, slugs: Iterable[str]) -> tuple[ArchivedImage, ...]:
    """Open the layouts of the images that are named, or of all."""
    if not images.is_dir():
        raise FleetError(f"{images}: must be a folder of images, was not found", BUILD)
    known = sorted(path.parent.name for path in images.glob("*/index.json"))
    wanted = sorted({slug.replace("-", "_") for slug in slugs}) or known
    if not wanted:
        raise FleetError(f"{images}: must hold image layouts, was empty", BUILD)
    for slug in wanted:
        if slug not in known:
            close = get_close_matches(slug, known, n=1)
            every = ", ".join(known)
            hint = f"Did you mean {close[0]}?" if close else f"Name one of {every}"
            raise FleetError(f"{images}: must hold an image {slug}, was not found", hint)
    return tuple(_open(images / slug, slug) for slug in wanted)


BUILD = "./pants package ::"


def _open(path: Path, slug: str) -> ArchivedImage:
    image = open_images(path)[0]
    return ArchivedImage(image.layout, image.image, (content_ref(slug, image.image.config.digest),))


def make_plan(images: Iterable[ArchivedImage], has: Iterable[EngineImage]) -> LoadPlan:
    """Leave out images that the engine has under their names, and layers that it has in any."""
    present = tuple(has)
    refs = {(ref, image.image_id) for image in present for ref in image.refs}
    chains = frozenset(chain for image in present for chain in chain_ids(image.diff_ids))
    wanted: list[ArchivedImage] = []
    there: list[str] = []
    for item in images:
        known = all((tag, item.image.config.digest) in refs for tag in item.tags)
        if known:
            there.extend(item.tags)
        else:
            wanted.append(item)
    lacking = [set(missing_layers(item.image, chains)) for item in wanted]
    sent = len({layer.digest for layers in lacking for layer, _ in layers})
    total = len({layer.digest for item in wanted for layer in item.image.layers})
    return LoadPlan(tuple(wanted), tuple(there), chains, sent, total - sent)


def load(plan: LoadPlan, engine: Engine) -> LoadReport:
    """Send what is missing, in one go, while it is being read."""
    began = time.monotonic()
    counted: list[int] = []
    if plan.images:
        engine.load(_archive(plan, counted))
    return LoadReport(
        loaded=tuple(tag for item in plan.images for tag in item.tags),
        present=plan.present,
        sent_layers=plan.sent_layers,
        skipped_layers=plan.skipped_layers,
        sent_bytes=sum(counted),
        seconds=time.monotonic() - began,
    )


def _archive(plan: LoadPlan, counted: list[int]) -> Iterator[bytes]:
    """Turn the writer of archives into a stream: a pipe with the writer at its other end."""
    reading, writing = os.pipe()
    failures: list[Exception] = []

    def write() -> None:
        try:
            with os.fdopen(writing, "wb", buffering=CHUNK) as output:
                counted.append(write_archive(plan.images, output, plan.chains))
        except Exception as error:  # it is raised again on the reader's side
            failures.append(error)

    writer = threading.Thread(target=write, name="archive", daemon=True)
    writer.start()
    with os.fdopen(reading, "rb", buffering=0) as stream:
        while chunk := stream.read(CHUNK):
            yield chunk
    writer.join()
    if failures:
        raise failures[0]
