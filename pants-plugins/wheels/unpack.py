"""Turn a wheel into the tree that an installer would make of it (PEP 427), always the same.

Runs in a sandbox, on the Python that runs Pants: it copies bytes and compresses none.
"""

from __future__ import annotations

import argparse
import fnmatch
import sys
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

if not __package__:
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from wheels.errors import WheelError
from wheels.lock import REFRESH

# Where the parts of NAME.data go; headers have no place in an image.
_SCHEMES = {"purelib": "", "platlib": "", "scripts": "bin/", "data": ""}


def target_of(member: str, wheel: str) -> str | None:
    """Say where a member of a wheel goes in the tree; None when it goes nowhere.

    Raises
    ------
        WheelError: when it would leave the tree.
    """
    path = PurePosixPath(member)
    if not path.parts or path.is_absolute() or ".." in path.parts:
        raise WheelError(wheel, "members inside of the wheel", repr(member), REFRESH)
    if path.name == "RECORD" and path.parts[0].endswith(".dist-info"):
        # It speaks of files where they were unpacked, bytecode included.
        return None
    if not path.parts[0].endswith(".data"):
        return str(path)
    prefix = _SCHEMES.get(path.parts[1]) if len(path.parts) > 2 else None
    return None if prefix is None else prefix + "/".join(path.parts[2:])


def _write(path: Path, content: bytes, mode: int) -> bool:
    """Write a file, or say that something else is there already."""
    if path.exists():
        same_mode = path.stat().st_mode & 0o777 == mode
        return same_mode and path.is_file() and path.read_bytes() == content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        return False
    path.write_bytes(content)
    path.chmod(mode)
    return True


def unpack(wheel: Path, output: Path, omitted: Sequence[str] = ()) -> None:
    """Write the tree of a wheel into an empty folder, without what matches an omitted pattern.

    Raises
    ------
        WheelError: when the file is no wheel, or what it holds depends on the order of unpacking.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            _unpack(archive, wheel.name, output, omitted)
    except (zipfile.BadZipFile, zlib.error) as error:
        raise WheelError(wheel.name, "a zip file", str(error), REFRESH) from error


def _unpack(archive: zipfile.ZipFile, wheel: str, output: Path, omitted: Sequence[str]) -> None:
    for info in archive.infolist():
        target = None if info.is_dir() else target_of(info.filename, wheel)
        if target is None or any(fnmatch.fnmatchcase(target, each) for each in omitted):
            continue
        executable = bool(info.external_attr >> 16 & 0o100) or target.startswith("bin/")
        mode = 0o755 if executable else 0o644
        if not _write(output / target, archive.read(info), mode):
            raise WheelError(wheel, f"one member for {target}", "several that differ", REFRESH)


def main(arguments: Sequence[str] | None = None) -> int:
    """Unpack the only wheel of a folder."""
    parser = argparse.ArgumentParser(prog="unpack", allow_abbrev=False)
    parser.add_argument("--wheel", type=Path, required=True, metavar="FILE")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    parser.add_argument("--omit", action="append", default=[], metavar="PATTERN")
    options = parser.parse_args(arguments)
    try:
        unpack(options.wheel, options.output, options.omit)
    except WheelError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
