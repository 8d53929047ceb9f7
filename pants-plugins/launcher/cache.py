"""The cache folder: entries appear whole or not at all.

An entry is named by what it is and by the fingerprint of its inputs, and never changes afterwards.
What goes into an entry is not known here.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from launcher.errors import LauncherError
from launcher.narration import Narration, step

TEMPORARY = ".tmp-"


@dataclass(frozen=True)
class Entry:
    """One thing to have in the cache."""

    name: str
    fingerprint: str
    title: str

    @property
    def folder(self) -> str:
        """Name the folder of the entry."""
        return f"{self.name}-{self.fingerprint[:20]}"


@dataclass(frozen=True)
class Cache:
    """A folder of entries that several launchers may use at once."""

    root: Path
    narration: Narration

    def obtain(self, entry: Entry, build: Callable[[Path], None]) -> Path:
        """Return the folder of the entry, building it when it is missing."""
        final = self.root / entry.folder
        if final.is_dir():
            return final
        self._make_root()
        with self._locked(entry):
            if final.is_dir():
                return final
            self.sweep(entry.folder)
            temporary = Path(tempfile.mkdtemp(prefix=f"{entry.folder}{TEMPORARY}", dir=self.root))
            try:
                with step(self.narration, entry.title):
                    build(temporary)
                temporary.chmod(0o755)
                os.rename(temporary, final)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
        return final

    def sweep(self, folder: str) -> None:
        """Remove what killed builds of an entry left behind; the caller holds its lock."""
        for left in self.root.glob(f"{folder}{TEMPORARY}*"):
            shutil.rmtree(left, ignore_errors=True)

    def sweep_all(self) -> None:
        """Remove what killed builds of any entry left behind, unless its builder still runs."""
        for folder in {left.name.split(TEMPORARY)[0] for left in self.root.glob(f"*{TEMPORARY}*")}:
            with open(self._lock_path(folder), "ab") as lock:
                if _try_lock(lock.fileno()):
                    self.sweep(folder)

    def _make_root(self) -> None:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LauncherError(
                str(self.root),
                "a folder that can be written",
                error.strerror or str(error),
                "PANTS_CACHE_DIR=/var/tmp/pants ./pants --version",
            ) from error

    def _lock_path(self, folder: str) -> Path:
        return self.root / f"{folder}.lock"

    @contextmanager
    def _locked(self, entry: Entry) -> Iterator[None]:
        with open(self._lock_path(entry.folder), "ab") as lock:
            if not _try_lock(lock.fileno()):
                self.narration.say(f"{entry.title}: wait for another start that is doing it")
                fcntl.flock(lock.fileno(), fcntl.LOCK_EX)
            yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
