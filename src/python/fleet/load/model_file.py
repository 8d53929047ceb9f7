"""model.json -> Model. Every mistake at once, each with its path; no defaults are added here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from fleet.errors import ConfigError
from fleet.load.laws import Problem, problems
from fleet.model import Model


def load_model(path: Path) -> Model:
    """Read a model file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(f"{path}: cannot be read: {reason}", REBUILD) from error
    return parse_model(text, str(path))


def parse_model(text: str, where: str = "model.json") -> Model:
    """Turn the text of a model file into a model that keeps every law."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"{where}:{error.lineno}:{error.colno}"
        raise ConfigError(f"{place}: expected JSON, found {error.msg.lower()}", REBUILD) from error
    try:
        model = Model.model_validate(document)
    except ValidationError as error:
        raise _config_error(where, _shape_problems(error, document), document) from error
    if found := problems(model):
        raise _config_error(where, found, document)
    return model


REBUILD = "Write it anew with `./pants package deploy:<environment>`"


def _config_error(where: str, found: Sequence[Problem], document: object) -> ConfigError:
    lines = [f"{where}: {problem.path}: {problem.message}" for problem in found]
    return ConfigError("\n       ".join(lines), found[0].hint or _hint(found[0], document))


def _shape_problems(error: ValidationError, document: object) -> list[Problem]:
    return [
        Problem(_path(details["loc"], document), _sentence(details["type"], details))
        for details in error.errors(include_url=False)
    ]


def _sentence(kind: str, details: Mapping[str, object]) -> str:
    """Word a problem as the rest of the program does."""
    if kind == "missing":
        return "is required, was missing"
    if kind == "extra_forbidden":
        return "is not known here"
    message = str(details["msg"]).removeprefix("Value error, ").removeprefix("Input should ")
    if message.startswith("must"):
        return message
    message = f"must {message}" if message.startswith("be ") else message
    return f"{message}, was {details['input']!r}"


def _path(location: Sequence[int | str], document: object) -> str:
    """Spell a location; an agent goes by its slug, not by its position."""
    parts: list[str] = []
    node = document
    for step in location:
        node = _child(node, step)
        slug = node.get("slug") if parts == ["agents"] and isinstance(node, dict) else None
        parts.append(str(slug or step))
    return "/".join(parts) or "(root)"


def _child(node: object, step: int | str) -> object:
    if isinstance(node, dict):
        return node.get(step)
    if isinstance(node, list) and isinstance(step, int):
        return node[step]
    return None


def _hint(problem: Problem, document: object) -> str:
    parts = problem.path.split("/")
    agents = document.get("agents") if isinstance(document, dict) else None
    if parts[0] == "agents" and len(parts) > 1 and isinstance(agents, list):
        for agent in agents:
            if isinstance(agent, dict) and agent.get("slug") == parts[1] and "address" in agent:
                return f"Correct the target {agent['address']}, then package again"
    if parts[0] == "environment" and isinstance(document, dict):
        name = document["environment"].get("name") if len(parts) > 1 else None
        return f"Correct the target deploy:{name or '<environment>'}, then package again"
    return REBUILD
