"""Which files of a package go into an image. Patterns and their reasons only; no file is read.

Paths are those of a merged /usr. A pattern's `*` also matches slashes.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Selection:
    """Keep what matches `keep` and does not match `drop`, and licences in any case."""

    keep: tuple[str, ...]
    drop: tuple[str, ...]

    def accepts(self, path: str) -> bool:
        """Tell whether a file belongs into the image."""
        if _LICENCE.fullmatch(path):
            return True
        return _matches(self.keep, path) and not _matches(self.drop, path)


# Licences ask that their text goes where the code goes; a package's whole folder may be a link
# to the folder of its sibling.
_LICENCE = re.compile(r"usr/share/doc/[^/]+(/copyright)?")


def _matches(patterns: Iterable[str], path: str) -> bool:
    return any(_compiled(pattern).match(path) for pattern in patterns)


_COMPILED: dict[str, re.Pattern[str]] = {}


def _compiled(pattern: str) -> re.Pattern[str]:
    if pattern not in _COMPILED:
        _COMPILED[pattern] = re.compile(fnmatch.translate(pattern))
    return _COMPILED[pattern]


_LIBRARIES = "usr/lib/*-linux-gnu"
_PYTHON = "usr/lib/python3.11"
_MODULES = f"{_PYTHON}/lib-dynload"

# Extension modules whose libraries are not in the base, or that only CPython's own tests use.
_LEFT_OUT_MODULES = (
    "_crypt",
    "_ctypes_test",
    "_curses",
    "_curses_panel",
    "_dbm",
    "_testbuffer",
    "_testcapi",
    "_testclinic",
    "_testimportmultiple",
    "_testinternalcapi",
    "_testmultiphase",
    "_xxtestfuzz",
    "nis",
    "ossaudiodev",
    "readline",
    "xxlimited",
    "xxlimited_35",
)

BASE = Selection(
    keep=(
        "usr/bin/python3.11",
        f"{_PYTHON}/*",
        f"{_LIBRARIES}/*.so*",
        "usr/lib64/ld-linux-*",
        "usr/lib/ld-linux-*",
        "usr/lib/os-release",
        "etc/os-release",
        "etc/debian_version",
        # getservbyname and getprotobyname read these two.
        "etc/services",
        "etc/protocols",
        "etc/host.conf",
        "usr/share/zoneinfo/*",
        "usr/share/ca-certificates/mozilla/*.crt",
    ),
    drop=(
        *(f"{_MODULES}/{name}.cpython-*" for name in _LEFT_OUT_MODULES),
        f"{_PYTHON}/__phello__/*",
        f"{_PYTHON}/crypt.py",
        f"{_PYTHON}/curses/*",
        f"{_PYTHON}/distutils/command/*.exe",
        f"{_PYTHON}/email/architecture.rst",
        f"{_PYTHON}/ensurepip/*",
        f"{_PYTHON}/idlelib/*",
        f"{_PYTHON}/lib2to3/*",
        f"{_PYTHON}/pydoc_data/*",
        f"{_PYTHON}/test/*",
        f"{_PYTHON}/tkinter/*",
        f"{_PYTHON}/turtle*",
        f"{_PYTHON}/venv/*",
        f"{_PYTHON}/EXTERNALLY-MANAGED",
        # Points at a file that crash reporters install, below /etc.
        f"{_PYTHON}/sitecustomize.py",
        # The C library converts UTF-8 and ASCII by itself; these are for iconv.
        f"{_LIBRARIES}/gconv/*",
        # Tools for debugging a process, and name services that no agent asks.
        f"{_LIBRARIES}/libBrokenLocale.so.1",
        f"{_LIBRARIES}/libc_malloc_debug.so.0",
        f"{_LIBRARIES}/libmemusage.so",
        f"{_LIBRARIES}/libnsl.so.1",
        f"{_LIBRARIES}/libnss_compat.so.2",
        f"{_LIBRARIES}/libnss_hesiod.so.2",
        f"{_LIBRARIES}/libpcprofile.so",
        f"{_LIBRARIES}/libthread_db.so.1",
        # Vector mathematics for compilers; nothing that is linked against libm alone loads it.
        f"{_LIBRARIES}/libmvec.so.1",
        f"{_LIBRARIES}/libexpatw.so*",
        f"{_LIBRARIES}/engines-3/*",
        f"{_LIBRARIES}/ossl-modules/*",
        # The same zones again, with other leap second rules.
        "usr/share/zoneinfo/posix/*",
        "usr/share/zoneinfo/right/*",
        "usr/share/zoneinfo/localtime",
        "usr/share/zoneinfo/posixrules",
        "usr/share/zoneinfo/tzdata.zi",
    ),
)

# For packages that an agent asks for by name: everything that runs, nothing to read.
SYSTEM = Selection(
    keep=("*",),
    drop=(
        "usr/share/doc/*",
        "usr/share/info/*",
        "usr/share/man/*",
        "usr/share/lintian/*",
        "usr/share/bug/*",
        "usr/share/locale/*",
        "usr/share/bash-completion/*",
        "usr/share/zsh/*",
        "usr/share/gdb/*",
        "usr/share/gcc/*",
        "usr/include/*",
        "usr/games/*",
        "etc/init.d/*",
        "etc/cron*/*",
    ),
)

SELECTIONS = {"base": BASE, "system": SYSTEM}
