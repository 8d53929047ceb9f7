"""
Training material as lines of a file. Which material is valuable may not enter.

Lines are appended; the file is written anew when it has many that hold no longer.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from common.contracts.learning import Material

MOST_DEAD_LINES: Final = 500


class MaterialFile:
    """Read and write one file; the last line of a text is the one that holds."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = 0

    def read(self) -> tuple[Material, ...]:
        """Return what was written, oldest first; half a line of a crash is passed over."""
        if not self._path.exists():
            return ()
        lines = self._path.read_text(encoding="utf-8", errors="replace").splitlines()
        self._lines = len(lines)
        found: dict[str, Material] = {}
        for line in lines:
            try:
                material = Material.model_validate_json(line)
            except ValidationError:
                continue
            found.pop(material.text, None)
            found[material.text] = material
        return tuple(found.values())

    def write(self, fresh: Material, everything: Iterable[Material]) -> None:
        """Append what is new, or write everything when too many lines are dead."""
        material = tuple(everything)
        if self._lines + 1 > len(material) + MOST_DEAD_LINES or not self._path.exists():
            self._replace(material)
            return
        with self._path.open("a", encoding="utf-8") as file:
            file.write("\n" + fresh.model_dump_json())
        self._lines += 1

    def remove(self) -> None:
        """Delete the file, if there is one."""
        self._path.unlink(missing_ok=True)
        self._lines = 0

    def _replace(self, material: tuple[Material, ...]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        whole = self._path.with_suffix(".new")
        whole.write_text("\n".join(one.model_dump_json() for one in material), encoding="utf-8")
        whole.replace(self._path)
        self._lines = len(material)
