"""Write the locks: the newest .deb of every wanted package. Runs on request, never in a build."""

from __future__ import annotations

import argparse
import lzma
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

if not __package__:
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from debian import apt
from debian.errors import DebianError, FetchError, PackageIndexError
from debian.index import newest, parse_index
from debian.lock import Lock, parse_wanted
from download.url import read_url

SUITE = "bookworm"
ARCHITECTURE = "amd64"
LISTS = ("base.txt", "system.txt")
_FOLDER = Path(__file__).resolve().parents[2] / "3rdparty" / "debian"


def apt_indexes(suite: str, *, fresh: bool) -> Iterator[str]:
    """Yield the indexes of the machine's apt, brought up to date first if `fresh`."""
    with tempfile.TemporaryDirectory() as folder:
        lists = Path(folder) / "lists" if fresh else None
        if lists is not None:
            apt.update(lists)
        targets = [item for item in apt.index_targets(suite, lists) if item.file.exists()]
        if not targets:
            raise PackageIndexError(
                f"apt: must have an index of {suite}, has none",
                hint="apt-get update, or give mirrors by hand: refresh.py --mirror BASE",
            )
        for target in targets:
            yield apt.read_index(target)


def mirror_indexes(suite: str, mirrors: Iterable[str]) -> Iterator[str]:
    """Yield the indexes of a suite that these mirrors have; one mirror has only some of them."""
    found = False
    for mirror in mirrors:
        for name in (suite, f"{suite}-updates", f"{suite}-security"):
            path = f"dists/{name}/main/binary-{ARCHITECTURE}/Packages.xz"
            content = _read(f"{mirror.rstrip('/')}/{path}")
            if content is not None:
                found = True
                yield lzma.decompress(content).decode("utf-8")
    if not found:
        raise FetchError(f"mirrors: must have an index of {suite}, have none")


def _read(url: str) -> bytes | None:
    try:
        return read_url(url)
    except OSError as error:
        raise FetchError(str(error)) from error


def refresh(wanted_file: Path, indexes: Iterable[str]) -> Lock:
    """Pin what the list of wanted packages names."""
    wanted = parse_wanted(wanted_file.read_text(encoding="utf-8"), str(wanted_file))
    names = {item.name for item in wanted}
    return newest(wanted, [item for text in indexes for item in parse_index(text, names)])


def write_lock(lock: Lock, path: Path) -> bool:
    """Write a lock unless the file already says the same; tell whether it changed."""
    text = lock.to_json()
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.write_text(text, encoding="utf-8")
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Refresh the locks beside the lists, from the machine's apt or from mirrors that are given."""
    parser = argparse.ArgumentParser(prog="refresh", allow_abbrev=False)
    parser.add_argument("--wanted", type=Path, action="append", metavar="LIST", default=[])
    parser.add_argument("--suite", default=SUITE)
    parser.add_argument("--mirror", action="append", default=[], metavar="BASE")
    parser.add_argument("--no-update", action="store_true", help="use the indexes as they are")
    options = parser.parse_args(arguments)
    lists = options.wanted or [_FOLDER / name for name in LISTS]
    try:
        indexes = tuple(
            mirror_indexes(options.suite, options.mirror)
            if options.mirror
            else apt_indexes(options.suite, fresh=not options.no_update)
        )
        for wanted in lists:
            lock_file = wanted.with_suffix(".lock")
            changed = write_lock(refresh(wanted, indexes), lock_file)
            told = "written" if changed else "is up to date"
            print(f"{lock_file}: {told}", file=sys.stderr)
    except (DebianError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
