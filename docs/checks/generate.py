"""The generated reference: markdown from the code that it is about. No fact may enter by hand.

`docs/reference` is rewritten by `UPDATE_GOLDEN=1 python -m pytest tests/docs`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from docs.checks.agents_page import agent_targets, agents_page, class_of, group_of
from docs.checks.graph import picture
from docs.checks.pages import page, table
from docs.checks.target_types import FieldType, TargetType, read_target_types

from common.configuration import variable_name
from common.facts import AgentFacts
from common.settings import VARIABLES
from fleet.model import Environment

TARGET_TYPES = Path("pants-plugins/fleet_build/target_types.py")


def reference() -> dict[Path, str]:
    """Return the text of every generated file by its path."""
    folder = Path("docs/reference")
    return {
        folder / "agents.md": agents_page(),
        folder / "agents.svg": agents_picture(),
        folder / "settings.md": settings_page(),
        folder / "targets.md": targets_page(),
    }


def agents_picture() -> str:
    """Draw who waits for whom."""
    agents = agent_targets()
    waits = {target.name: tuple(target.fields.get("depends_on", ())) for target in agents}
    return picture(waits, {target.name: group_of(target) for target in agents})


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
        "## What single agents can be told",
        table(*_configurations()),
        "Locally, set them before `./pants run deploy:local -- up`.",
        "## Settings of an environment",
        'These go into `settings` of an `environment()` target, as text: `{"log_level": "DEBUG"}`.',
        table(*fields),
    )
    return page("Settings", "src/python/common/settings.py and src/python/fleet/model", paragraphs)


def _configurations() -> Iterable[tuple[str, ...]]:
    told: dict[str, tuple[str, str]] = {}
    readers: dict[str, list[str]] = defaultdict(list)
    for target in sorted(agent_targets(), key=lambda target: target.name):
        for name, field in class_of(target).configuration.model_fields.items():
            variable = variable_name(target.name, name, field)
            default = field.get_default(call_default_factory=True)
            told[variable] = (field.description or name, f"`{_default(default)}`")
            readers[variable].append(f"`{target.name}`")
    yield ("Variable", "Meaning", "Default", "Agents")
    for variable in sorted(told):
        yield (f"`{variable}`", *told[variable], ", ".join(readers[variable]))


def _default(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value) if value != "" else "(empty)"
