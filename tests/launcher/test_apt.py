"""Reading apt's configuration, and fetching locked packages."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from launcher.apt import DebSource, mirrors, parse_mirrors, parse_targets
from launcher.deb_lock import LockedDeb
from launcher.errors import LauncherError

CONTENT = b"the package"
MAIN, SECURITY = "http://mirror.example/debian", "http://mirror.example/debian-security"


def locked(content: bytes = CONTENT) -> LockedDeb:
    """Lock a package with this content."""
    digest = hashlib.sha256(content).hexdigest()
    return LockedDeb("thing", "1.0-1", "pool/main/t/thing_1.0-1_all.deb", digest, len(content))


def put(mirror: Path, content: bytes) -> str:
    """Put a package on a mirror in a folder; return the mirror's base URL."""
    path = mirror / locked().path
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return mirror.as_uri()


def test_each_archive_is_named_once() -> None:
    """Suites and components of one archive give one base URL, in apt's order."""
    text = f"$(ORIGIN)|{MAIN}/\n$(ORIGIN)|{MAIN}/\n$(ORIGIN)|{SECURITY}/\n"
    assert parse_targets(text, "") == (MAIN, SECURITY)


def test_archives_of_others_are_left_out() -> None:
    """An archive that apt knows to come from somebody else is not asked for Debian packages."""
    every = f"|{MAIN}/\n|https://other.example/apt/\n|cdrom://Debian/\n"
    known = f"Debian|{MAIN}/\nSomebody|https://other.example/apt/\n"
    assert parse_targets(every, known) == (MAIN,)


@pytest.mark.parametrize(
    "text", [f"{MAIN},{SECURITY}", f" {MAIN}/ , {SECURITY}", f'["{MAIN}", "{SECURITY}"]']
)
def test_mirrors_can_be_chosen(text: str) -> None:
    """The variable takes commas, and the list that Pants is given."""
    assert parse_mirrors(text.strip()) == (MAIN, SECURITY)
    assert mirrors({"PANTS_DEBIAN_MIRRORS": text}) == (MAIN, SECURITY)


def test_a_broken_list_is_an_error() -> None:
    """A list that is no JSON is reported, not ignored."""
    with pytest.raises(LauncherError, match="PANTS_DEBIAN_MIRRORS: expected a JSON list"):
        parse_mirrors('["http://mirror.example')


def test_the_first_mirror_that_has_it_is_used(tmp_path: Path) -> None:
    """A package that one archive lacks comes from the next."""
    source = DebSource(((tmp_path / "empty").as_uri(), put(tmp_path / "full", CONTENT)))
    assert source.fetch(locked(), tmp_path).read_bytes() == CONTENT


def test_other_bytes_are_refused(tmp_path: Path) -> None:
    """A package whose hash differs is an error that says so, and is not kept."""
    source = DebSource((put(tmp_path / "mirror", b"tampered"),))
    with pytest.raises(LauncherError, match="instead of") as caught:
        source.fetch(locked(), tmp_path)
    assert "hint: make lock" in caught.value.render()
    assert list(tmp_path.glob("*.deb")) == []


def test_no_mirror_is_an_error(tmp_path: Path) -> None:
    """Without any archive the error tells how to name one."""
    with pytest.raises(LauncherError, match="no mirror in apt's configuration") as caught:
        DebSource(()).fetch(locked(), tmp_path)
    assert "PANTS_DEBIAN_MIRRORS=" in caught.value.hint
