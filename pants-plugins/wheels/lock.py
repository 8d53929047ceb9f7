"""Pins of a lockfile, and which of them a platform wants. No network, no files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from wheels.errors import WheelError

REFRESH = "make lock"
_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)(?: ; (?P<marker>.+))?")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Pin:
    """One distribution of a lockfile; `hashes` are the sha256 of its files, one a platform."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


def normalize(name: str) -> str:
    """Spell a distribution's name as an index does (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Join continued lines, each with the number of its first one; leave out comments."""
    number = 1
    for line in text.replace("\\\n", "\0").split("\n"):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line.replace("\0", "  ")
        number += 1 + line.count("\0")


def parse_lock(text: str, where: str) -> tuple[Pin, ...]:
    """Read a hashed requirements file.

    Raises
    ------
        WheelError: when a line is not a pin with hashes; it names the file and the line.
    """
    pins = []
    for number, line in _logical_lines(text):
        head = _HASH.sub("", line).strip()
        match = _PIN.fullmatch(head)
        hashes = tuple(sorted(_HASH.findall(line)))
        if match is None or not hashes:
            expected = "name==version with sha256 hashes"
            raise WheelError(f"{where}:{number}", expected, repr(head[:80]), REFRESH)
        marker = (match["marker"] or "").strip()
        pins.append(Pin(normalize(match["name"]), match["version"], marker, hashes))
    return tuple(sorted(pins, key=lambda pin: pin.name))
