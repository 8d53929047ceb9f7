"""Unpacking .deb files without dpkg."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launcher.deb import AR_MAGIC, DebError, members, unpack

NAMES = st.text("abcdefgh.", min_size=1, max_size=15)


def archive(*parts: tuple[str, bytes]) -> bytes:
    """Write an ar archive."""
    out = AR_MAGIC
    for name, content in parts:
        fields = f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n"
        out += fields.encode() + content + b"\n" * (len(content) % 2)
    return out


def tar(*infos: tarfile.TarInfo, compression: str = "xz") -> bytes:
    """Write a compressed tar archive whose files hold their own names."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=f"w:{compression}") as out:  # type: ignore[call-overload]  # mode is a Literal
        for info in infos:
            content = info.name.encode() if info.isreg() else b""
            info.size = len(content)
            out.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def entry(
    name: str, kind: bytes = tarfile.REGTYPE, link: str = "", mode: int = 0o644
) -> tarfile.TarInfo:
    """Describe a member of a tar archive."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, link, mode
    return info


def write_deb(folder: Path, *infos: tarfile.TarInfo, compression: str = "xz") -> Path:
    """Write a .deb with these files."""
    path = folder / "thing.deb"
    data = tar(*infos, compression=compression)
    path.write_bytes(archive(("debian-binary", b"2.0\n"), (f"data.tar.{compression}", data)))
    return path


@given(st.lists(st.tuples(NAMES, st.binary(max_size=9))))
def test_members_are_read_as_written(parts: list[tuple[str, bytes]]) -> None:
    """An ar archive gives back the members that it was written with."""
    assert list(members(archive(*parts), "x")) == [(name, content) for name, content in parts]


@given(st.binary(max_size=80))
def test_garbage_is_refused_or_read(data: bytes) -> None:
    """No bytes make the reader fail in any other way than by saying what is wrong."""
    try:
        list(members(AR_MAGIC + data, "x"))
    except DebError as error:
        assert str(error).startswith("x: expected ")


@pytest.mark.parametrize("compression", ["xz", "gz"])
def test_files_folders_and_links(tmp_path: Path, compression: str) -> None:
    """Files keep their content and mode, links their meaning."""
    deb = write_deb(
        tmp_path,
        entry("./usr", tarfile.DIRTYPE),
        entry("./usr/bin/run", mode=0o755),
        entry("./usr/bin/also", tarfile.SYMTYPE, "run"),
        entry("./usr/bin/same", tarfile.LNKTYPE, "./usr/bin/run"),
        compression=compression,
    )
    unpack(deb, tmp_path / "root")
    run = tmp_path / "root/usr/bin/run"
    assert run.read_bytes() == b"./usr/bin/run"
    assert run.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "root/usr/bin/also").resolve() == run.resolve()
    assert (tmp_path / "root/usr/bin/same").read_bytes() == run.read_bytes()


def test_absolute_links_stay_below_the_target(tmp_path: Path) -> None:
    """A link to /etc means the etc folder of the package, not the machine's."""
    link = entry("./usr/lib/site.py", tarfile.SYMTYPE, "/etc/site.py")
    unpack(write_deb(tmp_path, entry("./etc/site.py"), link), tmp_path / "root")
    assert (tmp_path / "root/usr/lib/site.py").read_bytes() == b"./etc/site.py"


@pytest.mark.parametrize(
    "bad",
    [
        entry("../outside"),
        entry("./a/../../outside"),
        entry("./a", tarfile.SYMTYPE, "../../outside"),
        entry("./a", tarfile.LNKTYPE, "../outside"),
    ],
)
def test_paths_out_of_the_package_are_refused(tmp_path: Path, bad: tarfile.TarInfo) -> None:
    """Nothing is written or linked outside of the target."""
    with pytest.raises(DebError, match="expected paths inside of the package"):
        unpack(write_deb(tmp_path, bad), tmp_path / "root")
    assert not (tmp_path / "outside").exists()


def test_a_package_without_data_is_refused(tmp_path: Path) -> None:
    """An archive that holds no files is no package."""
    path = tmp_path / "thing.deb"
    path.write_bytes(archive(("debian-binary", b"2.0\n")))
    with pytest.raises(DebError, match=r"expected a member data\.tar, found none"):
        unpack(path, tmp_path)
