"""Running a hash-pinned pip. What pip is asked to install is not known here."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from launcher.cache import Cache, Entry
from launcher.errors import LauncherError
from launcher.fingerprint import fingerprint
from launcher.lockfile import Pin, pin_of
from launcher.pip_config import PipSources, parse_config
from launcher.warm import clean

LOCK = "3rdparty/pants/bootstrap.lock"
# Python's own installer of pip, or the folder that Debian keeps in its place.
BUNDLED = """
import os, sys
try:
    import ensurepip
    print(os.path.join(os.path.dirname(ensurepip.__file__), '_bundled'))
except ImportError:
    print(os.path.join(sys.base_prefix, 'share', 'python-wheels'))
"""
HINT = (
    "pip config debug   # shows which index and certificates pip is told to use\n"
    "      PIP_INDEX_URL=<index> ./pants ..."
)


@dataclass(frozen=True)
class PipProgram:
    """A pip in form of wheels, run by a Python that need not have a pip."""

    python: Path
    wheels: tuple[Path, ...]
    environ: Mapping[str, str]

    def run(self, arguments: Sequence[str], python: Path | None = None) -> str:
        """Run pip, for another Python when one is given; return what it prints."""
        return self._run(python or self.python, ("-m", "pip", *arguments), f"pip {arguments[0]}")

    def default_index(self) -> str:
        """Ask pip which index it uses when none is configured."""
        program = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
        return self._run(self.python, ("-c", program), "pip").strip()

    def _run(self, python: Path, arguments: Sequence[str], where: str) -> str:
        path = os.pathsep.join(str(wheel) for wheel in self.wheels)
        environ = {**clean(self.environ), "PYTHONPATH": path, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        done = subprocess.run(
            [str(python), "-s", "-W", "ignore", *arguments],
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            encoding="utf-8",
            errors="replace",
        )
        if done.returncode != 0:
            raise LauncherError(where, "success", explain(done.stderr), HINT)
        return done.stdout

    def fetch(self, pin: Pin, folder: Path) -> Path:
        """Fetch the wheel of a pin, by hash."""
        with tempfile.NamedTemporaryFile("w", suffix=".lock", dir=folder) as only:
            only.write(pin.render())
            only.flush()
            self.run(
                (
                    "download",
                    "--quiet",
                    "--no-deps",
                    "--only-binary",
                    ":all:",
                    "--require-hashes",
                    "--dest",
                    str(folder),
                    "--requirement",
                    only.name,
                )
            )
        return next(folder.glob("*.whl"))

    def sources(self) -> PipSources:
        """Ask pip where it gets packages from."""
        return parse_config(self.run(("config", "list")), self.environ)


def explain(stderr: str) -> str:
    """Pick the lines of pip's output that say what went wrong."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return "\n  ".join((errors or lines)[-4:]) or "no output"


def obtain_pip(
    tree: Path,
    cache: Cache,
    python: Path,
    environ: Mapping[str, str],
    bring_wheels: Callable[[], tuple[Path, ...]],
) -> PipProgram:
    """Return the locked pip, fetched with whatever older pip is at hand."""
    pin = pin_of(tree / LOCK, "pip")

    def build(target: Path) -> None:
        wheels = bundled_wheels(python) or bring_wheels()
        PipProgram(python, wheels, environ).fetch(pin, target)

    folder = cache.obtain(
        Entry("pip", fingerprint(pin.render()), f"Fetch pip {pin.version}"), build
    )
    return PipProgram(python, tuple(folder.glob("*.whl")), environ)


def bundled_wheels(python: Path) -> tuple[Path, ...]:
    """List the wheels that a Python carries for installing pip."""
    done = subprocess.run(
        [str(python), "-I", "-c", BUNDLED],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
        encoding="utf-8",
    )
    wheels = sorted(Path(done.stdout.strip()).glob("*.whl")) if done.returncode == 0 else []
    return tuple(wheels) if any(wheel.name.startswith("pip-") for wheel in wheels) else ()
