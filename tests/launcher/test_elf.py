"""Giving a program its own library path."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from launcher.elf import add_rpath
from launcher.errors import LauncherError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="ELF programs run on Linux only")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Copy a program of the machine."""
    return Path(shutil.copy("/bin/true", tmp_path / "true"))


def test_libraries_are_looked_for_there_first(program: Path) -> None:
    """The loader tries the new path, and the program still runs."""
    add_rpath(program, "$ORIGIN/own-libraries")
    done = subprocess.run(
        [str(program)], env={"LD_DEBUG": "libs"}, capture_output=True, check=True, encoding="utf-8"
    )
    trying = next(line for line in done.stderr.splitlines() if "trying file=" in line)
    assert f"{program.parent}/own-libraries/" in trying


def test_a_path_that_does_not_fit_is_refused(program: Path) -> None:
    """A path longer than the unused room leaves the program as it was."""
    before = program.read_bytes()
    with pytest.raises(LauncherError, match="unused bytes behind its strings"):
        add_rpath(program, "x" * 70000)
    assert program.read_bytes() == before


def test_something_else_is_refused(tmp_path: Path) -> None:
    """A script is no ELF program."""
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\n")
    with pytest.raises(LauncherError, match="expected a 64-bit little-endian ELF program"):
        add_rpath(script, "x")
