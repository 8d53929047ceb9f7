"""Which files are temporary, by their names. How they are found and go is in `common.old_files`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

SUFFIXES: Final = (".tmp", ".temp", ".part")
FOLDER: Final = "temp"


def counts_as_temporary(path: Path) -> bool:
    """Tell whether a name says that the file is temporary, or that of a folder that it is in."""
    return path.name.endswith(SUFFIXES) or FOLDER in path.parent.parts
