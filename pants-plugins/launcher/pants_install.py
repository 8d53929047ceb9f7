"""The environment that Pants runs in: a venv with exactly what the lock names."""

from __future__ import annotations

import subprocess
from pathlib import Path

from launcher.cache import Cache, Entry
from launcher.errors import LauncherError
from launcher.fingerprint import fingerprint
from launcher.lockfile import pin_of
from launcher.pip_program import HINT, PipProgram
from launcher.warm import clean

LOCK = "3rdparty/pants/requirements.lock"


def install_pants(tree: Path, cache: Cache, pip: PipProgram) -> Path:
    """Return the folder of a venv with Pants."""
    lock = tree / LOCK
    version = pin_of(lock, "pantsbuild-pants").version
    key = fingerprint(str(pip.python), lock.read_text(encoding="utf-8"))

    def build(target: Path) -> None:
        make_venv(pip, target)
        pip.run(
            (
                "install",
                "--quiet",
                "--no-deps",
                "--only-binary",
                ":all:",
                "--require-hashes",
                "--no-warn-script-location",
                "--requirement",
                str(lock),
            ),
            python=target / "bin/python",
        )
        relocate(target, cache.root / entry.folder)

    entry = Entry("pants", key, f"Install Pants {version}")
    return cache.obtain(entry, build)


def make_venv(pip: PipProgram, target: Path) -> None:
    """Make an empty venv."""
    done = subprocess.run(
        [str(pip.python), "-I", "-m", "venv", "--without-pip", str(target)],
        env=clean(pip.environ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
        encoding="utf-8",
    )
    if done.returncode != 0:
        found = done.stderr.strip() or f"exit code {done.returncode}"
        raise LauncherError(f"{pip.python} -m venv", "a venv", found, HINT)


def relocate(venv: Path, final: Path) -> None:
    """Make the scripts of a venv name the folder that it is about to be renamed to."""
    old, new = f"#!{venv}/".encode(), f"#!{final}/".encode()
    for script in (venv / "bin").iterdir():
        if script.is_file() and not script.is_symlink():
            content = script.read_bytes()
            if content.startswith(old):
                script.write_bytes(new + content[len(old) :])
            elif str(venv).encode() in content:
                script.unlink()
