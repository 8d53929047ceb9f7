"""The lock of the Debian packages that make up a CPython 3.9: names and hashes, never a host."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from launcher.errors import LauncherError

KEYS = ("name", "version", "path", "sha256", "size")


@dataclass(frozen=True, order=True)
class LockedDeb:
    """One .deb: where it lies on every Debian mirror, and the bytes that it must have."""

    name: str
    version: str
    path: str
    sha256: str
    size: int


@dataclass(frozen=True)
class DebLock:
    """The packages for one architecture."""

    architecture: str
    packages: tuple[LockedDeb, ...]

    def render(self) -> str:
        """Write the lock the one way it is written: sorted, one package a line."""
        lines = ",\n".join(f"    {json.dumps(asdict(one))}" for one in sorted(self.packages))
        return f'{{\n  "architecture": "{self.architecture}",\n  "packages": [\n{lines}\n  ]\n}}\n'

    def package(self, name: str) -> LockedDeb:
        """Find a package by name."""
        return next(one for one in self.packages if one.name == name)


def read_deb_lock(path: Path) -> DebLock:
    """Read the lock file."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise _broken(
            path, "the lock of the Debian packages", error.strerror or "nothing"
        ) from error
    return parse_deb_lock(text, path)


def parse_deb_lock(text: str, where: Path) -> DebLock:
    """Turn the text of a lock into a value."""
    try:
        raw = json.loads(text)
        packages = tuple(_package(one, where) for one in raw["packages"])
        return DebLock(str(raw["architecture"]), packages)
    except (ValueError, KeyError, TypeError) as error:
        raise _broken(where, "JSON with architecture and packages", repr(error)) from error


def _package(raw: dict[str, object], where: Path) -> LockedDeb:
    if tuple(sorted(raw)) != tuple(sorted(KEYS)):
        raise _broken(where, f"the keys {', '.join(KEYS)}", ", ".join(sorted(raw)))
    name, version, path, sha256 = (str(raw[key]) for key in KEYS[:4])
    size = raw["size"]
    if not re.fullmatch("[0-9a-f]{64}", sha256) or not isinstance(size, int):
        raise _broken(where, f"{name}: 64 hex digits and a size", f"{sha256!r}, {size!r}")
    if "://" in path or path.startswith("/") or ".." in path.split("/"):
        raise _broken(where, f"{name}: a path below a mirror", repr(path))
    return LockedDeb(name, version, path, sha256, size)


def _broken(where: Path, expected: str, found: str) -> LauncherError:
    return LauncherError(
        str(where), expected, found, f"git checkout {where.name}   # or: make lock"
    )
