"""Starting, as a person sees it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from launcher import __main__ as entry
from launcher.errors import LauncherError
from launcher.narration import RecordedNarration, step
from launcher.pip_program import explain
from launcher.places import cache_root


def start(environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the launcher as ./pants does."""
    program = os.path.dirname(entry.__file__)
    return subprocess.run(
        [sys.executable, "-E", "-s", "-S", program, "--version"],
        env={"PATH": "/usr/bin:/bin", **environ},
        capture_output=True,
        check=False,
        encoding="utf-8",
    )


def test_a_relative_cache_folder_is_refused() -> None:
    """The error says where, what and what to type, and nothing else."""
    done = start({"PANTS_CACHE_DIR": "cache"})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: PANTS_CACHE_DIR: expected an absolute path, found 'cache'\n"
        "\n"
        'hint: PANTS_CACHE_DIR="$PWD/cache" ./pants ...\n'
    )


def test_a_wrong_python_is_refused(tmp_path: Path) -> None:
    """A chosen Python that will not do ends the start before anything is installed."""
    done = start({"PANTS_CACHE_DIR": str(tmp_path), "PANTS_PYTHON39": "/bin/true"})
    assert done.returncode == 2
    assert done.stderr.startswith("error: PANTS_PYTHON39: expected a CPython 3.9")
    assert list(tmp_path.glob("launcher/*-*")) == []


@pytest.mark.parametrize(
    ("environ", "root"),
    [
        ({"PANTS_CACHE_DIR": "/big"}, "/big/launcher"),
        ({"XDG_CACHE_HOME": "/xdg", "HOME": "/home/ada"}, "/xdg/pants-launcher"),
        ({"HOME": "/home/ada"}, "/home/ada/.cache/pants-launcher"),
    ],
)
def test_the_cache_is_outside_of_the_tree(environ: dict[str, str], root: str) -> None:
    """The cache folder follows the user's settings."""
    assert cache_root(environ) == root


def test_an_error_has_four_parts() -> None:
    """Where, expected, found, and after a blank line the hint."""
    error = LauncherError("file", "a lock", "none", "make lock")
    assert error.render() == "error: file: expected a lock, found none\n\nhint: make lock\n"


def test_a_step_says_how_long_it_took() -> None:
    """The elapsed time comes last."""
    narration = RecordedNarration()
    with step(narration, "Do a thing"):
        assert narration.lines == ["Do a thing ..."]
    assert narration.lines[1].endswith(" s")


def test_the_reason_of_pip_is_picked_out() -> None:
    """Of pip's output only what it calls an error is shown."""
    output = "WARNING: Retrying\n  noise\nERROR: No matching distribution found for thing==1\n"
    assert explain(output) == "ERROR: No matching distribution found for thing==1"
    assert explain("") == "no output"
