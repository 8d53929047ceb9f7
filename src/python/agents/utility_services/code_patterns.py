"""
Python source from a plain request: the template that it asks for, or a class from its fields.

Pure. What comes out has been read by the parser and defines what was asked; nothing is run.
"""

from __future__ import annotations

import ast
import keyword
import re
from dataclasses import dataclass
from typing import Final

from agents.utility_services.code_templates import TEMPLATES, Template

MAX_FIELDS: Final = 20
MAX_READ: Final = 1_500  # what is asked for is said before
_CLASS = re.compile(
    r"\b(?:data)?class(?:es)? (?:called |named |for (?:an? )?)?`?(?P<name>[A-Za-z_]\w*)`?.*?"
    r"\b(?:with|having|fields?|attributes?|properties)\b:?\s*(?:the )?(?:fields?|attributes?|"
    r"properties)?:?\s*(?P<fields>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_CALLED = re.compile(r"\b(?:called|named)\s+`?([A-Za-z_]\w*)`?", re.IGNORECASE)
_TYPES: Final = (
    ("int", re.compile(r"\b(?:age|count|number|year|quantity|size|pages|score|level)\b")),
    ("float", re.compile(r"\b(?:price|amount|balance|weight|height|width|length|total|rate)\b")),
    ("bool", re.compile(r"^(?:is|has|can)_|\b(?:active|enabled|done|available)\b")),
    ("list[str]", re.compile(r"\b(?:tags|names|items|keywords)\b")),
)
_NAMED_TYPES: Final = {
    "int": "int", "integer": "int", "str": "str", "string": "str", "text": "str", "float": "float",
    "number": "float", "bool": "bool", "boolean": "bool", "list": "list[str]", "date": "str",
}  # fmt: skip
_SAMPLES: Final = {"int": "1", "float": "1.5", "bool": "True", "str": '"x"', "list[str]": '["x"]'}
_MODEL_FENCE = re.compile(r"```[\w+-]*\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Written:
    """Hold source code, the name that it defines, and the source of a test for it."""

    template: str
    name: str
    code: str
    tests: str


def write_code(description: str, name: str | None) -> Written | None:
    """Return code for a request, None when no pattern fits it."""
    description = description[:MAX_READ]
    if found := _CLASS.search(description):
        written = _class(name or found["name"], found["fields"])
        if written is not None:
            return written
    lowered = " ".join(description.casefold().split())
    template = next((each for each in TEMPLATES if re.search(each.asked, lowered)), None)
    if template is None:
        return None
    called = _CALLED.search(description)
    wanted = name or (called[1] if called else template.name)
    return _function(template, wanted if _is_usable(wanted) else template.name)


def parses(code: str) -> bool:
    """Tell whether Python reads the code."""
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def defines(code: str, name: str) -> bool:
    """Tell whether the code has a function or class of that name on its first level."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    body = ast.parse(code).body if parses(code) else []
    return any(isinstance(node, kinds) and node.name == name for node in body)


def unfenced(text: str) -> str:
    """Return the code of a model's answer without the words around it."""
    blocks = _MODEL_FENCE.findall(text)
    return "\n\n".join(block.strip() for block in blocks) if blocks else text.strip()


def _function(template: Template, name: str) -> Written | None:
    body = re.sub(r"\bNAME\b", name, template.code)
    code = f"{template.imports}\n\n\n{body}\n" if template.imports else f"{body}\n"
    given = "tmp_path" if "tmp_path" in template.test else ""
    lines = re.sub(r"\bNAME\b", name, template.test).replace("\n", "\n    ")
    tests = f"def test_{name}({given}):\n    {lines}\n"
    return _checked(Written(template.key, name, code, tests))


def _class(name: str, listed: str) -> Written | None:
    sentence = re.split(r"[.;\n](?:\s|$)", listed)[0]
    texts = [text for text in re.split(r",\s*(?:and\s+)?|\s+and\s+", sentence) if text.strip()]
    fields = [field for text in texts[:MAX_FIELDS] if (field := _field(text))]
    title = name if name[0].isupper() else "".join(part.title() for part in name.split("_"))
    if not fields or len(fields) < len(texts) or not _is_usable(title):
        return None
    unique = dict(fields)
    lines = "\n".join(f"    {field}: {kind}" for field, kind in unique.items())
    given = ", ".join(f"{field}={_SAMPLES[kind]}" for field, kind in unique.items())
    first, kind = next(iter(unique.items()))
    code = (
        "from dataclasses import dataclass\n\n\n@dataclass\n"
        f'class {title}:\n    """Hold what is known of one {title}."""\n\n{lines}\n'
    )
    tests = (
        f"def test_{title.lower()}():\n    made = {title}({given})\n"
        f"    assert made.{first} == {_SAMPLES[kind]}\n"
    )
    return _checked(Written("class", title, code, tests))


def _field(text: str) -> tuple[str, str] | None:
    found = re.fullmatch(
        r"\s*(?:an? |the )?([A-Za-z_][\w ]{0,39}?)\s*(?:\(\s*(\w+)\s*\)|:\s*(\w+)|\bas (?:an?"
        r" )?(\w+))?"
        r"\s*(?:fields?|attributes?|methods?)?\s*",
        text,
    )
    if not found:
        return None
    name = re.sub(r"\W+", "_", found[1].strip().lower())
    stated = (found[2] or found[3] or found[4] or "").lower()
    kind = _NAMED_TYPES.get(stated) or next(
        (kind for kind, pattern in _TYPES if pattern.search(name.replace("_", " "))
         or pattern.search(name)), "str",
    )  # fmt: skip
    return (name, kind) if _is_usable(name) else None


def _is_usable(name: str) -> bool:
    return name.isidentifier() and name.isascii() and not keyword.iskeyword(name) and name != "NAME"


def _checked(written: Written) -> Written | None:
    is_sound = defines(written.code, written.name) and parses(written.tests)
    return written if is_sound else None
