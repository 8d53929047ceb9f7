"""Digests. Text becomes a Digest in `Digest.parse` and nowhere else."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from oci.errors import DigestError

_LENGTHS = {"sha256": 64, "sha512": 128}
_HEX = re.compile(r"[0-9a-f]+")


@dataclass(frozen=True, order=True)
class Digest:
    """Name bytes by their hash: `sha256:<64 lower case hex characters>`."""

    algorithm: str
    hex: str

    def __post_init__(self) -> None:
        length = _LENGTHS.get(self.algorithm)
        if length is None or len(self.hex) != length or not _HEX.fullmatch(self.hex):
            text = f"{self.algorithm}:{self.hex}"
            raise DigestError(
                f"digest: must be sha256: and 64 lower case hex characters, was {text!r}"
            )

    @classmethod
    def parse(cls, text: str) -> Digest:
        """Read a digest, accepting only its canonical spelling."""
        algorithm, _, hexadecimal = str(text).partition(":")
        return cls(algorithm, hexadecimal)

    @classmethod
    def of(cls, content: bytes) -> Digest:
        """Hash `content` with sha256."""
        return cls("sha256", hashlib.sha256(content).hexdigest())

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"
