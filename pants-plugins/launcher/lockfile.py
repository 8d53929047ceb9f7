"""Hashed requirements files: reading them, and writing them in their one form."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass, replace
from pathlib import Path

from launcher.errors import LauncherError

PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)(?: ; (?P<marker>.+))?")
HASH = re.compile(r"--hash=(sha256:[0-9a-f]{64})")


@dataclass(frozen=True)
class Pin:
    """One requirement of a lock."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]

    def under(self, always: Set[str]) -> Pin:
        """Drop the conditions that always hold."""
        if " or " in self.marker:
            return self
        kept = [one for one in self.marker.split(" and ") if one not in always]
        return replace(self, marker=" and ".join(kept))

    def render(self) -> str:
        """Write the requirement as pip and uv do."""
        marker = f" ; {self.marker}" if self.marker else ""
        lines = [
            f"{self.name}=={self.version}{marker}",
            *(f"    --hash={one}" for one in self.hashes),
        ]
        return " \\\n".join(lines) + "\n"


def parse_lockfile(text: str, where: str) -> tuple[Pin, ...]:
    """Turn the text of a lock into its pins; anything but comments and hashed pins is an error."""
    logical = text.replace("\\\n", " ").splitlines()
    return tuple(_pin(line, where) for line in logical if line.strip() and not line.startswith("#"))


def _pin(line: str, where: str) -> Pin:
    head = HASH.sub("", line).strip()
    match = PIN.fullmatch(head)
    hashes = tuple(HASH.findall(line))
    if match is None or not hashes:
        expected = "name==version with sha256 hashes"
        raise LauncherError(where, expected, repr(line.strip()[:80]), "make lock")
    return Pin(match["name"], match["version"], (match["marker"] or "").strip(), hashes)


def read_lockfile(path: Path) -> tuple[Pin, ...]:
    """Read a lock."""
    try:
        return parse_lockfile(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        found = error.strerror or "nothing"
        raise LauncherError(str(path), "a lock", found, f"git checkout {path.name}") from error


def pin_of(path: Path, name: str) -> Pin:
    """Find one requirement in a lock."""
    for pin in read_lockfile(path):
        if pin.name == name:
            return pin
    raise LauncherError(str(path), f"a pin of {name}", "none", "make lock")
