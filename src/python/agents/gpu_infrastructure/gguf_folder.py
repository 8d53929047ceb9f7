"""
The GGUF files of one folder: listed, read when they changed, held in memory when loaded.

Nothing outside of the folder is looked at: a model is a plain file in it, links are not followed.
"""

from __future__ import annotations

import mmap
import re
from pathlib import Path
from typing import Final

from agents.gpu_infrastructure.gguf_file import GgufError, GgufModel, open_model, read_model

SUFFIX: Final = ".gguf"
MAX_FILES: Final = 200

Stamp = tuple[int, int]

_NAME = re.compile(r"[\w.:@+-]{1,200}")


class GgufFolder:
    """Know the models of a folder and hold those that are loaded; blocking, for a thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[str, tuple[Stamp, GgufModel | GgufError]] = {}
        self._held: dict[str, mmap.mmap] = {}

    def models(self) -> dict[str, GgufModel | GgufError]:
        """Return each model of the folder by name, or why it cannot be used."""
        if not self.folder.is_dir():
            return {}
        files = (path for path in self.folder.glob(f"*{SUFFIX}") if _NAME.fullmatch(path.stem))
        found = {path.stem: self._look(path) for path in sorted(files)[:MAX_FILES]}
        self._read = {name: self._read[name] for name in found}
        return found

    def hold(self, name: str) -> GgufModel:
        """Map a model's file and return what it says; it stays mapped until it is let go."""
        model, mapped = open_model(self.folder / f"{name}{SUFFIX}")
        self.let_go(name)
        # Ask for the pages now, so that the first use need not wait for the disk.
        mapped.madvise(mmap.MADV_WILLNEED)
        self._held[name] = mapped
        return model

    def let_go(self, name: str) -> None:
        """Give the memory of a model back."""
        mapped = self._held.pop(name, None)
        if mapped is not None:
            mapped.close()

    def let_all_go(self) -> None:
        """Give all memory back."""
        for name in tuple(self._held):
            self.let_go(name)

    def _look(self, path: Path) -> GgufModel | GgufError:
        try:
            status = path.lstat()
        except OSError as error:  # it went between the listing and this look
            return GgufError(f"cannot read {path.name}: {error.strerror}")
        stamp = (status.st_mtime_ns, status.st_size)
        known = self._read.get(path.stem)
        if known is None or known[0] != stamp:
            known = (stamp, _read(path))
            self._read[path.stem] = known
        return known[1]


def _read(path: Path) -> GgufModel | GgufError:
    try:
        return read_model(path)
    except GgufError as error:
        return error
