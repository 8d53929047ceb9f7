"""The fleet as the BUILD files state it, and its laws. Pure: no rules, no files, no engine."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from keyword import iskeyword
from typing import Any, Callable

from fleet_build.target_types import CRITICALITIES, GROUPS, MACHINES, STORAGES

PORTS = range(1024, 65536)
MEMORY = re.compile(r"[1-9][0-9]*(Ki|Mi|Gi)")
CPU = re.compile(r"[0-9]+(\.[0-9]+)?")
SLUG = re.compile(r"[a-z][a-z0-9_]*")
REGISTRY = "service_registry"
ANY_AGENT = "*"
DEFAULT_RESOURCES = {"cpu": "0.5", "memory": "256Mi"}


@dataclass(frozen=True)
class AgentSpec:
    """What one agent() target states, with derived values filled in."""

    address: str
    slug: str
    name: str
    directory: str
    machine: str
    group: str
    port: int
    health_port: int
    depends_on: tuple[str, ...]
    calls: tuple[str, ...]
    storage: tuple[str, ...]
    gpu: bool
    criticality: str
    resources: tuple[tuple[str, str], ...]
    replicas: int
    system_packages: tuple[str, ...]
    actions: tuple[str, ...]
    has_module: bool

    @property
    def module_path(self) -> str:
        """The path of the agent's own source file, from the build root."""
        return f"{self.directory}/{self.slug}.py"

    @property
    def module(self) -> str:
        """The dotted name of the agent's module."""
        folder = self.directory.removeprefix("src/python/").replace("/", ".")
        return f"{folder}.{self.slug}"

    def facts(self) -> dict[str, Any]:
        """Give what the running agent knows about itself (`common.facts.AgentFacts`)."""
        return {
            "name": self.name,
            "slug": self.slug,
            "module": self.module,
            "machine": self.machine,
            "group": self.group,
            "port": self.port,
            "health_port": self.health_port,
            "depends_on": list(self.depends_on),
            "calls": list(self.calls),
            "storage": list(self.storage),
            "gpu": self.gpu,
            "criticality": self.criticality,
            "actions": list(self.actions),
        }

    def deployable(self) -> dict[str, Any]:
        """Give the facts and what a deployment needs beside them (one agent of `model.json`)."""
        return {
            **self.facts(),
            "address": self.address,
            "replicas": self.replicas,
            "resources": dict(self.resources),
            "system_packages": list(self.system_packages),
        }


@dataclass(frozen=True)
class Problem:
    """One violated law: where, what was expected, what was found, and what to type."""

    address: str
    field: str
    expected: str
    found: str
    hint: str

    def __str__(self) -> str:
        return (
            f"error: {self.address}: {self.field}: expected {self.expected}, found {self.found}"
            f"\n\nhint: {self.hint}"
        )


