"""The seam to a container engine: what it has, and how it is given more. No decision here."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from fleet.errors import FleetError, ToolMissingError
from oci.digest import Digest

LOAD_TIMEOUT = 600


@dataclass(frozen=True)
class EngineImage:
    """An image that an engine has: its config digest, names, and layers as diff_ids."""

    image_id: Digest
    refs: tuple[str, ...]
    diff_ids: tuple[Digest, ...]


class Engine(Protocol):
    """A container engine."""

    def images(self) -> tuple[EngineImage, ...]:
        """Give every image that the engine has."""
        ...

    def load(self, archive: Iterator[bytes]) -> None:
        """Take in a docker-archive."""
        ...

    def containers(self, label: str) -> tuple[Mapping[str, Any], ...]:
        """Give what is known of each container with a label, running or not."""
        ...

    def events(self, label: str, since: float, until: float) -> Iterator[Mapping[str, Any]]:
        """Tell what happens to containers with a label, from one moment to another."""
        ...


class EngineError(FleetError):
    """The engine cannot be reached, or refuses."""


class DockerEngine:
    """A docker daemon, by its API."""

    def __init__(self, environ: Mapping[str, str], host: str | None = None) -> None:
        try:
            import docker
        except ImportError as error:
            message = "the docker SDK for Python must be installed, was not found"
            raise ToolMissingError(message, "pip install docker") from error
        where = host or environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
        self._errors = (docker.errors.DockerException, OSError)
        try:
            self._client = docker.DockerClient(base_url=where, timeout=LOAD_TIMEOUT)
            self._client.ping()
        except self._errors as error:
            message = f"{where}: must be a docker engine, cannot be reached"
            raise EngineError(message, "Start it, or name another by DOCKER_HOST") from error

    def images(self) -> tuple[EngineImage, ...]:
        """Give every image that the engine has."""
        return tuple(
            EngineImage(
                Digest.parse(image.id),
                tuple(image.tags),
                tuple(map(Digest.parse, image.attrs["RootFS"].get("Layers") or ())),
            )
            for image in self._client.images.list()
        )

    def load(self, archive: Iterator[bytes]) -> None:
        """Take in a docker-archive."""
        try:
            for answer in self._client.api.load_image(archive, quiet=True):
                if "error" in answer:
                    raise EngineError(f"the engine refused an image: {answer['error']}")
        except self._errors as error:
            raise EngineError(f"the engine broke off a load: {error}") from error

    def containers(self, label: str) -> tuple[Mapping[str, Any], ...]:
        """Give what is known of each container with a label, running or not."""
        found = self._client.containers.list(all=True, filters={"label": label})
        return tuple(container.attrs for container in found)

    def events(self, label: str, since: float, until: float) -> Iterator[Mapping[str, Any]]:
        """Tell what happens to containers with a label, from one moment to another."""
        filters = {"label": label, "type": "container"}
        told = self._client.events(
            since=int(since), until=math.ceil(until), filters=filters, decode=True
        )
        yield from told
