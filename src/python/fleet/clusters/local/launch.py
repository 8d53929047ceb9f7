"""Model -> plan: which processes run here and what each is told. Pure but for the caller's env."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from common.configuration import SHARED_PREFIX, own_prefix
from fleet import graph
from fleet.clusters.local.log_file import log_path
from fleet.clusters.local.plan import LaunchSpec, Plan
from fleet.keys import keys_directory
from fleet.model import REGISTRY, AgentSpec, Model

HOST = "127.0.0.1"
RELEASE = "local"
"""What runs here is the tree as it is, not a release that was made of it."""
CELL_PREFIX = "cell-"
"""No agent's name has a hyphen, so that a cell's log is no agent's."""
INHERITED = ("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TMPDIR", "TZ")
"""What a process needs of the caller's environment; the rest is the caller's own business."""


def make_plan(model: Model, state: Path, environ: Mapping[str, str]) -> Plan:
    """Plan each replica of each agent; those that others wait for come first."""
    wiring = graph.with_root(model.graph, REGISTRY)
    agents = {agent.slug: agent for agent in model.agents}
    instances = {agent.slug: agent.instances for agent in model.agents}
    inherited = {name: environ[name] for name in INHERITED if name in environ}
    inherited["PYTHONPATH"] = python_path(environ)
    agents_to_launch = tuple(
        LaunchSpec(
            name=instance,
            module=agent.module,
            cell=cell_of(agent, instance),
            env_vars={**configured(agent, environ), **env_vars(model, agent, instance, state)},
            log=str(log_path(state, instance)),
            depends_on=tuple(name for needed in wiring[agent.slug] for name in instances[needed]),
        )
        for agent in (agents[slug] for slug in graph.start_order(wiring))
        for instance in agent.instances
    )
    environment = model.environment
    return Plan(environment.name, environment.drain_seconds, inherited, agents_to_launch)


def cell_of(agent: AgentSpec, instance: str) -> str:
    """Name the process that an agent shares with its group.

    The registry has its own, since all others need it. Replicas are there to outlive each other: no
    two of an agent share a process.
    """
    if agent.slug == REGISTRY:
        return instance
    return CELL_PREFIX + agent.group + instance.removeprefix(agent.slug)


def configured(agent: AgentSpec, environ: Mapping[str, str]) -> dict[str, str]:
    """Pass on what the caller's environment chooses about an agent."""
    prefixes = (SHARED_PREFIX, own_prefix(agent.slug))
    return {name: environ[name] for name in sorted(environ) if name.startswith(prefixes)}


def env_vars(model: Model, agent: AgentSpec, instance: str, state: Path) -> dict[str, str]:
    """Tell an agent who it is, and where its keys, its state and the registry are."""
    told = {
        "AGENT_FACTS": agent.facts().model_dump_json(),
        "AGENT_HOST": HOST,
        "AGENT_INSTANCE": instance,
        "AGENT_RELEASE": RELEASE,
        "DRAIN_SECONDS": f"{model.environment.drain_seconds:g}",
        "KEYS_DIRECTORY": str(keys_directory(state) / agent.slug),
        "LOG_LEVEL": model.environment.log_level,
        "PYTHONUNBUFFERED": "1",
        "REGISTRY_ENDPOINT": registry_endpoint(model),
        "STATE_URL": f"sqlite:///{state / instance}.db",
        "TRANSPORT_SECURITY": "curve",
    }
    if instance != agent.slug:
        told |= {"AGENT_PORT": "0", "AGENT_HEALTH_PORT": "0"}
    return told


def registry_endpoint(model: Model) -> str:
    """Give where the registry of this machine listens."""
    return f"tcp://{HOST}:{port_of(model, REGISTRY)}"


def port_of(model: Model, slug: str) -> int:
    """Give the port of an agent that the model is known to have."""
    return next(agent.port for agent in model.agents if agent.slug == slug)


def interpreter() -> str:
    """Give this program's interpreter, past links that may go before the fleet does."""
    path = Path(sys.executable)
    return str(path.parent.resolve() / path.name)


def python_path(environ: Mapping[str, str]) -> str:
    """Let the agents import what this program can, wherever it came from."""
    given = environ.get("PYTHONPATH", "").split(os.pathsep)
    entries = given + [entry for entry in sys.path if not _is_interpreters_own(entry)]
    found = [os.path.realpath(entry) for entry in entries if entry and os.path.exists(entry)]
    return os.pathsep.join(dict.fromkeys(found))


def _is_interpreters_own(entry: str) -> bool:
    own = (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"))
    return not entry or entry.startswith(own) or entry.endswith(".zip")
