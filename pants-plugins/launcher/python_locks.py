"""Making the Python locks: which there are, and how uv is asked for them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from launcher.cache import Cache, Entry
from launcher.errors import LauncherError
from launcher.fingerprint import fingerprint
from launcher.lockfile import parse_lockfile, pin_of
from launcher.pip_config import PipSources
from launcher.pip_program import HINT, PipProgram
from launcher.warm import clean

UV_LOCK = "3rdparty/python/tests.lock"
# Windows wheels and other Pythons would only make the locks longer.
MACHINES = ("implementation_name == 'cpython'", "sys_platform != 'win32'")


@dataclass(frozen=True)
class PythonLock:
    """One lock, and the Pythons that it is for: from `oldest` up to but without `before`."""

    stem: str
    oldest: str
    before: str

    @property
    def environment(self) -> tuple[str, ...]:
        """List the conditions that always hold where the lock is used."""
        return (f"python_full_version < '{self.before}'", *MACHINES)


LOCKS = (
    PythonLock("3rdparty/pants/bootstrap", "3.9", "3.10"),
    PythonLock("3rdparty/pants/requirements", "3.9", "3.10"),
    # Before agents, which takes its pins.
    PythonLock("3rdparty/python/images", "3.11", "3.12"),
    PythonLock("3rdparty/python/agents", "3.11", "3.12"),
    PythonLock("3rdparty/python/plugin", "3.9", "3.10"),
    PythonLock("3rdparty/python/tests", "3.9", "3.12"),
)


@dataclass(frozen=True)
class Uv:
    """A locked uv, told about the same indexes as pip."""

    program: Path
    python: Path
    indexes: tuple[str, ...]
    environ: Mapping[str, str]

    def compile(self, lock: PythonLock, tree: Path, upgrade: bool) -> str:
        """Return the text of a lock; pins that it has already are kept unless asked otherwise."""
        name = lock.stem.rsplit("/", 1)[1]
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            # All of them, because one may refer to another.
            for path in (tree / lock.stem).parent.glob("*"):
                if path.suffix in (".in", ".lock"):
                    shutil.copy(path, folder)
            if upgrade:
                (folder / f"{name}.lock").unlink(missing_ok=True)
            (folder / "pyproject.toml").write_text(_project(lock), encoding="utf-8")
            self._run(lock, name, folder)
            made = (folder / f"{name}.lock").read_text(encoding="utf-8")
        return render(name, made, lock)

    def _run(self, lock: PythonLock, name: str, folder: Path) -> None:
        command = [
            str(self.program),
            "pip",
            "compile",
            "--quiet",
            "--universal",
            "--generate-hashes",
            "--no-header",
            "--no-annotate",
            "--no-emit-index-url",
            "--no-emit-find-links",
            "--only-binary",
            ":all:",
            "--python-version",
            lock.oldest,
            "--python",
            str(self.python),
            "--no-python-downloads",
            *index_options(self.indexes),
            "-o",
            f"{name}.lock",
            f"{name}.in",
        ]
        done = subprocess.run(
            command,
            cwd=folder,
            env=dict(self.environ),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
            encoding="utf-8",
            errors="replace",
        )
        if done.returncode != 0:
            expected = "requirements that fit together"
            raise LauncherError(f"{lock.stem}.in", expected, done.stderr.strip(), HINT)


def obtain_uv(tree: Path, cache: Cache, pip: PipProgram) -> Uv:
    """Return the uv that the lock of the tools names."""
    pin = pin_of(tree / UV_LOCK, "uv")

    def build(target: Path) -> None:
        with tempfile.TemporaryDirectory(dir=target) as scratch:
            wheel = pip.fetch(pin, Path(scratch))
            options = ("--quiet", "--no-index", "--no-deps", "--target", str(target / "lib"))
            pip.run(("install", *options, str(wheel)))

    entry = Entry("uv", fingerprint(pin.render()), f"Fetch uv {pin.version}")
    folder = cache.obtain(entry, build)
    sources = pip.sources()
    environ = _environ(pip.environ, cache.root, sources)
    return Uv(folder / "lib/bin/uv", pip.python, _indexes(sources, pip), environ)


def render(name: str, made: str, lock: PythonLock) -> str:
    """Write a lock in the repository's form: its source on top, no needless conditions."""
    head = f"# Made from {name}.in by `make lock`: do not edit.\n"
    always = set(lock.environment)
    pins = parse_lockfile(made, f"{lock.stem}.lock")
    return head + "".join(pin.under(always).render() for pin in pins)


def index_options(indexes: Sequence[str]) -> list[str]:
    """Tell uv the indexes, best first: the first that has a package provides its hashes."""
    *first, last = indexes
    return [*(f"--index={one}" for one in first), f"--default-index={last}"]


def _indexes(sources: PipSources, pip: PipProgram) -> tuple[str, ...]:
    if not sources.use_index:
        raise LauncherError(
            "pip configuration", "an index to look for versions in", "no-index", HINT
        )
    return (sources.index or pip.default_index(), *sources.extra_indexes)


def _environ(environ: Mapping[str, str], root: Path, sources: PipSources) -> dict[str, str]:
    kept = {name: value for name, value in clean(environ).items() if not name.startswith("UV_")}
    kept["UV_CACHE_DIR"] = os.fspath(root / "uv-cache")
    if sources.cert:
        kept["SSL_CERT_FILE"] = sources.cert
    return kept


def _project(lock: PythonLock) -> str:
    conditions = " and ".join((f"python_full_version >= '{lock.oldest}'", *lock.environment))
    return f'[tool.uv]\nenvironments = ["{conditions}"]\n'
