"""
Custom commands as values: their placeholders and the commands that they refer to.

Pure; nothing is run and nothing is stored here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic import JsonValue

from common.contracts.language import MAX_COMMAND, CommandKind, CustomCommand
from common.messages import ActionError, ErrorCode

_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_CALLED = re.compile(r"(?:please )?(?:(?:run|execute|start|launch|activate|do) )?(?:the |my )?(.+)")


def command_names(text: str) -> tuple[str, ...]:
    """Return the names that a text may call a command by: `run my morning` calls `morning` too."""
    folded = " ".join(text.casefold().replace("_", " ").replace("-", " ").split()).rstrip(" .!")
    called = _CALLED.fullmatch(folded)
    return tuple(dict.fromkeys((folded, called[1] if called else folded)))


def key_of(name: str) -> str:
    """Return the one spelling under which a name is kept."""
    return command_names(name)[0]


def fill(template: str, parameters: Mapping[str, JsonValue]) -> str:
    """Fill the `{name}` placeholders of a template, or say which parameters are missing."""
    missing = sorted(set(_PLACEHOLDER.findall(template)) - set(parameters))
    if missing:
        raise ActionError(
            ErrorCode.INVALID, f"expected the parameters {', '.join(missing)}", "parameters"
        )
    filled = _PLACEHOLDER.sub(lambda match: _text(parameters[match[1]]), template)
    if not filled.strip():
        raise ActionError(ErrorCode.INVALID, f"expected parameters for {template!r}", "parameters")
    if len(filled) > MAX_COMMAND:
        raise ActionError(
            ErrorCode.INVALID,
            f"expected at most {MAX_COMMAND} characters with parameters, found {len(filled)}",
            "parameters",
        )
    return filled


def find_cycle(name: str, commands: Mapping[str, CustomCommand]) -> tuple[str, ...]:
    """Return the commands on a way from a command back to itself; empty when there is none."""
    path: list[str] = []
    done: set[str] = set()

    def visit(key: str) -> bool:
        if key in path:
            path.append(key)
            return True
        if key in done or key not in commands:
            return False
        path.append(key)
        if any(visit(called) for text in _called(commands[key]) for called in command_names(text)):
            return True
        path.pop()
        done.add(key)
        return False

    return tuple(path[path.index(path[-1]) :]) if visit(key_of(name)) else ()


def _called(command: CustomCommand) -> tuple[str, ...]:
    return (command.target,) if command.kind is CommandKind.ALIAS_FOR else command.steps


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else str(value)
