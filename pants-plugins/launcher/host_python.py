"""Finding a CPython of a wanted version. Installing one belongs to brought_python."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class WantedPython:
    """A CPython that the build needs, and the Debian release whose packages can make one."""

    version: str
    debian: str

    @property
    def setting(self) -> str:
        """The variable by which a user chooses one."""
        return f"PANTS_PYTHON{self.version.replace('.', '')}"

    @property
    def program(self) -> str:
        """The name of its program."""
        return f"python{self.version}"

    @property
    def stem(self) -> str:
        """Where its Debian packages are wanted (.in) and locked (.lock)."""
        return f"3rdparty/pants/{self.program}.debs"


# Pants runs on the one; what it builds, tests and runs is for the other, the images' Python.
PYTHON39 = WantedPython("3.9", "bullseye")
PYTHON311 = WantedPython("3.11", "bookworm")


def find_python(wanted: WantedPython, environ: Mapping[str, str]) -> Path | None:
    """Return the first CPython of the version that works, or None."""
    chosen = environ.get(wanted.setting)
    if chosen:
        found = probe(wanted, Path(chosen), environ)
        if found is None:
            raise LauncherError(
                wanted.setting,
                f"a CPython {wanted.version} with ssl, lzma, sqlite3, venv and distutils",
                repr(chosen),
                f"unset {wanted.setting}   # to let the launcher find or bring one",
            )
        return found
    probed = (probe(wanted, one, environ) for one in candidates(wanted, environ))
    return next((one for one in probed if one is not None), None)


def candidates(wanted: WantedPython, environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield where such a CPython may be, best first, each place once."""
    seen = set()
    for one in _places(wanted, environ):
        if one not in seen and os.access(one, os.X_OK):
            seen.add(one)
            yield one


def _places(wanted: WantedPython, environ: Mapping[str, str]) -> Iterator[Path]:
    pyenv = Path(environ.get("PYENV_ROOT") or f"{home(environ)}/.pyenv")
    yield from sorted(pyenv.glob(f"versions/{wanted.version}.*/bin/{wanted.program}"), key=_age)
    for folder in environ.get("PATH", "").split(os.pathsep):
        if os.path.isabs(folder):
            yield Path(folder, wanted.program)
    for folder in FOLDERS:
        yield Path(folder, wanted.program)
    yield from sorted(Path("/opt").glob(f"*/bin/{wanted.program}"))


def _age(python: Path) -> tuple[int, ...]:
    return tuple(-int(number) for number in re.findall("[0-9]+", python.parent.parent.name))


def probe(wanted: WantedPython, python: Path, environ: Mapping[str, str]) -> Path | None:
    """Run a candidate; return the real program when it is such a CPython and whole.

    Debian's own python3.11 is not, without python3-distutils: pex needs that to start pip.
    """
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
    usable = done.returncode == 0 and len(lines) == 2 and lines[0] == f"cpython {wanted.version}"
    return Path(lines[1]) if usable else None
