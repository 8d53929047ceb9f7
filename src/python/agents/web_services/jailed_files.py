"""
What can be done to files in a jail: blocking functions, for a thread. No message may enter.

Contents are replaced by renaming: a reader sees the old one or the new one, never a half.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agents.web_services.jail import (
    WRITE,
    Parts,
    folder_of,
    open_file,
    status_of,
)
from common.contracts.files import MAX_FILE, FileEntry, FileKind
from common.messages import ActionError, ErrorCode

MAX_ENTRIES: Final = 10_000
PIECE: Final = 1 << 20


@dataclass(frozen=True)
class JailedFiles:
    """Work below a root folder, with at most so many bytes in it."""

    root: Path
    most_bytes: int

    def entry(self, parts: Parts) -> FileEntry:
        """Describe what a path leads to."""
        with folder_of(self.root, parts[:-1]) as folder:
            return _entry(parts, status_of(folder, _name(parts)))

    def entries(self, parts: Parts, limit: int) -> tuple[tuple[FileEntry, ...], int]:
        """Describe what is in a folder, and tell how much that is."""
        with folder_of(self.root, parts) as folder:
            names = sorted(os.listdir(folder))
            found = []
            for name in names[:limit]:
                with suppress(FileNotFoundError):  # it went meanwhile
                    found.append(_entry((*parts, name), status_of(folder, name)))
            return tuple(found), len(names)

    def read(self, parts: Parts, offset: int, most: int) -> tuple[FileEntry, bytes]:
        """Return a piece of a file."""
        with folder_of(self.root, parts[:-1]) as folder:
            descriptor = open_file(folder, _name(parts))
            with os.fdopen(descriptor, "rb") as file:
                entry = _entry(parts, os.fstat(file.fileno()))
                file.seek(offset)
                return entry, file.read(most)

    def write(self, parts: Parts, data: bytes, *, overwrite: bool) -> FileEntry:
        """Put a file with this content where there was none, or in place of the old one."""
        self._expect_room(len(data))
        with folder_of(self.root, parts[:-1], make=True) as folder:
            _expect_no_folder(folder, _name(parts))
            with _new_file(folder, _name(parts), overwrite) as file:
                _write_all(file, data)
            return _entry(parts, status_of(folder, _name(parts)))

    def append(self, parts: Parts, data: bytes) -> FileEntry:
        """Add to the end of a file, or begin one."""
        self._expect_room(len(data))
        with folder_of(self.root, parts[:-1], make=True) as folder:
            file = open_file(folder, _name(parts), WRITE | os.O_APPEND | os.O_CREAT)
            try:
                size = os.fstat(file).st_size + len(data)
                if size > MAX_FILE:
                    raise _too_large(size)
                _write_all(file, data)
                os.fsync(file)
                return _entry(parts, os.fstat(file))
            finally:
                os.close(file)

    def make_folder(self, parts: Parts) -> FileEntry:
        """Make a folder and those above it."""
        self._expect_room(0)
        with folder_of(self.root, parts, make=True) as folder:
            return _entry(parts, os.fstat(folder))

    def copy(self, source: Parts, target: Parts, *, overwrite: bool) -> FileEntry:
        """Copy a file, or a folder with all that is in it; links are refused."""
        entry = self.entry(source)
        if entry.kind is FileKind.FILE:
            if entry.size > MAX_FILE:
                raise _too_large(entry.size)
            _, data = self.read(source, 0, MAX_FILE)
            return self.write(target, data, overwrite=overwrite)
        if entry.kind is FileKind.OTHER:
            raise ActionError(ErrorCode.DENIED, "expected no link and no device", "source")
        _expect_apart(source, target)
        if not overwrite:
            self._expect_free(target)
        made = self.make_folder(target)
        with folder_of(self.root, source) as folder:
            names = sorted(os.listdir(folder))
        for name in names:
            self.copy((*source, name), (*target, name), overwrite=overwrite)
        return made

    def move(self, source: Parts, target: Parts, *, overwrite: bool) -> FileEntry:
        """Give a file or folder another name."""
        _expect_apart(source, target)
        if self.entry(source).kind is FileKind.OTHER:
            raise ActionError(ErrorCode.DENIED, "expected no link and no device", "source")
        if not overwrite:
            self._expect_free(target)
        with (
            folder_of(self.root, source[:-1]) as old,
            folder_of(self.root, target[:-1], make=True) as new,
        ):
            os.rename(_name(source), _name(target), src_dir_fd=old, dst_dir_fd=new)
            os.fsync(new)
            return _entry(target, status_of(new, _name(target)))

    def delete(self, parts: Parts, *, recursive: bool) -> int:
        """Take out a file, a link itself, or a folder; tell how much went."""
        with folder_of(self.root, parts[:-1]) as folder:
            name = _name(parts)
            if not stat.S_ISDIR(status_of(folder, name).st_mode):
                os.unlink(name, dir_fd=folder)
                return 1
            if not recursive:
                os.rmdir(name, dir_fd=folder)
                return 1
            count = sum(1 for _ in _below(folder, name))
            shutil.rmtree(name, dir_fd=folder)
            return count + 1

    def _expect_free(self, parts: Parts) -> None:
        with suppress(FileNotFoundError):
            self.entry(parts)
            raise FileExistsError(17, "exists")

    def _expect_room(self, wanted: int) -> None:
        if wanted > MAX_FILE:
            raise _too_large(wanted)
        sizes = []
        with folder_of(self.root, ()) as folder:
            for status in _below(folder, "."):
                sizes.append(status.st_size)
                if len(sizes) > MAX_ENTRIES:
                    break
        if len(sizes) > MAX_ENTRIES or sum(sizes) + wanted > self.most_bytes:
            message = (
                f"expected at most {MAX_ENTRIES} files of {self.most_bytes} bytes in all, "
                f"found {len(sizes)} of {sum(sizes)}"
            )
            raise ActionError(ErrorCode.OVERLOADED, message)


def _name(parts: Parts) -> str:
    return parts[-1] if parts else "."


def _entry(parts: Parts, status: os.stat_result) -> FileEntry:
    kind = FileKind.OTHER
    if stat.S_ISREG(status.st_mode):
        kind = FileKind.FILE
    elif stat.S_ISDIR(status.st_mode):
        kind = FileKind.FOLDER
    path = "/".join(parts).encode("utf-8", "replace").decode()
    size = status.st_size if kind is FileKind.FILE else 0
    return FileEntry(path=path, kind=kind, size=size, changed_at=status.st_mtime)


@contextmanager
def _new_file(folder: int, name: str, overwrite: bool) -> Iterator[int]:
    temporary = f".{secrets.token_hex(12)}.new"
    file = os.open(temporary, WRITE | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=folder)
    try:
        yield file
        os.fsync(file)
        if overwrite:
            os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
        else:  # a link is refused when the name is taken, a rename is not
            os.link(temporary, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        os.fsync(folder)
    finally:
        os.close(file)
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view[:PIECE]) :]


def _below(folder: int, name: str) -> Iterator[os.stat_result]:
    for _, folders, files, descriptor in os.fwalk(name, dir_fd=folder, follow_symlinks=False):
        for each in (*folders, *files):
            with suppress(FileNotFoundError):
                yield status_of(descriptor, each)


def _expect_no_folder(folder: int, name: str) -> None:
    with suppress(FileNotFoundError):
        if stat.S_ISDIR(status_of(folder, name).st_mode):
            raise IsADirectoryError(21, "is a folder")


def _expect_apart(source: Parts, target: Parts) -> None:
    if target[: len(source)] == source:
        message = "expected a target that is not in the source"
        raise ActionError(ErrorCode.INVALID, message, "target")


def _too_large(size: int) -> ActionError:
    return ActionError(ErrorCode.INVALID, f"expected at most {MAX_FILE} bytes, found {size}")