class FleetError(Exception):
    """The agent() targets break a law of the fleet."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        super().__init__("\n\n" + "\n\n".join(str(problem) for problem in problems))


def camel_case(slug: str) -> str:
    """Turn `service_registry` into `ServiceRegistry`."""
    return "".join(part.capitalize() for part in slug.split("_"))


def problems(
    agents: Iterable[AgentSpec], packages: frozenset[str] = frozenset()
) -> tuple[Problem, ...]:
    """Check every law and report every violation, sorted by address.

    `packages` are the Debian packages that the lockfile of system packages pins.
    """
    fleet = tuple(sorted(agents, key=lambda agent: agent.address))
    found = [problem for agent in fleet for law in LAWS for problem in law(agent)]
    found += [problem for agent in fleet for problem in _system_packages(agent, packages)]
    found += [*_duplicate_slugs(fleet), *_port_clashes(fleet), *_unknown_names(fleet)]
    found += _cycles(fleet)
    return tuple(sorted(found, key=lambda problem: (problem.address, problem.field)))


def _one_of(agent: AgentSpec, field: str, value: str, choices: Iterable[str]) -> Iterator[Problem]:
    known = sorted(choices)
    if value not in known:
        close = get_close_matches(value, known, n=1, cutoff=0.3) or known[:1]
        expected = "one of " + ", ".join(known)
        yield Problem(agent.address, field, expected, repr(value), f'{field}="{close[0]}"')


def _names(agent: AgentSpec) -> Iterator[Problem]:
    if not SLUG.fullmatch(agent.slug):
        expected = "lower case letters, digits and underscores"
        hint = f'name="{agent.slug.lower().replace("-", "_")}"'
        yield Problem(agent.address, "name", expected, repr(agent.slug), hint)


def _display_name(agent: AgentSpec) -> Iterator[Problem]:
    lawful = agent.name.isidentifier() and not iskeyword(agent.name)
    if SLUG.fullmatch(agent.slug) and not lawful:
        hint = f'agent_name="{camel_case(agent.slug)}"'
        yield Problem(agent.address, "agent_name", "the name of a class", repr(agent.name), hint)


def _machine_and_group(agent: AgentSpec) -> Iterator[Problem]:
    yield from _one_of(agent, "machine", agent.machine, MACHINES)
    groups = GROUPS.get(agent.machine) or tuple(g for gs in GROUPS.values() for g in gs)
    yield from _one_of(agent, "group", agent.group, groups)


def _criticality(agent: AgentSpec) -> Iterator[Problem]:
    return _one_of(agent, "criticality", agent.criticality, CRITICALITIES)


def _storage(agent: AgentSpec) -> Iterator[Problem]:
    for storage in agent.storage:
        yield from _one_of(agent, "storage", storage, STORAGES)


def _port_range(agent: AgentSpec) -> Iterator[Problem]:
    for field, port in (("port", agent.port), ("health_port", agent.health_port)):
        if port not in PORTS:
            expected = f"{PORTS.start} to {PORTS.stop - 1}"
            hint = f"Choose a free port, such as {field}={_free_port(field)}"
            yield Problem(agent.address, field, expected, str(port), hint)


def _free_port(field: str) -> int:
    return 7300 if field == "port" else 8300


def _module(agent: AgentSpec) -> Iterator[Problem]:
    if not agent.has_module:
        path = agent.module_path
        hint = f"touch {path}"
        yield Problem(agent.address, "name", f"a module {path}", "no such file", hint)


def _resources(agent: AgentSpec) -> Iterator[Problem]:
    for key, value in agent.resources:
        form = {"cpu": CPU, "memory": MEMORY}.get(key)
        if form is None:
            hint = 'resources={"cpu": "0.5", "memory": "256Mi"}'
            yield Problem(agent.address, "resources", "the keys cpu and memory", repr(key), hint)
        elif not form.fullmatch(value):
            example = DEFAULT_RESOURCES[key]
            hint = f'resources={{"{key}": "{example}"}}'
            expected = f"{key} such as {example}"
            yield Problem(agent.address, "resources", expected, repr(value), hint)


def _system_packages(agent: AgentSpec, pinned: frozenset[str]) -> Iterator[Problem]:
    for package in agent.system_packages:
        if package not in pinned:
            close = get_close_matches(package, sorted(pinned), n=1)
            expected = "packages that 3rdparty/debian/system.lock pins"
            hint = f"Add {package} to 3rdparty/debian/system.txt, then: make lock"
            if close:
                hint = f'system_packages=["{close[0]}"]'
            yield Problem(agent.address, "system_packages", expected, repr(package), hint)


def _replicas(agent: AgentSpec) -> Iterator[Problem]:
    if agent.replicas < 1:
        hint = "Remove the field to run one replica"
        yield Problem(agent.address, "replicas", "at least 1", str(agent.replicas), hint)


def _calls(agent: AgentSpec) -> Iterator[Problem]:
    if ANY_AGENT in agent.calls and len(agent.calls) > 1:
        found = ", ".join(map(repr, agent.calls))
        expected = f"names of agents, or {ANY_AGENT!r} alone"
        yield Problem(agent.address, "calls", expected, found, f'calls=["{ANY_AGENT}"]')
    if agent.slug in agent.calls:
        hint = f"Remove {agent.slug!r}: an agent calls its own methods"
        yield Problem(agent.address, "calls", "other agents", repr(agent.slug), hint)
    for slug in sorted({*agent.calls} & {*agent.depends_on}):
        hint = f"Remove {slug!r} from calls: an agent may call whom it awaits"
        found = f"{slug!r}, as in depends_on"
        yield Problem(agent.address, "calls", "agents that are not awaited", found, hint)


LAWS: tuple[Callable[[AgentSpec], Iterable[Problem]], ...] = (
    _names,
    _display_name,
    _machine_and_group,
    _criticality,
    _storage,
    _port_range,
    _module,
    _resources,
    _replicas,
    _calls,
)


def _duplicate_slugs(fleet: tuple[AgentSpec, ...]) -> Iterator[Problem]:
    first: dict[str, AgentSpec] = {}
    for agent in fleet:
        other = first.setdefault(agent.slug, agent)
        if other is not agent:
            hint = f"Rename one of them: the name is the image's and the host's, too ({agent.slug})"
            expected = "a name that no other agent has"
            found = f"{agent.slug!r}, as in {other.address}"
            yield Problem(agent.address, "name", expected, found, hint)


def _port_clashes(fleet: tuple[AgentSpec, ...]) -> Iterator[Problem]:
    taken: dict[int, tuple[AgentSpec, str]] = {}
    uses = [(agent, "port", agent.port) for agent in fleet]
    uses += [(agent, "health_port", agent.health_port) for agent in fleet]
    everything = {port for _, _, port in uses}
    for agent, field, port in sorted(uses, key=lambda use: (use[0].address, use[1] != "port")):
        owner = taken.setdefault(port, (agent, field))
        if owner != (agent, field):
            first = _free_port(field)
            free = next(port for port in range(first, PORTS.stop) if port not in everything)
            expected = "a port that no other agent uses"
            found = f"{port}, the {owner[1]} of {owner[0].address}"
            yield Problem(agent.address, field, expected, found, f"{field}={free} is free")


def _unknown_names(fleet: tuple[AgentSpec, ...]) -> Iterator[Problem]:
    slugs = sorted({agent.slug for agent in fleet})
    for agent in fleet:
        named = [("depends_on", slug) for slug in agent.depends_on]
        named += [("calls", slug) for slug in agent.calls if slug != ANY_AGENT]
        for field, slug in named:
            if slug not in slugs:
                close = get_close_matches(slug, slugs, n=1)
                every = "./pants --filter-target-type=agent list ::"
                hint = f"Did you mean {close[0]!r}?" if close else every
                yield Problem(agent.address, field, "names of agents", repr(slug), hint)


def _cycles(fleet: tuple[AgentSpec, ...]) -> list[Problem]:
    by_slug = {agent.slug: agent for agent in fleet}
    reported: set[frozenset[str]] = set()
    found = []
    for agent in fleet:
        loop = _loop_from(agent.slug, by_slug)
        if loop and frozenset(loop) not in reported:
            reported.add(frozenset(loop))
            text = " -> ".join([*loop, loop[0]])
            hint = f"Remove {loop[0]!r} from depends_on of {by_slug[loop[-1]].address}"
            found.append(Problem(by_slug[loop[0]].address, "depends_on", "no loop", text, hint))
    return found


def _loop_from(start: str, by_slug: dict[str, AgentSpec]) -> tuple[str, ...]:
    """Find the shortest way from an agent back to itself, breadth first."""
    came_from: dict[str, str] = {}
    queue = [start]
    for slug in queue:
        for needed in sorted(by_slug[slug].depends_on) if slug in by_slug else ():
            if needed == start:
                way = [slug]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return tuple(reversed(way))
            if needed not in came_from:
                came_from[needed] = slug
                queue.append(needed)
    return ()
