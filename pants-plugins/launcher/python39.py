"""Finding a CPython 3.9. Installing one belongs to brought_python."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from launcher.errors import LauncherError
from launcher.places import home

# A pyenv shim exists for every version that any project has; only running it tells.
PROBE = (
    "import sys, ssl, lzma, sqlite3, ctypes, venv, distutils.util\n"
    "print('%s %d.%d' % ((sys.implementation.name,) + sys.version_info[:2]))\n"
    "print(sys.executable)\n"
)
FOLDERS = ("/usr/bin", "/usr/local/bin")


def find_python39(environ: Mapping[str, str]) -> Path | None:
    """Return the first CPython 3.9 that works, or None."""
    chosen = environ.get("PANTS_PYTHON39")
    if chosen:
        found = probe(Path(chosen), environ)
        if found is None:
            raise LauncherError(
                "PANTS_PYTHON39",
                "a CPython 3.9 with ssl, lzma, sqlite3 and venv",
                repr(chosen),
                "unset PANTS_PYTHON39   # to let the launcher find or bring one",
            )
        return found
    probed = (probe(one, environ) for one in candidates(environ))
    return next((one for one in probed if one is not None), None)


def candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield where a CPython 3.9 may be, best first, each place once."""
    seen = set()
    for one in _places(environ):
        if one not in seen and os.access(one, os.X_OK):
            seen.add(one)
            yield one


def _places(environ: Mapping[str, str]) -> Iterator[Path]:
    pyenv = Path(environ.get("PYENV_ROOT") or f"{home(environ)}/.pyenv")
    yield from sorted(pyenv.glob("versions/3.9*/bin/python3.9"), key=_age)
    for folder in environ.get("PATH", "").split(os.pathsep):
        if os.path.isabs(folder):
            yield Path(folder, "python3.9")
    for folder in FOLDERS:
        yield Path(folder, "python3.9")
    yield from sorted(Path("/opt").glob("*/bin/python3.9"))


def _age(python: Path) -> tuple[int, ...]:
    return tuple(-int(number) for number in re.findall("[0-9]+", python.parent.parent.name))


def probe(python: Path, environ: Mapping[str, str]) -> Path | None:
    """Run a candidate; return the real program when it is a CPython 3.9 that Pants can use."""
    try:
        done = subprocess.run(
            [str(python), "-I", "-c", PROBE],
            env=dict(environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            check=False,
            timeout=30,
            encoding="utf-8",
            errors="replace",
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = done.stdout.splitlines()
    usable = done.returncode == 0 and len(lines) == 2 and lines[0] == "cpython 3.9"
    return Path(lines[1]) if usable else None
