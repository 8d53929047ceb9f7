"""The script that runs a module from unpacked trees, started as a sandbox starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fleet_build.scripts import run_module

SCRIPT = os.path.abspath(str(run_module.__file__))
# Says how it was started.
REPORTER = """
import json, sys
print(json.dumps({"argv": sys.argv[1:], "path": sys.path, "name": __name__, "file": __file__}))
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script with the flags of the images' Python."""
    return subprocess.run(
        [sys.executable, "-B", "-E", "-s", "-S", SCRIPT, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def report(folder: Path, *arguments: str) -> dict[str, Any]:
    """Run the reporter and read what it saw."""
    result = run(folder, *arguments)
    assert result.returncode == 0, result.stderr
    seen: dict[str, Any] = json.loads(result.stdout)
    return seen


def write(folder: Path, files: dict[str, str]) -> None:
    """Write some files below a folder."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)


def test_a_module_gets_its_arguments_and_is_the_main_program(tmp_path: Path) -> None:
    """Options that look like Python's reach the module as they are."""
    write(tmp_path, {"tree/program.py": REPORTER})

    seen = report(tmp_path, "tree", "program", "--model", "model.json", "-S")

    assert seen["argv"] == ["--model", "model.json", "-S"]
    assert seen["name"] == "__main__"
    assert Path(tmp_path, seen["file"]) == tmp_path / "tree/program.py"


def test_a_package_is_run_by_its_main_module(tmp_path: Path) -> None:
    """`fleet` means `fleet/__main__.py`, as with `python -m`."""
    write(tmp_path, {"tree/fleet/__init__.py": "", "tree/fleet/__main__.py": REPORTER})

    assert report(tmp_path, "tree", "fleet", "render")["argv"] == ["render"]


def test_trees_come_first_on_the_path_in_their_order(tmp_path: Path) -> None:
    """They replace the script's own folder, whose modules no program may import by accident."""
    write(tmp_path, {"second/program.py": REPORTER, "first/other.py": ""})

    path = report(tmp_path, "first:second", "program")["path"]

    assert path[:2] == ["first", "second"]
    assert os.path.dirname(SCRIPT) not in path


def test_an_earlier_tree_hides_a_later_one(tmp_path: Path) -> None:
    """The program's own sources win over a distribution with a module of the same name."""
    write(
        tmp_path,
        {
            "sources/name.py": 'WHO = "sources"',
            "sources/program.py": "import name; print(name.WHO)",
            "wheels/thing/name.py": 'WHO = "wheel"',
        },
    )

    assert run(tmp_path, "sources:wheels/thing", "program").stdout == "sources\n"
    assert run(tmp_path, "wheels/thing:sources", "program").stdout == "wheel\n"


@pytest.mark.parametrize(("statement", "code"), [("sys.exit(3)", 3), ("sys.exit('no')", 1)])
def test_the_exit_code_is_the_modules(tmp_path: Path, statement: str, code: int) -> None:
    """A sandbox fails exactly when the program in it does."""
    write(tmp_path, {"tree/program.py": f"import sys; {statement}"})

    assert run(tmp_path, "tree", "program").returncode == code


def test_a_module_that_no_tree_has_is_named(tmp_path: Path) -> None:
    """A wrong entry is told from a failing one."""
    result = run(tmp_path, "tree", "absent")

    assert result.returncode != 0
    assert "absent" in result.stderr
