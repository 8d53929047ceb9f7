"""Turn a wheel into the tree that an installer would make of it (PEP 427), always the same.

Runs in a sandbox, on the Python that runs Pants: it copies bytes and compresses none.
"""

from __future__ import annotations

import argparse
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

if not __package__:
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from wheels.errors import WheelError

# Where the parts of NAME.data go; headers and data have no place in an image.
_SCHEMES = {"purelib": "", "platlib": "", "scripts": "bin/"}


def target_of(member: str, wheel: str) -> str | None:
    """Say where a member of a wheel goes in the tree; None when it goes nowhere.

    Raises
    ------
        WheelError: when it would leave the tree.
    """
    path = PurePosixPath(member)
    if path.is_absolute() or ".." in path.parts:
        raise WheelError(wheel, "members inside of the wheel", repr(member), "make lock")
    if path.name == "RECORD" and path.parts[0].endswith(".dist-info"):
        # It speaks of files where they were unpacked, bytecode included.
        return None
    if not path.parts[0].endswith(".data"):
        return str(path)
    prefix = _SCHEMES.get(path.parts[1]) if len(path.parts) > 2 else None
    return None if prefix is None else prefix + "/".join(path.parts[2:])


def unpack(wheel: Path, output: Path) -> None:
    """Write the tree of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        for info in archive.infolist():
            target = None if info.is_dir() else target_of(info.filename, wheel.name)
            if target is None:
                continue
            path = output / target
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive.read(info))
            executable = bool(info.external_attr >> 16 & 0o100) or target.startswith("bin/")
            path.chmod(0o755 if executable else 0o644)


def main(arguments: Sequence[str] | None = None) -> int:
    """Unpack the only wheel of a folder."""
    parser = argparse.ArgumentParser(prog="unpack", allow_abbrev=False)
    parser.add_argument("--wheel", type=Path, required=True, metavar="FILE")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    options = parser.parse_args(arguments)
    try:
        unpack(options.wheel, options.output)
    except (WheelError, zipfile.BadZipFile) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
