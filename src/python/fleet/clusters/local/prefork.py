"""What the host imports once for all agents, so that a forked process shares it. Forks nothing.

Nothing here may open a socket, start a thread or make a ZeroMQ context: none survives a fork.
"""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterable
from contextlib import suppress

RUNTIME = (
    "common.agent_process",
    "common.describe",
    "common.logs",
    "common.runtime",
    "common.state.sqlite",
    "concurrent.futures.thread",
    "fleet.clusters.local.inside_cell",
    "prometheus_client.core",
    "sqlite3",
    "zmq",
)
"""What every agent needs, some of it only when it serves."""


def preload(modules: Iterable[str]) -> dict[str, str]:
    """Import the runtime and the agents' modules; give the modules that fail, and why.

    Whoever is forked imports what failed here once more: its own log then tells of it, and the
    other agents do not hear of it.
    """
    gc.disable()  # a collection would leave holes in pages that are to be shared
    failures: dict[str, str] = {}
    for module in (*RUNTIME, *dict.fromkeys(modules)):
        try:
            importlib.import_module(module)
        except (Exception, SystemExit) as error:
            failures[module] = f"{type(error).__name__}: {error}"
    _build_models()
    _read_actions()
    gc.freeze()
    gc.enable()
    return failures


def _build_models() -> None:
    """Build every model that waits for its first use: once here, not once in each process."""
    from pydantic import BaseModel  # only now: no collection may run while it is imported

    left = [BaseModel]
    while left:
        model = left.pop()
        left += model.__subclasses__()
        if model is not BaseModel and not model.__pydantic_complete__:
            with suppress(Exception):  # who uses it will hear of it, in its own process
                model.model_rebuild(raise_errors=False)


def _read_actions() -> None:
    """Read the actions that each agent declares; they are remembered."""
    from common.actions import AgentDefinitionError, actions_of
    from common.agent import Agent
    from common.base_actions import BaseActions

    for provider in (BaseActions, *Agent.__subclasses__()):
        with suppress(AgentDefinitionError):  # its own process will say so
            actions_of(provider)
