"""The lock and the list of wanted packages: what is accepted, and how mistakes are told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from debian.errors import LockError
from debian.lock import Lock, Package, parse_wanted

FOLDER = Path(__file__).resolve().parents[2] / "3rdparty/debian"
SHA256 = "0" * 64
PACKAGE = Package("libc6", "2.36-9", "amd64", "pool/main/g/glibc/libc6_2.36-9.deb", SHA256, 7)


def document(**changes: Any) -> dict[str, Any]:
    """Return a package as the lock spells it, with some values replaced."""
    return {**json.loads(PACKAGE.to_json()), **changes}


def error_of(*documents: Any) -> str:
    """Return the message about a lock of these packages, one on each line."""
    text = "[\n" + ",\n".join(json.dumps(item) for item in documents) + "\n]\n"
    with pytest.raises(LockError) as caught:
        Lock.parse(text, "base.lock")
    return caught.value.message


def test_committed_lock_pins_what_is_wanted() -> None:
    """The committed lock is canonical and has exactly the packages of the list."""
    text = (FOLDER / "base.lock").read_text()
    lock = Lock.parse(text, "base.lock")
    assert lock.to_json() == text
    wanted = parse_wanted((FOLDER / "base.txt").read_text(), "base.txt")
    assert [item.name for item in lock.packages] == sorted(item.name for item in wanted)


def test_committed_lock_names_no_host() -> None:
    """Where packages come from is not in the lock."""
    assert "://" not in (FOLDER / "base.lock").read_text()


packages = st.builds(
    Package,
    name=st.from_regex(r"[a-z][a-z0-9+.-]{1,8}", fullmatch=True).filter(lambda n: ".." not in n),
    version=st.sampled_from(["1", "1:2.3~rc1-4+deb12u1"]),
    architecture=st.sampled_from(["all", "amd64"]),
    path=st.just("pool/main/x/x_1%3a2.deb"),
    sha256=st.just(SHA256),
    size=st.integers(1, 10**9),
)


@given(st.lists(packages, unique_by=lambda package: package.name, max_size=5))
def test_lock_is_read_back(found: list[Package]) -> None:
    """Whatever is locked is read back, in whatever order it was found."""
    lock = Lock.create(found)
    assert Lock.parse(lock.to_json(), "x") == lock
    assert Lock.create(reversed(found)) == lock


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sha256": "0" * 63}, "sha256: must be 64 lower case hex characters, was"),
        ({"sha256": "0" * 63 + "A"}, "sha256: must be"),
        ({"size": 0}, "size: must be a positive number, was 0"),
        ({"size": "7"}, "size: must be a positive number, was '7'"),
        ({"size": True}, "size: must be a positive number, was True"),
        ({"path": "http://host/pool/x.deb"}, "path: must be a path pool/....deb"),
        ({"path": "pool/../../x.deb"}, "path: must be"),
        ({"path": "/pool/x.deb"}, "path: must be"),
        ({"name": "Lib C"}, "name: must be a Debian package name"),
        ({"version": ""}, "version: must be"),
        ({"extra": 1}, "must have the keys architecture, name"),
    ],
)
def test_error_names_the_line(changes: dict[str, Any], message: str) -> None:
    """A wrong value is reported with file, line, key, what was expected and what was found."""
    found = error_of(document(name="aaa"), document(**changes))
    assert found.startswith("base.lock:3: ") and message in found


def test_item_must_be_an_object() -> None:
    """Something else than an object in the list is reported with its line."""
    assert error_of(7) == "base.lock:2: must be an object, was 7"


def test_repeated_package_is_an_error() -> None:
    """A package can be pinned once only."""
    assert "libc6 is repeated or out of order" in error_of(document(), document())


@pytest.mark.parametrize(
    ("text", "message"),
    [("[\n{]", "base.lock:2: must be JSON"), ("{}", "base.lock:1: must be a list")],
)
def test_broken_json_is_an_error(text: str, message: str) -> None:
    """Text that is no list of packages is reported with its line."""
    with pytest.raises(LockError, match=message):
        Lock.parse(text, "base.lock")


def test_error_ends_with_a_hint() -> None:
    """The hint is a command that can be typed."""
    with pytest.raises(LockError) as caught:
        Lock.parse("{}", "base.lock")
    assert str(caught.value).endswith("\n\nhint: make lock")


def test_wanted_packages_have_reasons() -> None:
    """The list of wanted packages gives a name and a reason on each line."""
    (item,) = parse_wanted("# a heading\n\nlibc6   # the C library\n", "base.txt")
    assert (item.name, item.reason) == ("libc6", "the C library")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\nlibc6\n", "base.txt:2: libc6: must say why it is wanted"),
        ("a1 # x\nlibc6 # x\nlibc6 # y\n", "base.txt:3: libc6: must be listed once"),
        ("Lib C # x\n", "base.txt:1: must be a Debian package name, was 'Lib C'"),
    ],
)
def test_wanted_mistakes_name_the_line(text: str, message: str) -> None:
    """A mistake in the list is reported with file and line."""
    with pytest.raises(LockError, match=message):
        parse_wanted(text, "base.txt")
