"""Reading .deb files: an ar archive that holds a tar archive.

Where they come from is not known here.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from launcher.errors import LauncherError

AR_MAGIC = b"!<arch>\n"
HEADER = 60


class DebError(LauncherError):
    """A .deb file that cannot be unpacked."""


def members(data: bytes, where: str) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each member of an ar archive."""
    if not data.startswith(AR_MAGIC):
        raise _broken(where, "an ar archive", repr(data[:8]))
    offset = len(AR_MAGIC)
    while offset < len(data):
        header = data[offset : offset + HEADER]
        if len(header) < HEADER or header[58:] != b"`\n" or not header[48:58].strip().isdigit():
            raise _broken(where, f"a member header at byte {offset}", repr(header[:60]))
        size = int(header[48:58])
        start = offset + HEADER
        if start + size > len(data):
            raise _broken(where, f"{size} bytes at byte {start}", f"{len(data) - start}")
        yield header[:16].decode("ascii", "replace").rstrip(" /"), data[start : start + size]
        offset = start + size + size % 2


def unpack(deb: Path, target: Path) -> None:
    """Write the files of a .deb below the target folder."""
    with tarfile.open(fileobj=_data_tar(deb), mode="r:*") as archive:
        for member in archive:
            _extract(archive, member, target, str(deb))


def _data_tar(deb: Path) -> BinaryIO:
    for name, content in members(deb.read_bytes(), str(deb)):
        if name.startswith("data.tar"):
            return io.BytesIO(content) if _can_read(name) else _unpack_with_dpkg(deb)
    raise _broken(str(deb), "a member data.tar", "none")


def _can_read(name: str) -> bool:
    if not name.endswith((".xz", ".gz", ".bz2", ".tar")):
        return False
    try:
        __import__({"xz": "lzma", "gz": "zlib", "bz2": "bz2"}.get(name.rsplit(".", 1)[1], "io"))
    except ImportError:
        return False
    return True


def _unpack_with_dpkg(deb: Path) -> BinaryIO:
    program = shutil.which("dpkg-deb")
    if program is None:
        raise _broken(str(deb), "a Python with lzma, or dpkg-deb", "neither")
    done = subprocess.run([program, "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE, check=True)
    return io.BytesIO(done.stdout)


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path, where: str) -> None:
    path = _inside(target, member.name, where)
    if member.isdir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if member.issym():
        os.symlink(_link_inside(member, target, where), path)
    elif member.islnk():
        os.link(_inside(target, member.linkname, where), path)
    elif member.isreg():
        content = archive.extractfile(member)
        assert content is not None
        with path.open("wb") as output:
            shutil.copyfileobj(content, output)
        path.chmod(member.mode & 0o755 | 0o644)


def _link_inside(member: tarfile.TarInfo, target: Path, where: str) -> str:
    """Make an absolute link mean the place below the target: the host's /etc is never read."""
    folder = os.path.dirname(member.name)
    destination = (
        member.linkname if os.path.isabs(member.linkname) else f"{folder}/{member.linkname}"
    )
    return os.path.relpath(
        _inside(target, destination, where), _inside(target, folder or ".", where)
    )


def _inside(target: Path, name: str, where: str) -> Path:
    relative = os.path.normpath(name.lstrip("/"))
    if relative == ".." or relative.startswith("../"):
        raise _broken(where, "paths inside of the package", repr(name))
    return target / relative


def _broken(where: str, expected: str, found: str) -> DebError:
    return DebError(where, expected, found, "make lock   # or check the Debian mirror")
