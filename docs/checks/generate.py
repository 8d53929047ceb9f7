"""The generated reference: markdown from the code that it is about. No fact may enter by hand.

`docs/reference` is rewritten by `UPDATE_GOLDEN=1 python -m pytest tests/docs`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from pathlib import Path

from docs.checks.build_files import Stated, read_build_files
from docs.checks.target_types import FieldType, TargetType, read_target_types
from pydantic import BaseModel

from common.actions import Action, actions_of
from common.agent import Agent
from common.base_actions import BASE_ACTIONS, BaseActions
from common.facts import ANY_AGENT, AgentFacts
from common.settings import VARIABLES
from fleet.model import Environment

AGENTS = "src/python/agents/"
MARKS = (
    "A `?` marks a field that may be left out. An action that may be repeated has the effect of "
    "once however often it is asked: a call of it whose reply is lost is sent again."
)
TARGET_TYPES = Path("pants-plugins/fleet_build/target_types.py")


def reference() -> dict[Path, str]:
    """Return the text of every generated file by its path."""
    folder = Path("docs/reference")
    return {
        folder / "actions.md": actions_page(),
        folder / "settings.md": settings_page(),
        folder / "targets.md": targets_page(),
    }


def page(title: str, origin: str, paragraphs: Iterable[str]) -> str:
    """Put a page together under a note that says where it comes from."""
    note = f"<!-- Generated from {origin} by tests/docs: do not edit. -->"
    return "\n\n".join((f"# {title}", note, *paragraphs)) + "\n"


def table(*rows: tuple[str, ...]) -> str:
    """Lay out rows as a markdown table; the first row is the head."""
    head, *body = rows
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ("---",) * len(head), *body))


def targets_page() -> str:
    """Describe the target types and their fields."""
    targets = read_target_types(TARGET_TYPES)
    parts = ["Every target has `name`, `description` and `tags`, too: see `./pants help agent`."]
    parts += [part for target in targets for part in _target(target)]
    return page("Targets", str(TARGET_TYPES), parts)


def _target(target: TargetType) -> Iterable[str]:
    yield f"## {target.alias}"
    yield target.help
    for field in target.fields:
        yield f"### {target.alias}: {field.alias}"
        yield f"{_kind(field)}. {field.help}"


def _kind(field: FieldType) -> str:
    if field.is_required:
        return f"*{field.kind}, required*"
    return f"*{field.kind}, default `{field.default}`*" if field.default else f"*{field.kind}*"


def settings_page() -> str:
    """Describe the environment variables of an agent and the settings of an environment."""
    facts = AgentFacts.model_construct(slug="<slug>", port="<port>", health_port="<health_port>")
    rows = [("Variable", "Meaning", "Expected", "Default")]
    for variable in VARIABLES:
        default = variable.default(facts, {"HOME": "/home/<user>"})
        meaning = variable.help.replace("<", "&lt;")
        rows.append((f"`{variable.name}`", meaning, variable.expected, f"`{_default(default)}`"))
    fields = [("Setting", "Default")]
    fields += [
        (f"`{name}`", f"`{_default(field.default)}`")
        for name, field in Environment.model_fields.items()
        if not field.is_required()
    ]
    paragraphs = (
        "## Environment variables of an agent",
        table(*rows),
        "An agent refuses to start when one of them is wrong, and names every mistake at once.",
        "## Settings of an environment",
        'These go into `settings` of an `environment()` target, as text: `{"log_level": "DEBUG"}`.',
        table(*fields),
    )
    return page("Settings", "src/python/common/settings.py and src/python/fleet/model", paragraphs)


def _default(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value) if value != "" else "(empty)"


def actions_page() -> str:
    """Describe the actions of every agent, base actions first."""
    base = [found for found in actions_of(BaseActions) if found.name in BASE_ACTIONS]
    parts = [MARKS, "## Every agent", _actions(base)]
    for agent in sorted(agent_targets(), key=lambda target: target.name):
        parts += [f"## {agent.name}", _summary(agent), _actions(actions_of(class_of(agent)))]
    return page("Actions", "the agents' classes", parts)


def agent_targets() -> tuple[Stated, ...]:
    """Return the agent() targets of the tree."""
    stated = read_build_files(Path("src/python/agents").rglob("BUILD"))
    return tuple(target for target in stated if target.kind == "agent")


def class_of(target: Stated) -> type[Agent]:
    """Import the class that answers for an agent() target."""
    module = f"agents.{target.directory.removeprefix(AGENTS).replace('/', '.')}.{target.name}"
    derived = "".join(part.capitalize() for part in target.name.split("_"))
    name = target.fields.get("agent_name") or derived
    found: object = getattr(importlib.import_module(module), name)
    assert isinstance(found, type) and issubclass(found, Agent)
    return found


def _summary(target: Stated) -> str:
    said = (class_of(target).__doc__ or "").strip().partition("\n")[0]
    needs = _names(target.fields.get("depends_on", ())) or "nobody"
    called = target.fields.get("calls", ())
    calls = f"; calls {_names(called)}" if called else ""
    calls = "; calls any agent" if ANY_AGENT in called else calls
    return f"{said} Port {target.fields['port']}; waits for {needs}{calls}."


def _names(slugs: Iterable[str]) -> str:
    return ", ".join(f"`{slug}`" for slug in slugs)


def _actions(actions: Iterable[Action]) -> str:
    rows = [("Action", "What it does", "Request", "Reply", "Repeat")]
    for found in actions:
        name, repeat = f"`{found.name}`", "yes" if found.request.is_idempotent else "no"
        fields = _fields(found.request), _fields(found.reply)
        rows.append((name, found.summary, *fields, repeat))
    return table(*rows)


def _fields(message: type[BaseModel]) -> str:
    names = (
        f"`{name}`" if field.is_required() else f"`{name}?`"
        for name, field in message.model_fields.items()
    )
    return ", ".join(names) or "-"
