"""
A folder that no path leads out of. Everything is opened below the descriptor of its parent.

No name is ever followed as a link, and no path is looked at first and opened later: a link that
somebody puts into the way meanwhile is met by the kernel, which refuses it.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from common.messages import ActionError, ErrorCode

MAX_NAME: Final = 255
MAX_DEPTH: Final = 32
FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
WRITE: Final = os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

_CODES: Final = {
    errno.ENOENT: (ErrorCode.NOT_FOUND, "a path that exists"),
    errno.EEXIST: (ErrorCode.CONFLICT, "a path that is free"),
    errno.ENOTEMPTY: (ErrorCode.CONFLICT, "an empty folder"),
    errno.ENOTDIR: (ErrorCode.CONFLICT, "a folder that is no link"),
    errno.EISDIR: (ErrorCode.CONFLICT, "a file"),
    errno.EINVAL: (ErrorCode.CONFLICT, "a target outside of the source"),
    errno.ELOOP: (ErrorCode.DENIED, "a path without links"),
    errno.ENXIO: (ErrorCode.DENIED, "a file"),
    errno.EACCES: (ErrorCode.DENIED, "a path that may be used"),
    errno.EPERM: (ErrorCode.DENIED, "a path that may be used"),
    errno.ENAMETOOLONG: (ErrorCode.INVALID, "a shorter path"),
}

Parts = tuple[str, ...]


def parts_of(path: str, field: str = "path") -> Parts:
    """Split a path into names; refuse every way of writing one that leads up or elsewhere."""
    try:
        path.encode()
    except UnicodeEncodeError:
        raise _invalid("a path of Unicode characters", path, field) from None
    if path.startswith("/") or not (path.isprintable() or not path):
        raise _invalid("a relative path of printable characters", path, field)
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    if ".." in parts:
        raise ActionError(ErrorCode.DENIED, "expected a path that leads down, found `..`", field)
    if len(parts) > MAX_DEPTH or any(len(part.encode()) > MAX_NAME for part in parts):
        raise _invalid(f"at most {MAX_DEPTH} names of {MAX_NAME} bytes", path, field)
    return parts


@contextmanager
def told(field: str = "path") -> Iterator[None]:
    """Make what the system refuses into an error of the action."""
    try:
        yield
    except OSError as error:
        known = _CODES.get(error.errno or 0)
        code, expected = known or (ErrorCode.UNAVAILABLE, "a disk that works")
        found = os.strerror(error.errno or 0)
        raise ActionError(code, f"expected {expected}, found: {found}", field) from None


@contextmanager
def folder_of(root: Path, parts: Parts, *, make: bool = False) -> Iterator[int]:
    """Open a folder, name by name, and give its descriptor; `make` makes those missing."""
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts:
            descriptor = _below(descriptor, part, make)
        yield descriptor
    finally:
        os.close(descriptor)


def _below(parent: int, name: str, make: bool) -> int:
    if make:
        with suppress(FileExistsError):
            os.mkdir(name, 0o755, dir_fd=parent)
    child = os.open(name, FOLDER, dir_fd=parent)
    os.close(parent)
    return child


def open_file(folder: int, name: str, flags: int = READ) -> int:
    """Open a regular file below a folder; a device, a pipe or a link is refused."""
    descriptor = os.open(name, flags, 0o644, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ActionError(ErrorCode.CONFLICT, "expected a file, found something else", "path")
    return descriptor


def status_of(folder: int, name: str) -> os.stat_result:
    """Return what is known of a name, itself and not what it may point to."""
    return os.stat(name or ".", dir_fd=folder, follow_symlinks=False)


def _invalid(expected: str, found: str, field: str) -> ActionError:
    return ActionError(ErrorCode.INVALID, f"expected {expected}, found {found[:60]!a}", field)
