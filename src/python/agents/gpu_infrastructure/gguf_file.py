"""
What a GGUF file says of its model: read, checked, and kept to bounds. Nothing runs a model here.

Versions 2 and 3, little endian, as llama.cpp writes them. The tensors are not read, but must lie
within the file.
"""

from __future__ import annotations

import math
import mmap
import os
import stat
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

MAGIC: Final = b"GGUF"
VERSIONS: Final = (2, 3)
MB: Final = 1024.0 * 1024.0
MAX_ENTRIES: Final = 100_000
MAX_ARRAY: Final = 5_000_000
MAX_NAME: Final = 65_536
MAX_TEXT: Final = 8 * 1024 * 1024
KEPT_TEXT: Final = 200
DEFAULT_CONTEXT: Final = 2_048

STRING, ARRAY = 8, 9
# struct formats of the scalar types of metadata
SCALARS: Final = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d",
}  # fmt: skip
# ggml type -> elements in a block and bytes of a block
BLOCKS: Final = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
    9: (32, 36), 10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210),
    15: (256, 292), 16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18),
    21: (256, 110), 22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8),
    28: (1, 8), 29: (256, 56), 30: (1, 2),
}  # fmt: skip

Scalar = str | int | float | bool


class GgufError(Exception):
    """Refuse a file that is no sound GGUF file; the message says where and why."""


@dataclass(frozen=True)
class GgufModel:
    """What one file says; `metadata` has scalars, and of arrays their lengths."""

    name: str
    path: Path
    size: int
    version: int
    tensors: int
    metadata: dict[str, Scalar] = field(default_factory=dict)

    @property
    def architecture(self) -> str:
        """Return the family of the model, such as `llama`."""
        return str(self.metadata.get("general.architecture", "unknown"))

    def number(self, key: str, default: float = 0.0) -> float:
        """Return a number of the model's own family, such as `block_count`."""
        found = self.metadata.get(f"{self.architecture}.{key}", default)
        usable = isinstance(found, (int, float)) and math.isfinite(found) and 0 <= found < 1e9
        return float(found) if usable else default

    def cache_mb(self, context: int = DEFAULT_CONTEXT) -> float:
        """Return what keys and values of that many tokens take at 16 bits each."""
        heads = self.number("attention.head_count", 1.0) or 1.0
        shared = self.number("attention.head_count_kv", heads) or heads
        width = self.number("embedding_length") * min(1.0, shared / heads)
        tokens = min(context, int(self.number("context_length", context)) or context)
        return 2 * 2 * self.number("block_count") * width * tokens / MB

    def memory_mb(self, context: int = DEFAULT_CONTEXT) -> float:
        """Return what the loaded model takes: the file, and the cache of one context."""
        return self.size / MB + self.cache_mb(context)


class Cursor:
    """Read values one after another from bytes, never beyond their end."""

    def __init__(self, data: bytes | mmap.mmap) -> None:
        self._data = data
        self.at = 0

    def take(self, form: str) -> Scalar:
        """Return one scalar."""
        form = f"<{form}"
        self._expect(struct.calcsize(form))
        (found,) = struct.unpack_from(form, self._data, self.at)
        self.at += struct.calcsize(form)
        return found  # type: ignore[no-any-return]  # struct knows the type only by its format

    def count(self, form: str, most: int, what: str) -> int:
        """Return a number that must not be more than `most`."""
        found = int(self.take(form))
        if found > most:
            raise GgufError(f"expected at most {most} {what}, found {found}")
        return found

    def text(self, most: int = MAX_TEXT) -> str:
        """Return a string."""
        length = self.count("Q", most, "bytes of a string")
        self._expect(length)
        found = bytes(self._data[self.at : self.at + length]).decode("utf-8", "replace")
        self.at += length
        return found

    def skip(self, size: int) -> None:
        """Go over bytes that nobody needs."""
        self._expect(size)
        self.at += size

    def _expect(self, size: int) -> None:
        if self.at + size > len(self._data):
            raise GgufError(f"expected {size} bytes at {self.at}, found the end of the file")


