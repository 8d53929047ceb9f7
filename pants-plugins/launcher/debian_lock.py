"""Making the lock of the Debian packages of a CPython, from indexes that apt has verified."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from launcher.apt import mirrors
from launcher.deb_lock import DebLock, LockedDeb
from launcher.errors import LauncherError
from launcher.host_python import WantedPython

ARCHITECTURE = "amd64"
HINT = "PANTS_DEBIAN_MIRRORS=<mirror>,<security mirror> make lock"


def make_debian_lock(wanted: WantedPython, tree: Path, environ: Mapping[str, str]) -> str:
    """Return the text of the lock, with the newest version of every wanted package."""
    names = read_names((tree / f"{wanted.stem}.in").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as scratch:
        apt = PrivateApt(Path(scratch))
        apt.update(wanted.debian, mirrors(environ))
        packages = tuple(parse_stanza(one) for one in apt.show(names).split("\n\n") if one.strip())
    missing = set(names) - {one.name for one in packages}
    if missing:
        found = f"no {', '.join(sorted(missing))}"
        raise LauncherError(f"{wanted.stem}.in", f"packages of {wanted.debian}", found, HINT)
    return DebLock(ARCHITECTURE, packages).render()


def read_names(text: str) -> tuple[str, ...]:
    """Read the names of the wanted packages."""
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


def parse_stanza(text: str) -> LockedDeb:
    """Read one package from the output of `apt-cache show`."""
    fields = dict(
        line.split(": ", 1) for line in text.splitlines() if ": " in line and line[0] != " "
    )
    return LockedDeb(
        fields["Package"],
        fields["Version"],
        fields["Filename"],
        fields["SHA256"],
        int(fields["Size"]),
    )


class PrivateApt:
    """The machine's apt with sources and state of its own, so that the machine is left as it is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("lists/partial", "cache/archives/partial"):
            (folder / name).mkdir(parents=True)
        (folder / "status").touch()

    def update(self, release: str, bases: Iterable[str]) -> None:
        """Fetch the indexes of a Debian release from every mirror that has them."""
        suites = (release, f"{release}-security")
        lines = [f"deb {base} {suite} main\n" for base in bases for suite in suites]
        lines = [line for line in lines if self._has_release(line.split()[1], line.split()[2])]
        if len(lines) < len(suites):
            found = f"{len(lines)} of {len(suites)} suites on the mirrors of apt's configuration"
            raise LauncherError("Debian", " and ".join(suites), found, HINT)
        (self.folder / "sources.list").write_text("".join(lines), encoding="utf-8")
        self._run(("apt-get", *self._options(), "update"))

    def show(self, names: Sequence[str]) -> str:
        """Describe the newest version of the packages."""
        return self._run(("apt-cache", *self._options(), "--no-all-versions", "show", *names))

    def _has_release(self, base: str, suite: str) -> bool:
        target = str(self.folder / "InRelease")
        url = f"{base}/dists/{suite}/InRelease"
        done = subprocess.run(
            ["/usr/lib/apt/apt-helper", "-o", "APT::Sandbox::User=", "download-file", url, target],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        return done.returncode == 0

    def _options(self) -> list[str]:
        chosen: dict[str, str | Path] = {
            "Dir::Etc::SourceList": self.folder / "sources.list",
            "Dir::Etc::SourceParts": "-",
            "Dir::State::Lists": self.folder / "lists",
            "Dir::State::Status": self.folder / "status",
            "Dir::Cache": self.folder / "cache",
            "APT::Architecture": ARCHITECTURE,
            "APT::Architectures": ARCHITECTURE,
            "APT::Sandbox::User": "",
        }
        return [
            word for key, value in chosen.items() for word in ("-o", f"{key}={os.fspath(value)}")
        ]

    def _run(self, command: Sequence[str]) -> str:
        done = subprocess.run(
            command,
            capture_output=True,
            check=False,
            encoding="utf-8",
        )
        if done.returncode != 0:
            raise LauncherError(command[0], "success", done.stderr.strip()[-400:], HINT)
        return done.stdout
