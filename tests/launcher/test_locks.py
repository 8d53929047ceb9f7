"""Making locks, and the locks that are committed."""

from __future__ import annotations

from pathlib import Path

import pytest

from launcher.deb_lock import read_deb_lock
from launcher.debian_lock import parse_stanza, read_names
from launcher.host_python import PYTHON39, PYTHON311, WantedPython
from launcher.lockfile import read_lockfile
from launcher.python_locks import LOCKS, PythonLock, index_options, render

TREE = Path(__file__).resolve().parents[2]
LOCK = PythonLock("3rdparty/python/some", "3.9", "3.12")
DIGEST = "sha256:" + "0" * 64


def test_a_lock_is_written_without_what_always_holds() -> None:
    """Conditions on the machines that the lock is for anyway do not appear in it."""
    always = " and ".join(LOCK.environment)
    made = (
        f"a==1 ; {always} \\\n    --hash={DIGEST}\n"
        f"b==2 ; x == '1' and {always} \\\n    --hash={DIGEST}\n"
    )
    assert render("some", made, LOCK) == (
        "# Made from some.in by `make lock`: do not edit.\n"
        f"a==1 \\\n    --hash={DIGEST}\n"
        f"b==2 ; x == '1' \\\n    --hash={DIGEST}\n"
    )


def test_a_lock_that_is_rendered_again_stays_the_same() -> None:
    """Refreshing a lock that is up to date changes no byte."""
    made = f"a==1 ; {' and '.join(LOCK.environment)} \\\n    --hash={DIGEST}\n"
    once = render("some", made, LOCK)
    assert render("some", once, LOCK) == once


def test_the_first_index_counts_most() -> None:
    """What uv calls the default index is the one that it asks last."""
    assert index_options(("a",)) == ["--default-index=a"]
    assert index_options(("a", "b", "c")) == ["--index=a", "--index=b", "--default-index=c"]


def test_a_package_is_read_from_apt() -> None:
    """The fields of the lock come from the index that apt has verified."""
    text = (
        "Package: zlib1g\nVersion: 1:1.2\nDescription: a library\n with more: text\n"
        f"Filename: pool/main/z/zlib1g.deb\nSize: 7\nSHA256: {'0' * 64}\n"
    )
    deb = parse_stanza(text)
    assert (deb.name, deb.version, deb.path, deb.size) == (
        "zlib1g",
        "1:1.2",
        "pool/main/z/zlib1g.deb",
        7,
    )


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_committed_python_locks(lock: PythonLock) -> None:
    """Every Python lock is pinned by hash and names no host."""
    path = TREE / f"{lock.stem}.lock"
    assert read_lockfile(path)
    assert "://" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("python", [PYTHON39, PYTHON311], ids=lambda python: python.program)
def test_committed_debian_lock(python: WantedPython) -> None:
    """The Debian lock holds exactly the wanted packages."""
    names = read_names((TREE / f"{python.stem}.in").read_text(encoding="utf-8"))
    lock = read_deb_lock(TREE / f"{python.stem}.lock")
    assert {one.name for one in lock.packages} == set(names)
