"""A CPython 3.9 put together from Debian packages, for machines that have none."""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Mapping
from pathlib import Path

from launcher.apt import DebSource, mirrors
from launcher.cache import Cache, Entry
from launcher.deb import unpack
from launcher.deb_lock import DebLock, read_deb_lock
from launcher.elf import add_rpath
from launcher.errors import LauncherError
from launcher.fingerprint import fingerprint
from launcher.python39 import probe

LOCK = "3rdparty/pants/python3.9.debs.lock"
PIP_PACKAGE = "python-pip-whl"
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
# Pants empties the environment of what it runs: LD_LIBRARY_PATH would be lost.
RPATH = "$ORIGIN/../lib/x86_64-linux-gnu:$ORIGIN/../../lib/x86_64-linux-gnu"
LAYOUT = "1"
HINT = (
    "sudo apt-get install python3.9   # Debian 11\n"
    "      pyenv install 3.9             # anywhere\n"
    "      PANTS_PYTHON39=/path/to/python3.9 ./pants ..."
)


def bring_python39(tree: Path, cache: Cache, environ: Mapping[str, str]) -> Path:
    """Return a CPython 3.9 that needs nothing but the machine's C library."""
    lock = read_deb_lock(tree / LOCK)
    _check_machine(lock)
    folder = cache.obtain(
        Entry("python3.9", fingerprint(LAYOUT, lock.render()), "Bring CPython 3.9 from Debian"),
        lambda target: _assemble(lock, target, environ),
    )
    return folder / "usr/bin/python3.9"


def bring_pip_wheels(tree: Path, cache: Cache, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the wheels of Debian's pip, for a CPython 3.9 that lacks ensurepip."""
    deb = read_deb_lock(tree / LOCK).package(PIP_PACKAGE)
    folder = cache.obtain(
        Entry("debian-pip", fingerprint(deb.sha256), "Bring pip from Debian"),
        lambda target: unpack(DebSource(mirrors(environ)).fetch(deb, target), target),
    )
    return tuple(sorted(folder.glob("usr/share/python-wheels/*.whl")))


def _check_machine(lock: DebLock) -> None:
    machine = platform.machine()
    if platform.system() != "Linux" or MACHINES.get(machine) != lock.architecture:
        raise LauncherError(
            "CPython 3.9",
            f"one on this machine (packages are locked for {lock.architecture} only)",
            f"none, on {platform.system()} {machine}",
            HINT,
        )


def _assemble(lock: DebLock, target: Path, environ: Mapping[str, str]) -> None:
    source = DebSource(mirrors(environ))
    with tempfile.TemporaryDirectory(dir=target) as downloads:
        for deb in lock.packages:
            unpack(source.fetch(deb, Path(downloads)), target)
    python = target / "usr/bin/python3.9"
    add_rpath(python, RPATH)
    if probe(python, {}) is None:
        raise LauncherError(
            str(python), "a working CPython 3.9", "one that does not run on this machine", HINT
        )
