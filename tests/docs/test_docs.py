"""The documents tell the truth: links lead somewhere, commands exist, code runs."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from docs.checks import generate, markdown, shown_commands
from docs.checks.build_files import parse

from common.actions import actions_of

TREES = ("docs", "src", "pants-plugins", "tests", "deploy", "benchmarks", "3rdparty")
NO_SOURCES = ("agents", "dist", "extra-output")  # what builds and tests leave behind
PAGES = sorted([*Path().glob("*.md"), *(p for tree in TREES for p in Path(tree).rglob("*.md"))])
TUTORIAL = Path("docs/tutorial.md")
WITH_TESTS = (TUTORIAL, Path("docs/testing.md"))
README_LINES = 150

every_page = pytest.mark.parametrize("page", PAGES, ids=str)


def shown_files(page: Path) -> dict[str, str]:
    """Give the files that a page tells the reader to write, by path."""
    noted = (block for block in markdown.blocks(page.read_text()) if block.note)
    return {
        block.note.removeprefix("file: "): block.text
        for block in noted
        if block.note.startswith("file: ")
    }


def test_the_front_door_is_short() -> None:
    """The README is read in one go."""
    assert len(Path("README.md").read_text().splitlines()) <= README_LINES


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link names a file that exists, and a heading that it has."""
    broken = []
    for link in markdown.links(page.read_text()):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if "://" in link:
            continue
        if not target.exists() or (anchor and anchor not in markdown.anchors(target.read_text())):
            broken.append(link)

    assert broken == []


def test_the_map_is_the_tree() -> None:
    """ARCHITECTURE.md names only directories that exist, and every one at the top."""
    rows = re.findall(r"^\| `([^`]+)/` \|", Path("ARCHITECTURE.md").read_text(), re.MULTILINE)
    tops = {path.name for path in Path().iterdir() if path.is_dir()}
    sources = {name for name in tops if "." not in name and not name.startswith("_")}

    assert [row for row in rows if not Path(row).is_dir()] == []
    assert sources - {row.split("/")[0] for row in rows} - {*NO_SOURCES} == set()


@every_page
def test_shown_commands_exist(page: Path) -> None:
    """Every `./pants` and `make` that a page shows names goals, targets and verbs that exist."""
    known = shown_commands.Known.of_tree(shown_files(page))

    assert list(known.mistakes(page.read_text())) == []


@every_page
def test_shown_python_compiles(page: Path) -> None:
    """Every Python block is Python."""
    for block in markdown.blocks(page.read_text()):
        if block.language == "python":
            compile(block.text, str(page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@pytest.mark.parametrize("page", WITH_TESTS, ids=str)
def test_shown_tests_pass(page: Path, tmp_path: Path) -> None:
    """The agents that a page shows pass the tests that it shows."""
    for name, text in shown_files(page).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    result = subprocess.run(
        (sys.executable, "-m", "pytest", "--asyncio-mode=auto", "-p", "no:cacheprovider", "tests"),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(("src/python", *map(absolute, sys.path)))},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout + result.stderr


def absolute(entry: str) -> str:
    """Give a sys.path entry as it is seen from any other folder."""
    return str(Path(entry).absolute())


def test_the_tutorial_states_what_its_agent_answers() -> None:
    """The agent() target of the tutorial and its class name the same actions."""
    files = shown_files(TUTORIAL)
    (build,) = (path for path in files if path.endswith("/BUILD") and path.startswith("src"))
    (agent,) = (t for t in parse(files[build], str(Path(build).parent)) if t.kind == "agent")
    names: dict[str, object] = {"__name__": agent.name}
    exec(files[f"{agent.directory}/{agent.name}.py"], names)
    found = names["".join(part.capitalize() for part in agent.name.split("_"))]

    assert isinstance(found, type)
    assert [declared.name for declared in actions_of(found)] == agent.fields["actions"]


@pytest.mark.parametrize("path", sorted(generate.reference()), ids=str)
def test_the_reference_is_up_to_date(path: Path) -> None:
    """The reference is what the code says; UPDATE_GOLDEN=1 writes it anew."""
    text = generate.reference()[path]
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    assert path.read_text() == text