def open_model(path: Path) -> tuple[GgufModel, mmap.mmap]:
    """Read a file and return what it says, with the map that holds it in memory."""
    try:
        # Without O_NONBLOCK a pipe under this name would make us wait for a writer.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise GgufError(f"cannot read {path.name}: {error.strerror}") from None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode) or os.fstat(handle).st_size == 0:
            raise GgufError(f"expected a file at {path.name}, found something else or nothing")
        mapped = mmap.mmap(handle, 0, access=mmap.ACCESS_READ)
    finally:
        os.close(handle)
    try:
        return parse(mapped, path), mapped
    except GgufError:
        mapped.close()
        raise


def read_model(path: Path) -> GgufModel:
    """Read and check a file without holding it."""
    model, mapped = open_model(path)
    mapped.close()
    return model


def parse(data: bytes | mmap.mmap, path: Path) -> GgufModel:
    """Return what the bytes of a file say, or raise GgufError."""
    cursor = Cursor(data)
    if bytes(data[:4]) != MAGIC:
        raise GgufError(f"expected {MAGIC.decode()} at the beginning, found {bytes(data[:4])!r}")
    cursor.skip(4)
    version = int(cursor.take("I"))
    if version not in VERSIONS:
        raise GgufError(f"expected version 2 or 3, found {version}")
    tensors = cursor.count("Q", MAX_ENTRIES, "tensors")
    entries = cursor.count("Q", MAX_ENTRIES, "entries of metadata")
    metadata: dict[str, Scalar] = {}
    for _ in range(entries):
        key = cursor.text(MAX_NAME)
        metadata[key[:KEPT_TEXT]] = _value(cursor, cursor.count("I", 12, "as type"))
    end = max((_tensor(cursor) for _ in range(tensors)), default=0)
    _check_room(cursor.at, end, len(data), metadata.get("general.alignment", 32))
    return GgufModel(path.stem, path, len(data), version, tensors, metadata)


def _value(cursor: Cursor, kind: int) -> Scalar:
    if kind == STRING:
        return cursor.text()[:KEPT_TEXT]
    if kind == ARRAY:
        return _array(cursor)
    return cursor.take(SCALARS[kind])


def _array(cursor: Cursor) -> int:
    kind = cursor.count("I", 12, "as type")
    length = cursor.count("Q", MAX_ARRAY, "elements")
    if kind in SCALARS:
        cursor.skip(length * struct.calcsize(SCALARS[kind]))
        return length
    if kind == ARRAY:
        raise GgufError("expected an array of scalars or strings, found one of arrays")
    for _ in range(length):
        cursor.skip(cursor.count("Q", MAX_TEXT, "bytes of a string"))
    return length


def _tensor(cursor: Cursor) -> int:
    """Return where the data of a tensor ends, from where the data begins."""
    name = cursor.text(MAX_NAME)
    sizes = [int(cursor.take("Q")) for _ in range(cursor.count("I", 8, "dimensions"))]
    kind = int(cursor.take("I"))
    offset = int(cursor.take("Q"))
    elements, size = BLOCKS.get(kind, (1, 0))  # of a newer type only the beginning is known
    count = math.prod(sizes)
    if count % elements:
        raise GgufError(f"expected whole blocks of {elements} in {name[:60]!r}, found {count}")
    return offset + count // elements * size


def _check_room(at: int, end: int, size: int, alignment: Scalar) -> None:
    known = isinstance(alignment, int) and 0 < alignment <= MAX_NAME
    if not known:
        raise GgufError(f"expected a number as general.alignment, found {alignment!r}")
    begin = math.ceil(at / int(alignment)) * int(alignment)
    if end and begin + end > size:
        raise GgufError(f"expected tensors up to byte {begin + end}, found the end at {size}")
