"""No agent knows where anything is: no address, no host name and no port stands in its code."""

from __future__ import annotations

import ast
import ipaddress
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

AGENTS = Path("src/python/agents")
SOURCES = tuple(sorted(AGENTS.rglob("*.py")))
CATALOGUE = json.loads(Path("tests/catalogue.json").read_text())
PORTS = {entry[field] for entry in CATALOGUE for field in ("port", "health_port")}
NAME = re.compile(
    # The names of RFC 2606 belong to nobody.
    r"\blocalhost\b|\b(?!example\.)[\w-]+(\.[\w-]+)*\.(com|org|net|io|dev|local|internal|lan|home)\b(?!\()"
)
URL = re.compile(r"\b(https?|tcp|redis|postgresql|ws)://(?!example\.)[\w{<]")
NUMBERS = re.compile(
    r"\b\d{1,3}(\.\d{1,3}){3}\b|\b[0-9a-f]{0,4}:[0-9a-f:]*[0-9a-f]|::[0-9a-f]+|^::$"
)


def docstrings(tree: ast.AST) -> set[int]:
    """Return the docstrings of a module, which may give examples."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = (node.body for node in ast.walk(tree) if isinstance(node, kinds) and node.body)
    firsts = (body[0] for body in bodies)
    return {id(first.value) for first in firsts if isinstance(first, ast.Expr)}


def is_address(text: str) -> bool:
    """Tell whether a text is an IP address, with or without a port."""
    bare = text.strip("[]").rpartition(":")[0] if re.fullmatch(r"[\d.]+:\d+", text) else text
    try:
        ipaddress.ip_address(bare.strip("[]"))
    except ValueError:
        return False
    return True


def addresses(source: str) -> Iterator[str]:
    """Give every literal of some code that says where something is."""
    tree = ast.parse(source)
    told = docstrings(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in told:
            continue
        if isinstance(node.value, str):
            found = [match.group() for match in NUMBERS.finditer(node.value)]
            if any(map(is_address, found)) or URL.search(node.value) or NAME.search(node.value):
                yield f"line {node.lineno}: {node.value!r}"
        elif isinstance(node.value, int) and node.value in PORTS:
            yield f"line {node.lineno}: {node.value}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_code_of_agents_says_nowhere_where_anything_is(path: Path) -> None:
    """Where peers are is the registry's knowledge, and where others are is configuration."""
    assert list(addresses(path.read_text())) == []


@pytest.mark.parametrize(
    "code",
    [
        'x = "192.168.100.16"',
        'x = "tcp://{host}:{port}"',
        'x = "localhost"',
        'x = "see mainpc.local"',
        'x = "::1"',
        "x = 7200",
        "x = call(port=26002)",
    ],
)
def test_an_address_would_be_found(code: str) -> None:
    """The check above sees each form that the replaced system had."""
    assert list(addresses(code))


@pytest.mark.parametrize("code", ['"""tcp://host:7200"""', 'x = "version 1.2.3"', "x = 7201"])
def test_what_is_no_address_is_left_alone(code: str) -> None:
    """Examples in docstrings, versions and other numbers are no addresses."""
    assert list(addresses(code)) == []
