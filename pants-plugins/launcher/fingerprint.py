"""Names for content. Nothing here may look at the clock, the machine or the environment."""

from __future__ import annotations

import hashlib
from pathlib import Path


def fingerprint(*parts: str) -> str:
    """Digest the parts so that no two different sequences share a name."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogateescape")
        digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest()


def sha256_of(path: Path) -> str:
    """Digest the bytes of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()
