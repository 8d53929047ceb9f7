"""What ELF files say about the libraries that they need. Only 64 bit little endian is read."""

from __future__ import annotations

import posixpath
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from oci.tree import Entry, FileEntry, SymlinkEntry

_MAGIC = b"\x7fELF\x02\x01"
_LOAD, _DYNAMIC = 1, 2
_NEEDED, _STRINGS, _RPATH, _RUNPATH = 1, 5, 15, 29


@dataclass(frozen=True)
class Dynamic:
    """Hold what a file needs and where it looks besides the usual folders."""

    needed: tuple[str, ...] = ()
    search: tuple[str, ...] = ()


@dataclass(frozen=True, order=True)
class MissingLibrary:
    """Name a library that a file needs and that the tree lacks."""

    path: str
    library: str

    def __str__(self) -> str:
        return f"{self.path}: needs {self.library}, which is not in the tree"


@dataclass(frozen=True)
class _Segment:
    kind: int
    offset: int
    address: int
    size: int


def is_elf(content: bytes) -> bool:
    """Tell whether these are the bytes of an ELF file of the supported kind."""
    return content.startswith(_MAGIC)


def read_dynamic(content: bytes) -> Dynamic:
    """Return what the dynamic section of an ELF file asks for."""
    segments = tuple(_segments(content))
    entries = [
        entry for item in segments if item.kind == _DYNAMIC for entry in _tags(content, item)
    ]
    addresses = [value for tag, value in entries if tag == _STRINGS]
    if not addresses:
        return Dynamic()
    strings = _offset(segments, addresses[0])
    needed = tuple(_string(content, strings + value) for tag, value in entries if tag == _NEEDED)
    search = [_string(content, strings + v) for tag, v in entries if tag in (_RPATH, _RUNPATH)]
    return Dynamic(needed, tuple(part for text in search for part in text.split(":") if part))


def _segments(content: bytes) -> Iterator[_Segment]:
    (table,) = struct.unpack_from("<Q", content, 32)
    size, count = struct.unpack_from("<HH", content, 54)
    for number in range(count):
        kind, _, offset, address, _, length = struct.unpack_from(
            "<IIQQQQ", content, table + number * size
        )
        yield _Segment(kind, offset, address, length)


def _tags(content: bytes, segment: _Segment) -> Iterator[tuple[int, int]]:
    for position in range(segment.offset, segment.offset + segment.size, 16):
        tag, value = struct.unpack_from("<qQ", content, position)
        if tag == 0:
            return
        yield tag, value


def _offset(segments: tuple[_Segment, ...], address: int) -> int:
    for item in segments:
        if item.kind == _LOAD and item.address <= address < item.address + item.size:
            return item.offset + address - item.address
    return address


def _string(content: bytes, start: int) -> str:
    return content[start : content.index(b"\0", start)].decode("utf-8", "replace")


def missing_libraries(tree: Mapping[str, Entry]) -> Iterator[MissingLibrary]:
    """Yield every library that an ELF file of the tree needs and would not find."""
    system = _library_names(tree)
    for path, entry in sorted(tree.items()):
        if not isinstance(entry, FileEntry):
            continue
        content = entry.read()
        if is_elf(content):
            dynamic = read_dynamic(content)
            for library in dynamic.needed:
                if library not in system and not _beside(tree, path, dynamic, library):
                    yield MissingLibrary(path, library)


def _library_names(tree: Mapping[str, Entry]) -> frozenset[str]:
    return frozenset(
        posixpath.basename(path)
        for path in tree
        if posixpath.dirname(path) in ("usr/lib", "usr/lib64")
        or (path.startswith("usr/lib/") and posixpath.dirname(path).endswith("-linux-gnu"))
        if _resolves(tree, path)
    )


def _resolves(tree: Mapping[str, Entry], path: str) -> bool:
    """Follow links until a file is found; a link to nothing helps no loader."""
    for _ in range(10):
        entry = tree.get(path)
        if not isinstance(entry, SymlinkEntry):
            return isinstance(entry, FileEntry)
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), entry.target))
    return False


def _beside(tree: Mapping[str, Entry], path: str, dynamic: Dynamic, library: str) -> bool:
    folder = "/" + posixpath.dirname(path)
    for place in dynamic.search:
        where = place.replace("${ORIGIN}", "$ORIGIN").replace("$ORIGIN", folder)
        if _resolves(tree, posixpath.normpath(f"{where}/{library}").lstrip("/")):
            return True
    return False
