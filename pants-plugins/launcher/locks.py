"""`make lock`: refresh every lock of the repository.

How a lock is made belongs to its own module.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from launcher.cache import Cache
from launcher.debian_lock import make_debian_lock
from launcher.errors import LauncherError
from launcher.host_python import PYTHON39, PYTHON311
from launcher.narration import StderrNarration
from launcher.places import TREE, cache_root
from launcher.python_locks import LOCKS, obtain_uv
from launcher.setup import obtain_tools

IMAGE_PACKAGES = "pants-plugins/debian/refresh.py"


def main(arguments: Sequence[str]) -> int:
    """Refresh the locks; pins of Python packages move only with --upgrade."""
    parser = argparse.ArgumentParser(prog="make lock", description=main.__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    chosen = parser.parse_args(arguments)
    try:
        refresh(Path(TREE), chosen.upgrade)
    except LauncherError as error:
        sys.stderr.write(error.render())
        return 2
    return _refresh_image_packages(Path(TREE))


def refresh(tree: Path, upgrade: bool) -> None:
    """Make every lock that the launcher owns, and write those that changed."""
    cache = Cache(Path(cache_root(os.environ)), StderrNarration())
    uv = obtain_uv(tree, cache, obtain_tools(tree, cache, os.environ).pip)
    for lock in LOCKS:
        write(tree / f"{lock.stem}.lock", uv.compile(lock, tree, upgrade))
    for python in (PYTHON39, PYTHON311):
        write(tree / f"{python.stem}.lock", make_debian_lock(python, tree, os.environ))


def write(path: Path, text: str) -> None:
    """Replace a lock when it differs, and say which it was."""
    unchanged = path.exists() and path.read_text(encoding="utf-8") == text
    if not unchanged:
        temporary = path.with_suffix(".new")
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    print(f"{'unchanged' if unchanged else 'written'} {path.relative_to(Path(TREE))}")


def _refresh_image_packages(tree: Path) -> int:
    script = tree / IMAGE_PACKAGES
    return subprocess.call([sys.executable, str(script)], cwd=tree) if script.exists() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
