"""
The engine of Apertium, when the machine has its programs and data: a far larger lexicon.

The steps of a language pair are those of its `.mode` file, run as processes without a shell.
Nothing is installed and nothing fetched: where it is missing, the engine does no pair at all.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

from common.translation.engine import Rendering

DATA: Final = Path("/usr/share/apertium")
SECONDS: Final = 10.0
CONFIDENCE: Final = 0.7
_NAMES: Final = {"en": "eng", "es": "spa"}
_UNKNOWN: Final = re.compile(r"\*([^\W\d_]+)")
_STEPS: Final = re.compile(r"^(?:lt-proc|lrx-proc|apertium-[a-z-]+|cg-proc|lsx-proc)$")


class ApertiumEngine:
    """Translate between Spanish and English by the Debian packages of Apertium."""

    name = "apertium"

    def __init__(self, data: Path = DATA) -> None:
        self._data = data

    def translates(self, source: str, target: str) -> bool:
        """Tell whether programs and data of a pair are here."""
        return bool(self._steps(source, target))

    def translate(self, text: str, source: str, target: str) -> Rendering:
        """Translate a text; what fails is a text that nobody knew."""
        steps = self._steps(source, target)
        try:
            said = _run(steps, text) if steps else ""
        except (OSError, subprocess.SubprocessError, UnicodeError):
            said = ""
        if not said.strip():
            return Rendering(text, confidence=0.0)
        unknown = tuple(dict.fromkeys(_UNKNOWN.findall(said)))
        words = max(1, len(text.split()))
        known = 1.0 - min(1.0, len(unknown) / words)
        return Rendering(_UNKNOWN.sub(r"\1", said), unknown, round(CONFIDENCE * known, 3))

    def _steps(self, source: str, target: str) -> tuple[tuple[str, ...], ...]:
        names = _NAMES.get(source), _NAMES.get(target)
        if None in names or source == target:
            return ()
        return _read_steps(self._data / "modes" / f"{names[0]}-{names[1]}.mode")


@cache
def _read_steps(mode: Path) -> tuple[tuple[str, ...], ...]:
    """Return the programs of a mode file, or nothing when one is missing."""
    try:
        written = mode.read_text()
    except OSError:
        return ()
    steps = []
    for part in written.strip().split("|"):
        program, *arguments = shlex.split(part.replace("$1", "-g").replace("$2", ""))
        found = shutil.which(program) if _STEPS.match(program) else None
        if found is None:
            return ()
        steps.append((found, *arguments))
    return tuple(steps)


def _run(steps: tuple[tuple[str, ...], ...], text: str) -> str:
    content = (_plain(text) + "\n").encode()  # without an end of line the last mark is lost
    for step in steps:
        done = subprocess.run(step, input=content, capture_output=True, timeout=SECONDS, check=True)
        content = done.stdout
    said = content.decode()
    return said.removesuffix("\n")


def _plain(text: str) -> str:
    """Leave out what has a meaning in Apertium's stream format."""
    return re.sub(r"[\[\]{}^$/\\@<>\0]", " ", text)
