"""Images as values: config and manifest documents, and their digests. No layer bytes in here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from oci import media_types
from oci.canonical import canonical_json
from oci.digest import Digest
from oci.layer import Layer

# A build time would change every image on every build.
CREATED = "1980-01-02T00:00:00Z"
_NANOSECONDS = 1_000_000_000
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Descriptor:
    """Point at a blob."""

    media_type: str
    digest: Digest
    size: int
    annotations: Pairs = ()

    def document(self) -> dict[str, object]:
        """Return the descriptor as the specification spells it."""
        document: dict[str, object] = {
            "mediaType": self.media_type,
            "digest": str(self.digest),
            "size": self.size,
        }
        return _with(document, annotations=dict(self.annotations))


@dataclass(frozen=True)
class Healthcheck:
    """State how an engine asks a container for its health; times are in seconds."""

    test: tuple[str, ...]
    interval: float = 10
    timeout: float = 3
    start_period: float = 0
    retries: int = 3

    def document(self) -> dict[str, object]:
        """Return Docker's extension of the config, whose times are in nanoseconds."""
        return {
            "Test": ["CMD", *self.test],
            "Interval": round(self.interval * _NANOSECONDS),
            "Timeout": round(self.timeout * _NANOSECONDS),
            "StartPeriod": round(self.start_period * _NANOSECONDS),
            "Retries": self.retries,
        }


@dataclass(frozen=True)
class Config:
    """State how a container of the image runs."""

    architecture: str = "amd64"
    os: str = "linux"
    entrypoint: tuple[str, ...] = ()
    cmd: tuple[str, ...] = ()
    env: Pairs = ()
    user: str = ""
    working_dir: str = ""
    exposed_ports: tuple[int, ...] = ()
    volumes: tuple[str, ...] = ()
    healthcheck: Healthcheck | None = None
    labels: Pairs = ()
    stop_signal: str = ""

    def document(self, layers: Iterable[Layer]) -> dict[str, object]:
        """Return the config of an image that has these layers."""
        stack = tuple(layers)
        return {
            "architecture": self.architecture,
            "os": self.os,
            "created": CREATED,
            "config": self._run_document(),
            "history": [
                {"created": CREATED, "created_by": " ".join(layer.contents) or "layer"}
                for layer in stack
            ],
            "rootfs": {"type": "layers", "diff_ids": [str(layer.diff_id) for layer in stack]},
        }

    def _run_document(self) -> dict[str, object]:
        return _with(
            {},
            Entrypoint=list(self.entrypoint),
            Cmd=list(self.cmd),
            Env=[f"{name}={value}" for name, value in sorted(self.env)],
            User=self.user,
            WorkingDir=self.working_dir,
            ExposedPorts={f"{port}/tcp": {} for port in self.exposed_ports},
            Volumes={path: {} for path in self.volumes},
            Healthcheck=self.healthcheck.document() if self.healthcheck else None,
            Labels=dict(self.labels),
            StopSignal=self.stop_signal,
        )


@dataclass(frozen=True)
class Manifest:
    """List the blobs of one image."""

    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: Pairs = ()

    def to_json(self) -> bytes:
        """Spell the manifest; the digest of these bytes is the digest of the image."""
        document: dict[str, object] = {
            "schemaVersion": 2,
            "mediaType": media_types.MANIFEST,
            "config": self.config.document(),
            "layers": [layer.document() for layer in self.layers],
        }
        return canonical_json(_with(document, annotations=dict(self.annotations)))


@dataclass(frozen=True)
class Image:
    """Hold an image: its layers and the exact bytes of its config and manifest."""

    layers: tuple[Layer, ...]
    config: bytes = field(repr=False)
    manifest: bytes = field(repr=False)
    architecture: str
    os: str

    @classmethod
    def create(cls, layers: Iterable[Layer], config: Config, annotations: Pairs = ()) -> Image:
        """Put layers, lowest first, under a config."""
        stack = tuple(layers)
        config_bytes = canonical_json(config.document(stack))
        manifest = Manifest(
            config=Descriptor(media_types.CONFIG, Digest.of(config_bytes), len(config_bytes)),
            layers=tuple(Descriptor(item.media_type, item.digest, item.size) for item in stack),
            annotations=annotations,
        )
        return cls(stack, config_bytes, manifest.to_json(), config.architecture, config.os)

    @property
    def digest(self) -> Digest:
        """Return the digest of the manifest: what a ref pins."""
        return Digest.of(self.manifest)

    @property
    def image_id(self) -> Digest:
        """Return the digest of the config: what an engine calls the image id."""
        return Digest.of(self.config)

    @property
    def size(self) -> int:
        """Return how many bytes a registry stores for the image."""
        return sum(layer.size for layer in self.layers) + len(self.config) + len(self.manifest)

    def descriptor(self, annotations: Pairs = ()) -> Descriptor:
        """Point at the manifest."""
        return Descriptor(media_types.MANIFEST, self.digest, len(self.manifest), annotations)


def _with(document: dict[str, object], **optional: object) -> dict[str, object]:
    """Add the values that are there: an absent key and an empty value mean the same."""
    return {**document, **{key: value for key, value in optional.items() if value}}
