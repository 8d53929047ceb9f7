"""The machine's own apt: where it fetches from, and what its signed indexes say.

All knowledge of the commands of apt is in this file.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from debian.errors import PackageIndexError

_FORMAT = "$(ORIGIN)|$(CODENAME)|$(ARCHITECTURE)|$(REPO_URI)|$(FILENAME)"
_HELPER = "/usr/lib/apt/apt-helper"
_NO_APT = "give mirrors by hand: refresh.py --mirror BASE --mirror SECURITY_BASE"


@dataclass(frozen=True)
class IndexTarget:
    """Name one index that apt keeps: of which suite, from where and in which file."""

    codename: str
    architecture: str
    base: str
    file: Path


def _run(arguments: Sequence[str]) -> str:
    try:
        result = subprocess.run(arguments, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise PackageIndexError(
            f"{arguments[0]}: must be installed, is not", hint=_NO_APT
        ) from error
    if result.returncode:
        raise PackageIndexError(
            f"{' '.join(arguments)}: must succeed, failed with {result.stderr.strip()!r}",
            hint=_NO_APT,
        )
    return result.stdout


def update(lists: Path) -> None:
    """Fetch the indexes of all configured sources into a private folder, checking signatures.

    A source that fails is reported by what is then missing: other vendors' sources may fail.
    """
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    command = ["apt-get", "update", "-qq", *_options(lists)]
    try:
        subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise PackageIndexError("apt-get: must be installed, is not", hint=_NO_APT) from error


def _options(lists: Path | None) -> list[str]:
    if lists is None:
        return []
    return ["-o", f"Dir::State::Lists={lists}", "-o", "APT::Sandbox::User="]


def index_targets(suite: str, lists: Path | None = None) -> tuple[IndexTarget, ...]:
    """Return the indexes of a Debian suite, its updates and its security updates."""
    output = _run(
        ["apt-get", "indextargets", *_options(lists), "--format", _FORMAT, "Created-By: Packages"]
    )
    return tuple(parse_targets(output, suite))


def parse_targets(output: str, suite: str) -> Iterator[IndexTarget]:
    """Read apt's answer, leaving out other vendors and other suites."""
    for line in output.splitlines():
        origin, codename, architecture, base, file = line.split("|", 4)
        if origin == "Debian" and codename.split("-")[0] == suite:
            yield IndexTarget(codename, architecture, base, Path(file))


def read_index(target: IndexTarget) -> str:
    """Return the text of an index, which apt may keep compressed."""
    return _run([_HELPER, "cat-file", str(target.file)])


def mirrors(suite: str) -> tuple[str, ...]:
    """Return the bases that the machine's apt fetches a suite from, each once."""
    return tuple(dict.fromkeys(target.base.rstrip("/") for target in index_targets(suite)))
