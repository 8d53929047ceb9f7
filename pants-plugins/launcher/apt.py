"""The machine's own apt configuration: its mirrors, and a fetch that goes through apt.

Which packages are wanted is not known here.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from launcher.deb_lock import LockedDeb
from launcher.errors import LauncherError
from launcher.fingerprint import sha256_of

HELPERS = ("/usr/lib/apt/apt-helper", "/usr/libexec/apt/apt-helper")
SCHEMES = ("http://", "https://", "file:/", "tor+http")
TARGETS = ("apt-get", "indextargets", "--format", "$(ORIGIN)|$(REPO_URI)", "Created-By: Packages")
# Without it apt leaves out what `apt-get update` has not fetched; with it apt names no origin.
ALL = "--no-release-info"


def mirrors(environ: Mapping[str, str]) -> tuple[str, ...]:
    """List the base URLs of the Debian archives that this machine uses."""
    chosen = environ.get("PANTS_DEBIAN_MIRRORS", "").strip()
    if chosen:
        return parse_mirrors(chosen)
    if shutil.which("apt-get") is None:
        return ()
    return parse_targets(_output((*TARGETS, ALL)), _output(TARGETS))


def parse_mirrors(text: str) -> tuple[str, ...]:
    """Read PANTS_DEBIAN_MIRRORS: separated by commas, or the JSON list that Pants takes."""
    if text.startswith("["):
        try:
            return _bases(str(one) for one in json.loads(text))
        except ValueError as error:
            hint = "PANTS_DEBIAN_MIRRORS=<mirror>,<security mirror> ./pants ..."
            raise LauncherError("PANTS_DEBIAN_MIRRORS", "a JSON list", text, hint) from error
    return _bases(text.split(","))


def parse_targets(every: str, known: str) -> tuple[str, ...]:
    """Read lines of origin and base URL; leave out what is known not to come from Debian."""
    foreign = {base for origin, base in _pairs(known) if origin not in ("", "Debian")}
    return _bases(base for _, base in _pairs(every) if base not in foreign)


def _pairs(text: str) -> list[tuple[str, str]]:
    parted = (line.partition("|") for line in text.splitlines() if "|" in line)
    return [(origin, base) for origin, _, base in parted]


def _output(command: Sequence[str]) -> str:
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, encoding="utf-8"
    )
    return done.stdout


def _bases(texts: Iterable[str]) -> tuple[str, ...]:
    bases = (text.strip().rstrip("/") for text in texts)
    return tuple(dict.fromkeys(one for one in bases if one.startswith(SCHEMES)))


def configuration_files() -> tuple[str, ...]:
    """List the files of apt's configuration, there or not."""
    folders = (Path("/etc/apt/apt.conf.d"), Path("/etc/apt/sources.list.d"))
    inside = [str(one) for folder in folders if folder.is_dir() for one in sorted(folder.iterdir())]
    single = ("/etc/apt/apt.conf", "/etc/apt/sources.list")
    return (*single, *(str(folder) for folder in folders), *inside)


@dataclass(frozen=True)
class DebSource:
    """Fetches locked packages from the first mirror that has them."""

    mirrors: tuple[str, ...]

    def fetch(self, deb: LockedDeb, folder: Path) -> Path:
        """Fetch one package and verify its bytes."""
        target = folder / os.path.basename(deb.path)
        failures = []
        for base in self.mirrors:
            failure = _download(f"{base}/{deb.path}", target, deb.sha256)
            if failure is None:
                return target
            failures.append(f"{base}: {failure}")
        found = "; ".join(failures) or "no mirror in apt's configuration"
        raise LauncherError(
            f"{deb.name} {deb.version}",
            f"{deb.path} on a Debian mirror",
            found,
            "make lock   # when the mirror has a newer version\n"
            "      PANTS_DEBIAN_MIRRORS=<mirror>,<security mirror> ./pants ...   # another mirror",
        )


def _download(url: str, target: Path, sha256: str) -> str | None:
    """Fetch one file; return what went wrong."""
    # apt does not copy a local file: it hands out the path of the original.
    local = url.startswith("file:")
    helper = None if local else next((one for one in HELPERS if os.access(one, os.X_OK)), None)
    failure = _with_apt(helper, url, target, sha256) if helper else _with_urllib(url, target)
    if failure is None and sha256_of(target) != sha256:
        failure = f"sha256 {sha256_of(target)} instead of {sha256}"
    if failure is not None and target.exists():
        target.unlink()
    return failure


def _with_apt(helper: str, url: str, target: Path, sha256: str) -> str | None:
    # apt's unprivileged user cannot write to our folder.
    done = subprocess.run(
        [
            helper,
            "-o",
            "APT::Sandbox::User=",
            "download-file",
            url,
            str(target),
            f"SHA256:{sha256}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode == 0:
        return None
    errors = [line[2:].strip() for line in done.stderr.splitlines() if line.startswith("E:")]
    return errors[0] if errors else f"apt-helper ended with {done.returncode}"


def _with_urllib(url: str, target: Path) -> str | None:
    try:
        with urllib.request.urlopen(url, timeout=120) as reply, target.open("wb") as output:
            shutil.copyfileobj(reply, output)
    except (urllib.error.URLError, OSError) as error:
        return str(error)
    return None
