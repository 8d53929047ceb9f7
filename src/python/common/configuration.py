"""What an operator may choose about one agent. Only values may enter, and the variables they are.

A field `home_page` of the agent `unified_web_agent` is the variable UNIFIED_WEB_AGENT__HOME_PAGE.
A field with an alias is the variable of that name, shared by every agent that has it.
"""

from collections.abc import Mapping
from typing import Any, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

SHARED_PREFIX = "MODEL_SERVER_"
"""What the names of shared variables begin with, so that they can be told from others'."""


class Configuration(BaseModel):
    """Base of what one agent can be told; every field has a default, so that it need not be."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True
    )


def own_prefix(slug: str) -> str:
    """Return what the names of an agent's own variables begin with."""
    return f"{slug}__".upper()


def variable_name(slug: str, name: str, field: FieldInfo) -> str:
    """Return the environment variable of a field."""
    return field.alias or f"{own_prefix(slug)}{name}".upper()


def read_configuration(
    kind: type[Configuration], slug: str, environ: Mapping[str, str]
) -> tuple[Configuration | None, tuple[str, ...]]:
    """Return the configuration, or None and every mistake, one line each."""
    fields = kind.model_fields
    names = {variable_name(slug, name, field): name for name, field in fields.items()}
    given: dict[str, Any] = {
        name: _split(fields[name], environ[variable])
        for variable, name in names.items()
        if environ.get(variable)
    }
    unknown = [
        f"{name}: expected {' or '.join(sorted(names)) or 'no variable of that name'}, found it"
        for name in sorted(environ)
        if name.startswith(own_prefix(slug)) and name not in names
    ]
    try:
        found = kind.model_validate(given)
    except ValidationError as error:
        return None, (*unknown, *_mistakes(kind, slug, error))
    return (None if unknown else found), tuple(unknown)


def _split(field: FieldInfo, text: str) -> object:
    if get_origin(field.annotation) is not tuple:
        return text
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _mistakes(kind: type[Configuration], slug: str, error: ValidationError) -> list[str]:
    aliases = {field.alias or name: name for name, field in kind.model_fields.items()}
    mistakes = []
    for found in error.errors(include_url=False):
        name = aliases.get(str(found["loc"][0]), "") if found["loc"] else ""
        field = kind.model_fields.get(name)
        shown = variable_name(slug, name, field) if field is not None else kind.__name__
        mistakes.append(f"{shown}: {found['msg']}")
    return mistakes
