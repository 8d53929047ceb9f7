"""One change to an ELF program: where it looks for its libraries.

It uses the room that linkers leave in every program: spare entries of the dynamic section and zeros
up to the end of a page. So no tool has to be fetched before there is a Python that can fetch it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from launcher.errors import LauncherError

LOAD, DYNAMIC = 1, 2
NULL, STRTAB, RPATH = 0, 5, 15
PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
DYNAMIC_ENTRY = struct.Struct("<qQ")


@dataclass(frozen=True)
class Segment:
    """A program header and where it lies."""

    header: int
    kind: int
    offset: int
    address: int
    file_size: int
    memory_size: int


def add_rpath(program: Path, rpath: str) -> None:
    """Make a program, and everything that it loads, look for libraries in `rpath` first."""
    data = bytearray(program.read_bytes())
    if data[:6] != b"\x7fELF\x02\x01":
        raise _unusable(program, "a 64-bit little-endian ELF program", repr(bytes(data[:6])))
    segments = _segments(data)
    dynamic = next((one for one in segments if one.kind == DYNAMIC), None)
    if dynamic is None:
        raise _unusable(program, "a dynamically linked program", "a static one")
    entries = [
        DYNAMIC_ENTRY.unpack_from(data, dynamic.offset + place * DYNAMIC_ENTRY.size)
        for place in range(dynamic.file_size // DYNAMIC_ENTRY.size)
    ]
    spare = [place for place, (tag, _) in enumerate(entries) if tag == NULL]
    if len(spare) < 2:
        raise _unusable(program, "a spare entry in the dynamic section", "none")
    strings = next(value for tag, value in entries if tag == STRTAB)
    text = _append(data, program, segments, strings, rpath.encode() + b"\0")
    place = dynamic.offset + spare[0] * DYNAMIC_ENTRY.size
    DYNAMIC_ENTRY.pack_into(data, place, RPATH, text - strings)
    program.write_bytes(data)


def _segments(data: bytearray) -> tuple[Segment, ...]:
    (start,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    found = []
    for header in range(start, start + size * count, size):
        kind, _, offset, address, _, file_size, memory_size, _ = PROGRAM_HEADER.unpack_from(
            data, header
        )
        found.append(Segment(header, kind, offset, address, file_size, memory_size))
    return tuple(found)


def _append(
    data: bytearray, program: Path, segments: tuple[Segment, ...], strings: int, text: bytes
) -> int:
    """Put text behind the segment that holds the string table; return the address of the text."""
    loads = [one for one in segments if one.kind == LOAD]
    holder = next(one for one in loads if one.address <= strings < one.address + one.file_size)
    end = holder.offset + holder.file_size
    following = min((one.offset for one in loads if one.offset >= end), default=end)
    if following - end < len(text) or any(data[end : end + len(text)]):
        raise _unusable(
            program, f"{len(text)} unused bytes behind its strings", f"{following - end}"
        )
    data[end : end + len(text)] = text
    sizes = (holder.file_size + len(text), holder.memory_size + len(text))
    struct.pack_into("<QQ", data, holder.header + 32, *sizes)
    return holder.address + holder.file_size


def _unusable(program: Path, expected: str, found: str) -> LauncherError:
    hint = "PANTS_PYTHON39=/path/to/python3.9 ./pants --version"
    return LauncherError(str(program), expected, found, hint)
