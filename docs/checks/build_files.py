"""What BUILD files state, read as data. Nothing in them is executed, and Pants is not imported."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Stated:
    """One target as a BUILD file states it; only fields that are literals are there."""

    kind: str
    name: str
    directory: str
    fields: dict[str, Any]


def read_build_files(paths: Iterable[Path]) -> tuple[Stated, ...]:
    """Read the targets of some files."""
    found = (parse(path.read_text(), path.parent.as_posix()) for path in sorted(paths))
    return tuple(target for targets in found for target in targets)


def parse(text: str, directory: str) -> Iterator[Stated]:
    """Read the targets of one BUILD file; a target without a name has its directory's."""
    for statement in ast.parse(text).body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            fields = {word.arg: _literal(word.value) for word in call.keywords if word.arg}
            name = str(fields.pop("name", directory.rpartition("/")[2]))
            yield Stated(call.func.id, name, directory, fields)


def _literal(value: ast.expr) -> Any:
    try:
        return ast.literal_eval(value)
    except ValueError:  # a call such as parametrize(): no document shows those
        return None
