"""
Old files of one folder, found and taken away. Nothing outside of it is ever touched.

No link is followed. Which files count is the caller's choice.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MAX_FILES: Final = 10_000

Choice = Callable[[Path], bool]
"""Tells whether a file counts, by its path below the folder."""


@dataclass(frozen=True)
class CleanUp:
    """How many files went, how large they were, and how many stay."""

    files: int = 0
    freed_bytes: int = 0
    kept: int = 0

    def __add__(self, other: CleanUp) -> CleanUp:
        """Add up two folders."""
        return CleanUp(
            self.files + other.files,
            self.freed_bytes + other.freed_bytes,
            self.kept + other.kept,
        )


def clean_up(folder: Path, before: float, counts: Choice, *, is_dry_run: bool) -> CleanUp:
    """Take away what was not written since `before` (unix seconds), or only count it."""
    found = CleanUp()
    for path in _files(folder, counts):
        found += _take_away(path, before, is_dry_run)
    return found


def _take_away(path: Path, before: float, is_dry_run: bool) -> CleanUp:
    try:
        status = path.lstat()
        if status.st_mtime > before:
            return CleanUp(kept=1)
        if not is_dry_run:
            path.unlink()
    except OSError:  # somebody else was faster, or may and we may not
        return CleanUp(kept=1)
    return CleanUp(files=1, freed_bytes=status.st_size)


def _files(folder: Path, counts: Choice) -> Iterator[Path]:
    count = 0
    for where, _, names in os.walk(folder, followlinks=False):
        for name in sorted(names):
            path = Path(where, name)
            if counts(path.relative_to(folder)):
                count += 1
                if count > MAX_FILES:
                    return
                yield path
