"""The fast path: what the last start found is used again while its inputs are unchanged.

Only stat calls may happen here; a start with a valid record runs no other program. Nor may
dataclasses, pathlib, json or typing be imported: they would double the time of every start.
"""

from __future__ import annotations

import os
import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

FORMAT = "2"
END = "\0"
PREFIXES = ("PIP_", "XDG_")
NAMES = (
    *("APT_CONFIG", "HOME", "PYENV_ROOT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    *("PANTS_CACHE_DIR", "PANTS_DEBIAN_MIRRORS", "PANTS_PYTHON39", "PANTS_PYTHON311"),
    *("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
)
# The launcher reads this one in a form that Pants does not.
TRANSLATED = "PANTS_DEBIAN_MIRRORS"
FOREIGN = ("PYTHON", "PEX_", "__PYVENV", "VIRTUAL_ENV")


class Launch:
    """How to start Pants."""

    __slots__ = ("command", "settings")

    def __init__(self, command: Sequence[str], settings: Mapping[str, str]) -> None:
        self.command = tuple(command)
        self.settings = dict(settings)


def environment(launch: Launch, environ: Mapping[str, str]) -> dict[str, str]:
    """Put together the environment of Pants: what the user has set wins."""
    merged = {**launch.settings, **clean(environ)}
    if TRANSLATED in launch.settings:
        merged[TRANSLATED] = launch.settings[TRANSLATED]
    return merged


def clean(environ: Mapping[str, str]) -> dict[str, str]:
    """Drop what would make a Python pick up packages or settings of another one."""
    return {name: value for name, value in environ.items() if not name.startswith(FOREIGN)}


def stamp(path: str) -> str:
    """Say which version of a file is there, or that there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return "none"
    return f"{status.st_mtime_ns}/{status.st_size}/{status.st_ino}"


def variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Pick the variables that can change what the launcher finds or hands over."""
    chosen = sorted(name for name in environ if name in NAMES or name.startswith(PREFIXES))
    return {name: environ[name] for name in chosen}


def heading(tree: str, environ: Mapping[str, str]) -> str:
    """Write what a record is for: a tree, started with certain variables."""
    return _write([FORMAT, tree, *_flat(variables(environ))])


def record_path(root: str, head: str) -> str:
    """Name the record, so that two trees or two settings do not evict each other."""
    checksum = zlib.crc32(head.encode("utf-8", "surrogateescape"))
    return os.path.join(root, "warm", f"{checksum:08x}")


def recall(path: str, head: str) -> Launch | None:
    """Return the recorded launch when everything that it depends on is as it was."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as stream:
            text = stream.read()
    except OSError:
        return None
    if not text.startswith(head) or not text.endswith(END):
        return None
    sections = text[len(head) :].split(END + END)
    if len(sections) != 3:
        return None
    command, settings, stamps = (section.strip(END).split(END) for section in sections)
    if any(stamp(name) != seen for name, seen in _pairs(stamps)):
        return None
    return Launch(command, dict(_pairs(settings)))


def remember(path: str, head: str, launch: Launch, watched: Iterable[str]) -> None:
    """Keep a launch together with the versions of all files that it depends on."""
    stamps = _flat({name: stamp(name) for name in watched})
    sections = (launch.command, _flat(launch.settings), stamps)
    text = head + END.join(_write(section) for section in sections)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = f"{path}.{os.getpid()}"
    with open(temporary, "w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
        stream.write(text)
    os.replace(temporary, path)


def _write(fields: Iterable[str]) -> str:
    return "".join(field + END for field in fields)


def _flat(pairs: Mapping[str, str]) -> list[str]:
    # An empty field would look like the end of a section; no variable that counts is ever empty.
    return [part for name, value in pairs.items() if value for part in (name, value)]


def _pairs(fields: Sequence[str]) -> Iterable[tuple[str, str]]:
    return zip(fields[::2], fields[1::2])
