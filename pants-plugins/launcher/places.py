"""Where things lie: the tree and the cache. Like warm, this module may import next to nothing."""

from __future__ import annotations

import os

from launcher.errors import LauncherError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))


def home(environ: Mapping[str, str]) -> str:
    """Say where the user's own files are."""
    return environ.get("HOME") or os.path.expanduser("~")


def cache_root(environ: Mapping[str, str]) -> str:
    """Say where the launcher keeps what it installs."""
    chosen = environ.get("PANTS_CACHE_DIR")
    if chosen:
        return os.path.join(_absolute("PANTS_CACHE_DIR", chosen), "launcher")
    shared = environ.get("XDG_CACHE_HOME") or os.path.join(home(environ), ".cache")
    return os.path.join(shared, "pants-launcher")


def _absolute(variable: str, value: str) -> str:
    if not os.path.isabs(value):
        hint = f'{variable}="$PWD/{value}" ./pants ...'
        raise LauncherError(variable, "an absolute path", repr(value), hint)
    return value
