"""An agent as data and as help text. No running process may enter."""

import json
from collections.abc import Mapping
from typing import Any

from common.actions import Action, AgentDefinitionError, actions_of
from common.agent import Agent
from common.base_actions import BASE_ACTIONS, BaseActions
from common.configuration import variable_name
from common.facts import AgentFacts
from common.settings import VARIABLES


def check_definition(facts: AgentFacts, agent_class: type[Agent]) -> None:
    """Raise AgentDefinitionError unless code and facts name the same actions."""
    declared = {found.name for found in actions_of(agent_class)} - set(BASE_ACTIONS)
    stated = set(facts.actions) - set(BASE_ACTIONS)
    problems = [f"stated in the facts but not declared: {name}" for name in stated - declared]
    problems += [f"declared but not stated in the facts: {name}" for name in declared - stated]
    if problems:
        raise AgentDefinitionError(
            f"{facts.module}.{facts.name}: expected the actions of its facts, found\n  "
            + "\n  ".join(sorted(problems))
        )


def all_actions(agent_class: type[Agent]) -> tuple[Action, ...]:
    """Return own and base actions sorted by name; an own one hides the base one of its name."""
    found = {declared.name: declared for declared in actions_of(BaseActions)}
    found |= {declared.name: declared for declared in actions_of(agent_class)}
    return tuple(found[name] for name in sorted(found))


def describe(facts: AgentFacts, agent_class: type[Agent]) -> str:
    """Return the agent as JSON: its facts and the schemas of its actions."""
    own = {found.name for found in actions_of(agent_class)} | set(facts.actions)
    actions = [_described(found) for found in all_actions(agent_class) if found.name in own]
    document = {"facts": facts.model_dump(mode="json"), "actions": actions}
    document["base_actions"] = list(BASE_ACTIONS)
    return json.dumps(document, indent=2, sort_keys=True)


def _described(found: Action) -> dict[str, Any]:
    return {
        "name": found.name,
        "summary": found.summary,
        "request": found.request.model_json_schema(),
        "reply": found.reply.model_json_schema(mode="serialization"),
    }


def help_text(facts: AgentFacts, agent_class: type[Agent], environ: Mapping[str, str]) -> str:
    """Return what --help prints."""
    lines = [f"{facts.name}: {_summary(agent_class)}", ""]
    lines += ["usage: [--describe | --help | --health]", "", "environment:"]
    for variable in VARIABLES:
        default = variable.default(facts, environ)
        lines.append(f"  {variable.name:<18} {variable.help} (default {default})")
    for name, field in agent_class.configuration.model_fields.items():
        told = variable_name(facts.slug, name, field)
        default = field.get_default(call_default_factory=True)
        lines.append(f"  {told:<18} {field.description or name} (default {default})")
    lines += ["", "actions:"]
    lines += [f"  {found.name:<18} {found.summary}" for found in all_actions(agent_class)]
    return "\n".join(lines)


def _summary(agent_class: type[Agent]) -> str:
    return (agent_class.__doc__ or "").strip().partition("\n")[0]
