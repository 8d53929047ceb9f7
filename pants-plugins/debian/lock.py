"""The lock of Debian packages and the list of wanted ones: text to values and back.

A lock names no host: where a package comes from is the machine's own configuration.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from debian.errors import LockError

REFRESH = "make lock"
_PATTERNS = {
    "name": (re.compile(r"[a-z0-9][a-z0-9+.-]+"), "a Debian package name"),
    "version": (re.compile(r"[A-Za-z0-9.+~:-]+"), "a Debian version"),
    "architecture": (re.compile(r"[a-z0-9-]+"), "a Debian architecture such as amd64 or all"),
    "path": (re.compile(r"pool/[A-Za-z0-9+.~_%:/-]+\.deb"), "a path pool/....deb"),
    "sha256": (re.compile(r"[0-9a-f]{64}"), "64 lower case hex characters"),
}


@dataclass(frozen=True, order=True)
class Package:
    """Pin one .deb file; `path` is relative to the base of any mirror."""

    name: str
    version: str
    architecture: str
    path: str
    sha256: str
    size: int

    @classmethod
    def parse(cls, document: object, where: str) -> Package:
        """Read one package of a lock."""
        if not isinstance(document, Mapping):
            raise LockError(f"{where}: must be an object, was {document!r}", REFRESH)
        expected = [field.name for field in fields(cls)]
        if sorted(document) != sorted(expected):
            raise LockError(
                f"{where}: must have the keys {', '.join(sorted(expected))}, "
                f"was {', '.join(sorted(document))}",
                REFRESH,
            )
        for key, (pattern, meaning) in _PATTERNS.items():
            value = document[key]
            if not isinstance(value, str) or not pattern.fullmatch(value) or ".." in value:
                raise LockError(f"{where}: {key}: must be {meaning}, was {value!r}", REFRESH)
        size = document["size"]
        if isinstance(size, bool) or not isinstance(size, int) or size <= 0:
            raise LockError(f"{where}: size: must be a positive number, was {size!r}", REFRESH)
        return cls(**{key: document[key] for key in expected})

    def to_json(self) -> str:
        """Spell the package as the argument of fetch.py."""
        return json.dumps(asdict(self), sort_keys=True)

    @property
    def file_name(self) -> str:
        """Return the name of the .deb file."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Lock:
    """Hold the pinned packages, sorted by name."""

    packages: tuple[Package, ...]

    @classmethod
    def parse(cls, text: str, where: str) -> Lock:
        """Read the text of a lock; errors name the line."""
        packages = tuple(
            Package.parse(document, f"{where}:{line}") for line, document in _objects(text, where)
        )
        names = [package.name for package in packages]
        if names != sorted(set(names)):
            wrong = next(
                (b for a, b in zip(names, names[1:]) if b <= a),
                "nothing",
            )
            raise LockError(
                f"{where}: must list each package once and sorted by name, "
                f"{wrong} is repeated or out of order",
                REFRESH,
            )
        return cls(packages)

    @classmethod
    def create(cls, packages: Iterable[Package]) -> Lock:
        """Sort packages into a lock."""
        return cls(tuple(sorted(packages)))

    def to_json(self) -> str:
        """Spell the lock; equal locks are equal bytes."""
        documents = [asdict(package) for package in self.packages]
        return json.dumps(documents, indent=2, sort_keys=True) + "\n"


def _objects(text: str, where: str) -> Iterator[tuple[int, Any]]:
    """Yield the items of a JSON array with the line that each begins on."""
    try:
        whole = json.loads(text)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise LockError(f"{where}:{line}: must be JSON, found {error}", REFRESH) from error
    if not isinstance(whole, list):
        found = type(whole).__name__
        raise LockError(f"{where}:1: must be a list of packages, was {found}", REFRESH)
    decoder = json.JSONDecoder()
    position = text.index("[") + 1
    for _ in whole:
        position = next(_starts(text, position))
        document, end = decoder.raw_decode(text, position)
        yield text.count("\n", 0, position) + 1, document
        position = end


def _starts(text: str, position: int) -> Iterator[int]:
    return (index for index in range(position, len(text)) if text[index] not in " \t\r\n,")


@dataclass(frozen=True)
class WantedPackage:
    """Name a package that the images need, and why."""

    name: str
    reason: str


def parse_wanted(text: str, where: str) -> tuple[WantedPackage, ...]:
    """Read the list of wanted packages: `name  # reason` on each line."""
    wanted: dict[str, WantedPackage] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        name, _, reason = (part.strip() for part in line.partition("#"))
        if not name:
            continue
        here = f"{where}:{number}"
        pattern, meaning = _PATTERNS["name"]
        if not pattern.fullmatch(name):
            raise LockError(f"{here}: must be {meaning}, was {name!r}")
        if not reason:
            raise LockError(
                f"{here}: {name}: must say why it is wanted, has no comment",
                hint=f"{name}  # who needs it",
            )
        if name in wanted:
            raise LockError(f"{here}: {name}: must be listed once, is listed again")
        wanted[name] = WantedPackage(name, reason)
    return tuple(wanted.values())
