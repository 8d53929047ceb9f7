"""The lock of Debian packages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launcher.deb_lock import DebLock, LockedDeb, parse_deb_lock, read_deb_lock
from launcher.errors import LauncherError

WHERE = Path("some.debs.lock")
WORDS = st.text("abcdefghijklmnop0123456789+.:~-", min_size=1, max_size=12)
DEBS = st.builds(
    LockedDeb,
    name=WORDS,
    version=WORDS,
    path=WORDS.map(lambda word: f"pool/main/{word.replace('..', '.')}_all.deb"),
    sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
    size=st.integers(0, 10**9),
)


def one_package(**changes: object) -> str:
    """Write a lock with one package, changed."""
    package = {"name": "a", "version": "1", "path": "pool/a.deb", "sha256": "0" * 64, "size": 1}
    return json.dumps({"architecture": "amd64", "packages": [{**package, **changes}]})


@given(st.lists(DEBS, unique_by=lambda deb: deb.name))
def test_a_lock_reads_back(debs: list[LockedDeb]) -> None:
    """Writing and reading gives the same packages, sorted."""
    lock = DebLock("amd64", tuple(debs))
    again = parse_deb_lock(lock.render(), WHERE)
    assert again == DebLock("amd64", tuple(sorted(debs)))
    assert again.render() == lock.render()


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"path": "http://mirror.example/pool/a.deb"}, "expected a: a path below a mirror"),
        ({"path": "/pool/a.deb"}, "expected a: a path below a mirror"),
        ({"path": "pool/../../a.deb"}, "expected a: a path below a mirror"),
        ({"sha256": "abc"}, "expected a: 64 hex digits"),
        ({"size": "1"}, "expected a: 64 hex digits and a size"),
        ({"url": "x"}, "expected the keys name, version, path, sha256, size"),
    ],
)
def test_bad_packages_are_refused(changes: dict[str, object], complaint: str) -> None:
    """A lock that names a host, leaves the pool or lacks a hash is not used."""
    with pytest.raises(LauncherError, match=complaint):
        parse_deb_lock(one_package(**changes), WHERE)


@pytest.mark.parametrize("text", ["", "[]", '{"packages": []}', '{"architecture": "amd64"}'])
def test_other_json_is_refused(text: str) -> None:
    """Something that is no lock is reported with its name."""
    with pytest.raises(LauncherError, match=r"some\.debs\.lock: expected JSON"):
        parse_deb_lock(text, WHERE)


def test_a_missing_lock_says_how_to_get_it_back(tmp_path: Path) -> None:
    """The hint of a missing lock can be typed."""
    with pytest.raises(LauncherError) as caught:
        read_deb_lock(tmp_path / "gone.lock")
    assert caught.value.hint == "git checkout gone.lock   # or: make lock"
