"""Sizes have budgets: files, functions, and names that say nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

ROOTS = ("src", "pants-plugins", "tests", "benchmarks", "docs")
FILE_LINES = 500
MEDIAN_FILE_LINES = 120
FUNCTION_LINES = 50
EMPTY_NAMES = ("utils", "helpers", "manager")


def modules() -> tuple[Path, ...]:
    """Find every module of the tree."""
    found = tuple(sorted(path for root in ROOTS for path in Path(root).rglob("*.py")))
    assert found, f"expected modules below {Path.cwd()}"
    return found


def lines_of(path: Path) -> int:
    """Count the lines of a file."""
    return len(path.read_text().splitlines())


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Give each function of a module with its length, docstring not counted."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[0] if ast.get_docstring(node) is not None else None
            documented = (first.end_lineno or 0) - first.lineno + 1 if first else 0
            yield node.name, (node.end_lineno or 0) - node.lineno + 1 - documented


def test_no_file_is_long() -> None:
    """A module fits into one sitting."""
    lengths = {str(path): lines_of(path) for path in modules()}

    assert {path: count for path, count in lengths.items() if count > FILE_LINES} == {}


def test_most_files_are_short() -> None:
    """Half of all modules can be read at a glance; empty ones do not count."""
    assert median(filter(None, map(lines_of, modules()))) <= MEDIAN_FILE_LINES


def test_no_function_is_long() -> None:
    """A function fits on a screen."""
    lengths = {f"{path}:{name}": count for path in modules() for name, count in functions(path)}

    assert {name: count for name, count in lengths.items() if count > FUNCTION_LINES} == {}


def test_modules_are_named_for_what_they_hold() -> None:
    """A name that fits everything says nothing."""
    assert [str(path) for path in modules() if path.stem in EMPTY_NAMES] == []
