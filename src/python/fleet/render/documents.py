"""Documents and the fold over filters. No orchestrator's word here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

from fleet.model import AgentSpec, Model

Body = Mapping[str, Any]


class Interpolated(str):
    """Text that names variables which the orchestrator puts values in the place of."""

    __slots__ = ()


@dataclass(frozen=True)
class Document:
    """One thing to write: its kind and name, the agent that it is for, and what it says."""

    kind: str
    name: str
    agent: AgentSpec | None = None
    instance: str = ""
    body: Body = field(default_factory=dict)

    def saying(self, more: Body) -> Document:
        """Add to what the document says; two different words on one thing are a mistake."""
        return replace(self, body=merged(self.body, more, f"{self.kind}/{self.name}"))


class FilterConflictError(ValueError):
    """Two filters state different values for one field."""


Documents = tuple[Document, ...]
Filter = Callable[[Model, Documents], Documents]


def fold(model: Model, filters: Iterable[Filter]) -> Documents:
    """Apply the filters in order, beginning with nothing; sorted by kind and name."""
    nothing: Documents = ()
    documents = reduce(lambda current, apply: apply(model, current), filters, nothing)
    return tuple(sorted(documents, key=lambda document: (document.kind, document.name)))


def on_agents(say: Callable[[Model, Document, AgentSpec], Body]) -> Filter:
    """Make a filter of a function that says more about the document of each agent."""

    def apply(model: Model, documents: Documents) -> Documents:
        return tuple(
            document.saying(say(model, document, document.agent)) if document.agent else document
            for document in documents
        )

    apply.__doc__ = say.__doc__
    return apply


def merged(base: Body, more: Body, where: str) -> Body:
    """Merge two bodies, key by key."""
    result = dict(base)
    for key, value in more.items():
        if key not in result:
            result[key] = value
        elif isinstance(result[key], Mapping) and isinstance(value, Mapping):
            result[key] = merged(result[key], value, f"{where}/{key}")
        elif isinstance(result[key], tuple) and isinstance(value, tuple):
            result[key] = (*result[key], *value)
        elif result[key] != value:
            raise FilterConflictError(f"{where}/{key}: {result[key]!r} and {value!r}")
    return result
