"""The page of all agents: what each is, what was built for it, and what it answers."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from docs.checks.build_files import Stated, read_build_files
from docs.checks.pages import page, table
from pydantic import BaseModel

from common.actions import Action, actions_of
from common.agent import Agent
from common.base_actions import BASE_ACTIONS, BaseActions
from common.facts import ANY_AGENT

AGENTS = "src/python/agents/"
INDEXES = (Path("agents/agents.lock.json"), Path("dist/agents/agents.lock.json"))
"""Where the build left the index: in the sandbox of a test, or below the build root."""
MARKS = (
    "A `?` marks a field that may be left out. An action that may be repeated has the effect of "
    "once however often it is asked: a call of it whose reply is lost is sent again. "
    "A `*` marks an action that gives a stream of items."
)
SIZES = "Sizes are compressed MB; an image shares most of its layers with others."

Index = Mapping[str, Any]


def agents_page() -> str:
    """Describe every agent, base actions first."""
    agents = sorted(agent_targets(), key=lambda target: target.name)
    base = [found for found in actions_of(BaseActions) if found.name in BASE_ACTIONS]
    parts = ["![Who waits for whom](agents.svg)", SIZES, _overview(agents, built())]
    parts += [MARKS, "## Every agent", _actions(base)]
    for agent in agents:
        parts += [f"## {agent.name}", _summary(agent), _facts(agent)]
        parts += [_actions(actions_of(class_of(agent)))]
    return page("Agents", "the agent() targets, the agents' classes and the build", parts)


def built() -> Index:
    """Return what the build says of each agent; nothing was built when there is no index."""
    found = next((path for path in INDEXES if path.exists()), None)
    index: Index = json.loads(found.read_text())["agents"] if found else {}
    return index


def agent_targets() -> tuple[Stated, ...]:
    """Return the agent() targets of the tree."""
    stated = read_build_files(Path("src/python/agents").rglob("BUILD"))
    return tuple(target for target in stated if target.kind == "agent")


def group_of(target: Stated) -> str:
    """Return the group of an agent."""
    return target.directory.removeprefix(AGENTS)


def class_of(target: Stated) -> type[Agent]:
    """Import the class that answers for an agent() target."""
    module = f"agents.{group_of(target).replace('/', '.')}.{target.name}"
    derived = "".join(part.capitalize() for part in target.name.split("_"))
    name = target.fields.get("agent_name") or derived
    found: object = getattr(importlib.import_module(module), name)
    assert isinstance(found, type) and issubclass(found, Agent)
    return found


def _overview(agents: Iterable[Stated], index: Index) -> str:
    rows = [("Agent", "Group", "Port", "Keeps", "PEX", "Image")]
    for agent in agents:
        sizes = index.get(agent.name, {})
        rows.append(
            (
                f"[{agent.name}](#{agent.name})",
                group_of(agent),
                str(agent.fields["port"]),
                ", ".join(agent.fields.get("storage", ())) or "-",
                _megabytes(sizes.get("pex")),
                _megabytes(sizes.get("image")),
            )
        )
    return table(*rows)


def _megabytes(sized: Mapping[str, int] | None) -> str:
    return f"{sized['size'] / 1e6:.0f}" if sized else "-"


def _summary(target: Stated) -> str:
    return (class_of(target).__doc__ or "").strip().partition("\n")[0]


def _facts(target: Stated) -> str:
    fields = target.fields
    port = fields["port"]
    health = fields.get("health_port", port + 1000)
    told = [
        f"Group `{group_of(target)}`, port {port}, health port {health}",
        f"waits for {_names(fields.get('depends_on', ())) or 'nobody'}",
    ]
    called = fields.get("calls", ())
    if called:
        told.append("calls any agent" if ANY_AGENT in called else f"calls {_names(called)}")
    if fields.get("storage"):
        told.append(f"keeps {_names(fields['storage'])}")
    if fields.get("system_packages"):
        told.append(f"Debian packages {_names(fields['system_packages'])}")
    if fields.get("gpu"):
        told.append("uses a GPU when there is one")
    told.append(f"criticality {fields.get('criticality', 'normal')}")
    return "; ".join(told) + "."


def _names(slugs: Iterable[str]) -> str:
    return ", ".join(f"`{slug}`" for slug in slugs)


def _actions(actions: Iterable[Action]) -> str:
    rows = [("Action", "What it does", "Request", "Reply", "Repeat")]
    for found in actions:
        name = f"`{found.name}`" + ("*" if found.is_stream else "")
        repeat = "yes" if found.request.is_idempotent else "no"
        asked = _fields(found.request)
        if found.incoming is not None:
            asked += f"; items {_fields(found.incoming)}"
        rows.append((name, found.summary, asked, _fields(found.reply, "serialization"), repeat))
    return table(*rows)


def _fields(message: type[BaseModel], mode: Any = "validation") -> str:
    schema = message.model_json_schema(mode=mode)
    required = set(schema.get("required", ()))
    if mode == "serialization":
        required = {name for name, field in message.model_fields.items() if field.is_required()}
    shown = (
        f"`{name}{'' if name in required else '?'}: {kind_of(each, schema.get('$defs', {}))}`"
        for name, each in schema.get("properties", {}).items()
    )
    return ", ".join(shown) or "-"


def kind_of(schema: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    """Name the type that a schema describes, in a word or two."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return kind_of(known[name], known) if "enum" in known[name] else str(name)
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return " or ".join(kind_of(each, known) for each in schema[choice])
    if set(schema.get("properties", ())) == {"attachment"}:
        return "bytes"
    kind = schema.get("type", "any")
    if kind == "array":
        return f"[{kind_of(schema.get('items', {}), known)}]"
    return str(kind)
