"""Which agents some code names, held against the edges that its agent states. Pure: no rules.

Code is read as tokens: it may be of a newer Python than the one that runs the plugin.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from tokenize import TokenInfo

from fleet_build.fleet import ANY_AGENT, REGISTRY, AgentSpec, Problem

LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING}


class CodeError(Exception):
    """Some code cannot be read as Python."""


@dataclass(frozen=True)
class SharedName:
    """A constant of a shared module, such as a topic, and the texts that it is made of."""

    module: str
    name: str
    texts: frozenset[str]


def shared_names(path: str, source: bytes) -> tuple[SharedName, ...]:
    """Give the constants of a shared module that are made of texts."""
    place = PurePosixPath(path)
    module = place.parent.name if place.stem == "__init__" else place.stem
    return tuple(
        SharedName(module, statement[0].string, _texts(statement))
        for statement in _statements(source)
        if _is_constant(statement) and _texts(statement)
    )


def named_texts(source: bytes, shared: Iterable[SharedName]) -> frozenset[str]:
    """Give every text that some code states, itself or by a shared constant that it names."""
    tokens = [token for statement in _statements(source) for token in statement]
    words = {token.string for token in tokens if token.type == tokenize.NAME}
    borrowed = (known.texts for known in shared if {known.name, known.module} <= words)
    return _texts(tokens).union(*borrowed)


def edge_problems(
    agent: AgentSpec,
    slugs: frozenset[str],
    sources: Mapping[str, bytes],
    shared: Iterable[SharedName],
) -> tuple[Problem, ...]:
    """Report each agent of the fleet that code names without an edge, and each idle edge."""
    known = tuple(shared)
    named: dict[str, str] = {}
    for path in sorted(sources):
        try:
            texts = named_texts(sources[path], known)
        except CodeError as error:
            return (unreadable(agent.address, path, error),)
        for slug in texts & slugs:
            named.setdefault(slug, path)
    return (*_missing(agent, named), *_idle(agent, named))


def unreadable(address: str, path: str, error: CodeError) -> Problem:
    """Report code that cannot be read."""
    hint = f"python3.11 -m py_compile {path}"
    return Problem(address, "imports", f"Python in {path}", str(error), hint)


def _missing(agent: AgentSpec, named: Mapping[str, str]) -> Iterator[Problem]:
    if ANY_AGENT in agent.calls:
        return
    missing = sorted(named.keys() - {agent.slug, REGISTRY, *agent.depends_on, *agent.calls})
    whole = ", ".join(f'"{slug}"' for slug in sorted({*agent.calls, *missing}))
    for slug in missing:
        expected = "every agent that the code names"
        found = f"no {slug!r}, named in {named[slug]}"
        yield Problem(agent.address, "calls", expected, found, f"calls=[{whole}]")


def _idle(agent: AgentSpec, named: Mapping[str, str]) -> Iterator[Problem]:
    for slug in agent.calls:
        if slug not in {ANY_AGENT, *named}:
            expected = "only agents that the code names"
            yield Problem(
                agent.address, "calls", expected, repr(slug), f"Remove {slug!r} from calls"
            )


def _statements(source: bytes) -> Iterator[tuple[TokenInfo, ...]]:
    """Split code into logical lines without layout."""
    statement: list[TokenInfo] = []
    try:
        for token in tokenize.tokenize(io.BytesIO(source).readline):
            if token.type == tokenize.NEWLINE:
                yield tuple(statement)
                statement = []
            elif token.type not in LAYOUT:
                statement.append(token)
    except (SyntaxError, UnicodeDecodeError, tokenize.TokenError) as error:
        told = error if isinstance(error, UnicodeDecodeError) else error.args[0]
        raise CodeError(str(told)) from error


def _is_constant(statement: tuple[TokenInfo, ...]) -> bool:
    first, *rest = statement
    is_target = first.type == tokenize.NAME and first.start[1] == 0
    return is_target and rest[:1] != [] and rest[0].string in ("=", ":")


def _texts(tokens: Iterable[TokenInfo]) -> frozenset[str]:
    literals = (token.string for token in tokens if token.type == tokenize.STRING)
    plain = (text for text in literals if "f" not in text.partition(text[-1])[0].lower())
    return frozenset(value for value in map(_value, plain) if isinstance(value, str))


def _value(literal: str) -> object:
    try:
        return ast.literal_eval(literal)
    except (SyntaxError, ValueError) as error:  # such as an escape that does not exist, or a NUL
        raise CodeError(f"{error.args[0]} in {literal}") from error
