"""A CPython put together from Debian packages, for machines that have none of its version."""

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
from launcher.host_python import PYTHON39, WantedPython, probe

PIP_PACKAGE = "python-pip-whl"
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
# Pants empties the environment of what it runs: LD_LIBRARY_PATH would be lost.
RPATH = "$ORIGIN/../lib/x86_64-linux-gnu:$ORIGIN/../../lib/x86_64-linux-gnu"
LAYOUT = "1"


def bring_python(
    wanted: WantedPython, tree: Path, cache: Cache, environ: Mapping[str, str]
) -> Path:
    """Return a CPython of the version that needs nothing but the machine's C library."""
    lock = read_deb_lock(tree / f"{wanted.stem}.lock")
    _check_machine(wanted, lock)
    title = f"Bring CPython {wanted.version} from Debian"
    folder = cache.obtain(
        Entry(wanted.program, fingerprint(LAYOUT, lock.render()), title),
        lambda target: _assemble(wanted, lock, target, environ),
    )
    return folder / f"usr/bin/{wanted.program}"


def bring_pip_wheels(tree: Path, cache: Cache, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the wheels of Debian's pip, for a CPython 3.9 that lacks ensurepip."""
    deb = read_deb_lock(tree / f"{PYTHON39.stem}.lock").package(PIP_PACKAGE)
    folder = cache.obtain(
        Entry("debian-pip", fingerprint(deb.sha256), "Bring pip from Debian"),
        lambda target: unpack(DebSource(mirrors(environ)).fetch(deb, target), target),
    )
    return tuple(sorted(folder.glob("usr/share/python-wheels/*.whl")))


def _hint(wanted: WantedPython) -> str:
    return (
        f"sudo apt-get install {wanted.program} python3-distutils   # Debian {wanted.debian}\n"
        f"      pyenv install {wanted.version}   # anywhere\n"
        f"      {wanted.setting}=/path/to/{wanted.program} ./pants ..."
    )


def _check_machine(wanted: WantedPython, lock: DebLock) -> None:
    machine = platform.machine()
    if platform.system() != "Linux" or MACHINES.get(machine) != lock.architecture:
        raise LauncherError(
            f"CPython {wanted.version}",
            f"one on this machine (packages are locked for {lock.architecture} only)",
            f"none, on {platform.system()} {machine}",
            _hint(wanted),
        )


def _assemble(
    wanted: WantedPython, lock: DebLock, target: Path, environ: Mapping[str, str]
) -> None:
    source = DebSource(mirrors(environ))
    with tempfile.TemporaryDirectory(dir=target) as downloads:
        for deb in lock.packages:
            unpack(source.fetch(deb, Path(downloads)), target)
    python = target / f"usr/bin/{wanted.program}"
    add_rpath(python, RPATH)
    if probe(wanted, python, {}) is None:
        expected = f"a working CPython {wanted.version}"
        found = "one that does not run on this machine"
        raise LauncherError(str(python), expected, found, _hint(wanted))
