"""Build twice, as two people would on two machines, and compare every PEX and image.

The second build differs from the first in folder, time, umask, TZ, LANG, HOME, hash seed and in
which Python comes first on PATH; neither sees the other's caches.

    python3.11 benchmarks/reproduce.py
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from checkout import BenchmarkError, Checkout, table


def digests(checkout: Checkout) -> dict[str, str]:
    """Give the sha256 of each PEX file and the digest of each image."""
    dist = checkout.path / "dist"
    found = {
        f"agents/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((dist / "agents").glob("*.pex"))
    }
    lock = json.loads((dist / "images/images.lock.json").read_text())
    for slug, image in sorted(lock["images"].items()):
        found[f"images/{slug}"] = image["digest"]
    for path in sorted(path for path in (dist / "deploy").rglob("*") if path.is_file()):
        found[str(path.relative_to(dist))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def another_python() -> str:
    """Find the folder of a host Python that is not the first one on PATH."""
    first = os.path.realpath(shutil.which("python3") or "")
    folders = [*os.environ["PATH"].split(os.pathsep), "/usr/bin"]
    for folder in folders:
        python = Path(folder) / "python3"
        if python.exists() and os.path.realpath(python) != first:
            return folder
    return "/usr/bin"


def variations(folder: Path) -> dict[str, str]:
    """Give the environment of the second build."""
    home = folder / "home of somebody else"
    home.mkdir()
    cache = os.environ.get("PANTS_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    return {
        "HOME": str(home),
        # What the launcher installed is the same on both: the builds differ, not their tools.
        "XDG_CACHE_HOME": cache or str(Path.home() / ".cache"),
        "TZ": "Pacific/Kiritimati",
        "LANG": "C",
        "LC_ALL": "C",
        "PYTHONHASHSEED": "7",
        "PATH": another_python() + os.pathsep + os.environ["PATH"],
    }


def main() -> int:
    """Build twice and compare."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first = Checkout.create(folder / "first", folder / "caches-1")
        second = Checkout.create(
            folder / "a second, much deeper" / "place",
            folder / "caches-2",
            env_vars=variations(folder),
            umask=0o077,
        )
        try:
            for checkout in (first, second):
                elapsed = checkout.pants("package", "::")
                print(f"built {checkout.path.name} in {elapsed:.1f} s", file=sys.stderr)
            before, after = digests(first), digests(second)
        except BenchmarkError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        finally:
            for checkout in (first, second):
                checkout.remove()
    names = sorted(before.keys() | after.keys())
    differing = [name for name in names if before.get(name) != after.get(name)]
    rows = [("output", "first", "second")]
    rows += [(n, before.get(n, "none")[-12:], after.get(n, "none")[-12:]) for n in differing]
    print(f"{len(names) - len(differing)} of {len(names)} outputs equal")
    if differing:
        print(table(rows))
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
