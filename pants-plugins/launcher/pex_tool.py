"""The pex tool that Pants calls, built here because its usual download is not a package index."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from launcher.cache import Cache, Entry
from launcher.errors import LauncherError
from launcher.fingerprint import fingerprint, sha256_of
from launcher.lockfile import pin_of
from launcher.pants_install import LOCK
from launcher.pip_program import HINT, PipProgram
from launcher.warm import clean

PLATFORMS = ("linux_x86_64", "linux_arm64", "macos_x86_64", "macos_arm64")
LAYOUT = "1"


@dataclass(frozen=True)
class PexTool:
    """The file, and what Pants has to know to trust it."""

    path: Path
    version: str
    sha256: str
    size: int

    def known_versions(self) -> list[str]:
        """List the tool in the form of `[pex-cli].known_versions`."""
        return [f"v{self.version}|{one}|{self.sha256}|{self.size}" for one in PLATFORMS]


def build_pex_tool(tree: Path, cache: Cache, venv: Path, pip: PipProgram) -> PexTool:
    """Return the pex tool of the version that the lock names."""
    pin = pin_of(tree / LOCK, "pex")

    def build(target: Path) -> None:
        with tempfile.TemporaryDirectory(dir=target) as scratch:
            wheel = pip.fetch(pin, Path(scratch))
            _run_pex(venv, wheel, target / "pex", pip)

    entry = Entry("pex", fingerprint(LAYOUT, pin.render()), f"Build pex {pin.version}")
    path = cache.obtain(entry, build) / "pex"
    return PexTool(path, pin.version, sha256_of(path), path.stat().st_size)


def _run_pex(venv: Path, wheel: Path, output: Path, pip: PipProgram) -> None:
    # Everything is given: a pexrc file or an index must not be able to change the bytes.
    command = [
        str(venv / "bin/python"),
        "-s",
        str(venv / "bin/pex"),
        "--no-pypi",
        "--no-build",
        "--find-links",
        str(wheel.parent),
        "--python-shebang",
        "/usr/bin/env python3",
        "--no-strip-pex-env",
        "-c",
        "pex",
        "-o",
        str(output),
        "pex",
    ]
    root = str(wheel.parent / "root")
    environ = {**clean(pip.environ), "PEX_ROOT": root, "PEX_IGNORE_RCFILES": "1"}
    done = subprocess.run(
        command,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode != 0:
        found = done.stderr.strip()[-400:] or f"exit code {done.returncode}"
        raise LauncherError("pex", "the pex tool", found, HINT)
