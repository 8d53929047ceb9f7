"""Package indexes, refreshing the lock, and reading apt's answers."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from debian.apt import IndexTarget, parse_targets
from debian.errors import LockError, PackageIndexError
from debian.index import newest, parse_index
from debian.lock import WantedPackage
from debian.refresh import main, mirror_indexes, refresh, write_lock


def stanza(name: str, version: str) -> str:
    """Return one package of an index, as Debian writes it."""
    return (
        f"Package: {name}\nVersion: {version}\nArchitecture: amd64\n"
        f"Description: text\n with a line that says\n Package: libother\n"
        f"Filename: pool/main/x/{name}_{version}_amd64.deb\nSize: 12\nSHA256: {'a' * 64}\n"
    )


OLD = "\n".join([stanza("libone", "1.9"), stanza("libother", "1"), stanza("libtwo", "2")])
NEW = "\n".join([stanza("libone", "1.10")])
WANTED = (WantedPackage("libone", "x"), WantedPackage("libtwo", "y"))


def test_only_named_packages_are_read() -> None:
    """An index is searched by name; words in descriptions do not count."""
    assert [item.version for item in parse_index(OLD, {"libone"})] == ["1.9"]
    assert len(list(parse_index(OLD, {"libother"}))) == 1


@pytest.mark.parametrize("indexes", [(OLD, NEW), (NEW, OLD), (OLD, NEW, OLD)])
def test_newest_version_wins(indexes: tuple[str, ...]) -> None:
    """The newest version is pinned, in whatever order the indexes are read."""
    names = {item.name for item in WANTED}
    lock = newest(WANTED, [item for text in indexes for item in parse_index(text, names)])
    assert [(item.name, item.version) for item in lock.packages] == [
        ("libone", "1.10"),
        ("libtwo", "2"),
    ]


def test_missing_package_is_an_error() -> None:
    """A wanted package that no index has is named."""
    with pytest.raises(PackageIndexError, match="must have libtwo, has no such package"):
        newest(WANTED, parse_index(NEW, {"libone", "libtwo"}))


def test_index_without_a_hash_is_an_error() -> None:
    """A package that cannot be pinned by hash is refused."""
    text = stanza("libone", "1").replace("SHA256", "MD5sum")
    with pytest.raises(PackageIndexError, match="libone: must have the field 'SHA256'"):
        list(parse_index(text, {"libone"}))


def test_index_with_a_crooked_path_is_an_error() -> None:
    """A path that would leave the mirror's pool is refused."""
    with pytest.raises(LockError, match="path: must be"):
        list(parse_index(stanza("libone", "1").replace("pool/", "../"), {"libone"}))


def test_second_refresh_changes_nothing(tmp_path: Path) -> None:
    """Without anything newer the lock keeps its bytes."""
    wanted = tmp_path / "base.txt"
    wanted.write_text("libtwo # y\nlibone # x\n")
    lock = tmp_path / "base.lock"
    assert write_lock(refresh(wanted, [OLD, NEW]), lock)
    before = lock.read_bytes()
    assert not write_lock(refresh(wanted, [NEW, OLD]), lock)
    assert lock.read_bytes() == before


def test_refresh_from_a_mirror(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A mirror that is given by hand is asked for the suite, its updates and its security."""
    for suite, text in (("bookworm", OLD), ("bookworm-security", NEW)):
        folder = tmp_path / "dists" / suite / "main/binary-amd64"
        folder.mkdir(parents=True)
        (folder / "Packages.xz").write_bytes(lzma.compress(text.encode()))
    mirror = tmp_path.as_uri()
    assert list(mirror_indexes("bookworm", [mirror])) == [OLD, NEW]
    (tmp_path / "base.txt").write_text("libone # x\n")
    assert main(["--wanted", str(tmp_path / "base.txt"), "--mirror", mirror]) == 0
    assert '"1.10"' in (tmp_path / "base.lock").read_text()
    assert main(["--wanted", str(tmp_path / "base.txt"), "--mirror", mirror]) == 0
    assert "is up to date" in capsys.readouterr().err


def test_mirror_without_the_suite_is_an_error(tmp_path: Path) -> None:
    """A mirror that has none of the indexes is an error."""
    (tmp_path / "base.txt").write_text("libone # x\n")
    arguments = ["--wanted", str(tmp_path / "base.txt"), "--mirror", tmp_path.as_uri()]
    assert main(arguments) == 1


def test_targets_of_apt_are_filtered() -> None:
    """Only Debian's own suite counts, with its updates and its security."""
    output = (
        "Debian|bookworm|amd64|http://mirror/debian/|/lists/a\n"
        "Debian|bookworm-security|amd64|http://mirror/security/|/lists/b\n"
        "Debian|trixie|amd64|http://mirror/debian/|/lists/c\n"
        "Somebody|bookworm|amd64|http://vendor/|/lists/d\n"
    )
    assert list(parse_targets(output, "bookworm")) == [
        IndexTarget("bookworm", "amd64", "http://mirror/debian/", Path("/lists/a")),
        IndexTarget("bookworm-security", "amd64", "http://mirror/security/", Path("/lists/b")),
    ]
