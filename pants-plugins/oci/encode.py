"""Trees to layer bytes. Every choice that can change a layer's digest is made in this file."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from oci.digest import Digest
from oci.layer import Layer, LayerDescription, LayerFile
from oci.tree import Content, DirectoryEntry, Entry, FileEntry, SymlinkEntry, with_parents

# 1980-01-02: zip based tools refuse anything before 1980, in any time zone.
MTIME = 315619200
GZIP_LEVEL = 6
# 16 asks zlib for a gzip header, which it writes without a time and without a name.
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
ENCODER = f"zlib {zlib.ZLIB_RUNTIME_VERSION} level {GZIP_LEVEL}, tar pax"


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


class LayerStream(io.RawIOBase):
    """Take the bytes of a tar, write them compressed, and name both on the way."""

    def __init__(self, output: BinaryIO) -> None:
        super().__init__()
        self._output = output
        self._tar_hash: _Hash = hashlib.sha256()
        self._blob_hash: _Hash = hashlib.sha256()
        self._compressor = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
        self._size = 0

    def write(self, data: Any, /) -> int:
        """Take the next bytes of the tar."""
        self._tar_hash.update(data)
        self._emit(self._compressor.compress(data))
        return len(data)

    def _emit(self, data: bytes) -> None:
        self._blob_hash.update(data)
        self._size += len(data)
        self._output.write(data)

    def finish(self, contents: tuple[str, ...]) -> Layer:
        """Flush the last bytes and return the layer's value."""
        self._emit(self._compressor.flush())
        return Layer(
            digest=Digest("sha256", self._blob_hash.hexdigest()),
            diff_id=Digest("sha256", self._tar_hash.hexdigest()),
            size=self._size,
            contents=contents,
        )


class _HashingReader:
    """Hash a file while the tar writer reads it, so that it is read once."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.hash: _Hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self.hash.update(data)
        return data


@dataclass(frozen=True)
class EncodeRequest:
    """Hold what one layer is made of; `owners` gives single paths to a user and group."""

    tree: Mapping[str, Entry]
    owners: Mapping[str, int]
    contents: tuple[str, ...] = ()


def encode_layer(request: EncodeRequest, output: BinaryIO) -> LayerDescription:
    """Write a tree as a gzip compressed tar whose bytes depend on the tree only."""
    stream = LayerStream(output)
    tree = with_parents(request.tree)
    files: list[LayerFile] = []
    with tarfile.open(
        fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT, encoding="utf-8"
    ) as archive:
        for path in sorted(tree, key=lambda path: path.encode("utf-8", "surrogateescape")):
            info = _header(path, request.owners.get(path, 0))
            files.extend(_add(archive, info, tree[path]))
    layer = stream.finish(request.contents)
    return LayerDescription(layer, tuple(files), ENCODER)


def _header(path: str, owner: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(path)
    info.mtime = MTIME
    info.uid = info.gid = owner
    info.uname = info.gname = ""
    return info


def _add(archive: tarfile.TarFile, info: tarfile.TarInfo, entry: Entry) -> list[LayerFile]:
    if isinstance(entry, DirectoryEntry):
        info.type, info.mode = tarfile.DIRTYPE, entry.mode
        info.uid = info.gid = info.uid or entry.owner
        archive.addfile(info)
        return []
    if isinstance(entry, SymlinkEntry):
        info.type, info.mode, info.linkname = tarfile.SYMTYPE, 0o777, entry.target
        archive.addfile(info)
        return [LayerFile(info.name, 0, f"link:{entry.target}")]
    return [_add_file(archive, info, entry)]


def _add_file(archive: tarfile.TarFile, info: tarfile.TarInfo, entry: FileEntry) -> LayerFile:
    info.mode = 0o755 if entry.executable else 0o644
    with _open(entry.content) as source:
        info.size = source.seek(0, io.SEEK_END)
        source.seek(0)
        reader = _HashingReader(source)
        archive.addfile(info, reader)
    return LayerFile(info.name, info.size, f"sha256:{reader.hash.hexdigest()}")


def _open(content: Content) -> BinaryIO:
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")
