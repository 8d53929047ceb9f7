"""The plugin's target types, read from their source: Pants itself needs another Python."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

KINDS = {
    "BoolField": "true or false",
    "Dependencies": "addresses",
    "DictStringToStringField": "text by text",
    "IntField": "number",
    "StringField": "text",
    "StringSequenceField": "list of text",
}


@dataclass(frozen=True)
class FieldType:
    """One field: its name in BUILD files, what it takes, and its help."""

    alias: str
    kind: str
    default: str
    is_required: bool
    help: str


@dataclass(frozen=True)
class TargetType:
    """One target type with its own fields, in the order in which it states them."""

    alias: str
    help: str
    fields: tuple[FieldType, ...]


def read_target_types(path: Path) -> tuple[TargetType, ...]:
    """Read the target types of a module."""
    tree = ast.parse(path.read_text())
    names = _constants(tree) | {"help_text": unwrap}
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    stated = {name: _attributes(node) for name, node in classes.items()}
    return tuple(
        _target(stated[name], classes, stated, names)
        for name, node in classes.items()
        if _base(node) == "Target"
    )


def unwrap(text: str) -> str:
    """Join the lines of each paragraph, as Pants's `help_text` does."""
    paragraphs = dedent(text).strip().split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _constants(tree: ast.Module) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            found[ast.unparse(target)] = ast.literal_eval(node.value)
    return found


def _attributes(node: ast.ClassDef) -> dict[str, ast.expr]:
    found: dict[str, ast.expr] = {}
    for part in node.body:
        if isinstance(part, ast.Assign):
            found[ast.unparse(part.targets[0])] = part.value
        elif isinstance(part, ast.AnnAssign) and part.value is not None:
            found[ast.unparse(part.target)] = part.value
    return found


def _base(node: ast.ClassDef) -> str:
    return ast.unparse(node.bases[0])


def _target(
    own: Mapping[str, ast.expr],
    classes: Mapping[str, ast.ClassDef],
    stated: Mapping[str, Mapping[str, ast.expr]],
    names: dict[str, Any],
) -> TargetType:
    listed = own["core_fields"]
    assert isinstance(listed, ast.Tuple)
    fields = [item.id for item in listed.elts if isinstance(item, ast.Name)]
    return TargetType(
        alias=ast.literal_eval(own["alias"]),
        help=_help(own["help"], names),
        fields=tuple(_field(_base(classes[name]), stated[name], names) for name in fields),
    )


def _field(base: str, own: Mapping[str, ast.expr], names: dict[str, Any]) -> FieldType:
    default = ast.literal_eval(own["default"]) if "default" in own else None
    return FieldType(
        alias=ast.literal_eval(own["alias"]) if "alias" in own else "dependencies",
        kind=KINDS[base],
        default="" if default in (None, ()) else str(default),
        is_required="required" in own and bool(ast.literal_eval(own["required"])),
        help=_help(own["help"], names),
    )


def _help(value: ast.expr, names: dict[str, Any]) -> str:
    """Evaluate a help text: a literal, or an f-string over the module's constants."""
    text = eval(compile(ast.Expression(value), "help", "eval"), names)
    assert isinstance(text, str)
    return text
