"""The container format of .deb files: bytes to named members. What is kept is decided elsewhere."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass

from debian.errors import ArchiveError

_MAGIC = b"!<arch>\n"
_HEADER = 60
_COMPRESSIONS = ("", ".gz", ".xz")


@dataclass(frozen=True)
class DebMember:
    """Hold a file (`target` is empty) or a link of a package, by its path without `./`."""

    path: str
    content: bytes = b""
    executable: bool = False
    target: str = ""


@dataclass(frozen=True)
class DebFile:
    """Hold the two archives inside a .deb."""

    name: str
    control: bytes
    data: bytes

    @classmethod
    def parse(cls, content: bytes, name: str) -> DebFile:
        """Split a .deb into its archives."""
        members = dict(_ar_members(content, name))
        return cls(name, _member(members, "control.tar", name), _member(members, "data.tar", name))

    def control_files(self) -> dict[str, bytes]:
        """Return the package's own files: control, md5sums and the scripts, which never run."""
        return {item.path: item.content for item in _tar_members(self.control, self.name)}

    def members(self) -> Iterator[DebMember]:
        """Yield what the package installs, without directories."""
        return _tar_members(self.data, self.name)


def _ar_members(content: bytes, name: str) -> Iterator[tuple[str, bytes]]:
    if not content.startswith(_MAGIC):
        raise ArchiveError(f"{name}: must be a .deb (an ar archive), starts with {content[:8]!r}")
    position = len(_MAGIC)
    while position + _HEADER <= len(content):
        header = content[position : position + _HEADER]
        member = header[:16].decode("ascii", "replace").strip().rstrip("/")
        try:
            size = int(header[48:58])
        except ValueError as error:
            raise ArchiveError(f"{name}: {member}: must have a size, has none") from error
        start = position + _HEADER
        if start + size > len(content):
            raise ArchiveError(
                f"{name}: {member}: must be {size} bytes, {len(content) - start} are left"
            )
        yield member, content[start : start + size]
        position = start + size + size % 2


def _member(members: dict[str, bytes], wanted: str, name: str) -> bytes:
    for suffix in _COMPRESSIONS:
        if wanted + suffix in members:
            return members[wanted + suffix]
    found = ", ".join(sorted(members)) or "nothing"
    raise ArchiveError(f"{name}: must have {wanted} plain, .gz or .xz, has {found}")


def _tar_members(archive: bytes, name: str) -> Iterator[DebMember]:
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:*") as source:
            for info in source:
                if not info.isdir():
                    yield _deb_member(source, info, name)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ArchiveError(f"{name}: must hold readable archives, found {error}") from error


def _deb_member(source: tarfile.TarFile, info: tarfile.TarInfo, name: str) -> DebMember:
    path = info.name[2:] if info.name.startswith("./") else info.name
    if path.startswith("/") or ".." in path.split("/"):
        raise ArchiveError(f"{name}: {info.name}: must stay inside the image")
    if info.issym():
        return DebMember(path, target=info.linkname)
    # A hard link is read through to its file: layers hold no hard links.
    content = source.extractfile(info)
    if content is None:
        raise ArchiveError(f"{name}: {info.name}: must be a file or a link, was of another type")
    return DebMember(path, content.read(), bool(info.mode & 0o100))
