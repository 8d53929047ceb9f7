"""Finding a CPython of a wanted version."""

from __future__ import annotations

from pathlib import Path

import pytest

from launcher.errors import LauncherError
from launcher.host_python import PYTHON39, candidates, find_python, probe


def program(path: Path, script: str) -> Path:
    """Write a program that stands where a Python is looked for."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def says(version: str, executable: str) -> str:
    """Write what a Python prints when it is asked who it is."""
    return f"echo '{version}'; echo '{executable}'"


def test_a_shim_that_leads_nowhere_is_passed_over(tmp_path: Path) -> None:
    """A python3.9 that fails to run does not hide one that works."""
    program(tmp_path / "shims/python3.9", "echo 'no such version' >&2; exit 127")
    program(tmp_path / "good/python3.9", says("cpython 3.9", "/real/python3.9"))
    environ = {"PATH": f"{tmp_path}/shims:{tmp_path}/good", "HOME": str(tmp_path)}
    assert find_python(PYTHON39, environ) == Path("/real/python3.9")


@pytest.mark.parametrize(
    "script",
    [says("cpython 3.11", "/x"), says("pypy 3.9", "/x"), "exit 1", "echo 'cpython 3.9'", "true"],
)
def test_other_pythons_are_not_taken(tmp_path: Path, script: str) -> None:
    """Another version, another implementation or one without its modules will not do."""
    found = program(tmp_path / "python3.9", script)
    assert probe(PYTHON39, found, {"PATH": "/bin:/usr/bin"}) is None


def test_pyenv_comes_before_the_path(tmp_path: Path) -> None:
    """The newest 3.9 of pyenv is tried first, past its shims."""
    for version in ("3.9.2", "3.9.18", "3.10.1"):
        program(tmp_path / f"pyenv/versions/{version}/bin/python3.9", "true")
    program(tmp_path / "bin/python3.9", "true")
    environ = {"PYENV_ROOT": f"{tmp_path}/pyenv", "PATH": f"{tmp_path}/bin", "HOME": "/none"}
    found = [one for one in candidates(PYTHON39, environ) if tmp_path in one.parents]
    assert [str(one.relative_to(tmp_path)) for one in found] == [
        "pyenv/versions/3.9.18/bin/python3.9",
        "pyenv/versions/3.9.2/bin/python3.9",
        "bin/python3.9",
    ]


def test_a_chosen_python_must_work(tmp_path: Path) -> None:
    """PANTS_PYTHON39 is used or refused, never silently replaced."""
    wrong = program(tmp_path / "python", says("cpython 3.12", "/x"))
    with pytest.raises(LauncherError, match=r"expected a CPython 3\.9") as caught:
        find_python(PYTHON39, {"PANTS_PYTHON39": str(wrong), "PATH": "/bin"})
    assert caught.value.hint.startswith("unset PANTS_PYTHON39")
