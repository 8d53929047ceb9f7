"""The base class of every agent. No socket, no environment, no phase may enter."""

import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

from common.actions import Action, ActionTable, AgentDefinitionError, action, actions_of
from common.background import BackgroundTasks
from common.clock import Clock
from common.configuration import Configuration
from common.facts import AgentFacts
from common.messages import Event, Topic
from common.peers import Peers
from common.state.store import OwnedStore

__all__ = [
    "Action",
    "ActionTable",
    "Agent",
    "AgentContext",
    "AgentDefinitionError",
    "action",
    "actions_of",
]


E = TypeVar("E", bound=Event)
C = TypeVar("C", bound=Configuration)


class Events(Protocol):
    """Tell whoever subscribed what happened."""

    def publish(self, topic: Topic[E], event: E) -> int:
        """Send an event without waiting for anybody, and return its number."""
        ...


@dataclass(frozen=True)
class AgentContext:
    """All that an agent is given of the world.

    `instance` is its name among the copies of the agent, `endpoint` where it answers.
    """

    facts: AgentFacts
    instance: str
    endpoint: str
    store: OwnedStore
    peers: Peers
    events: Events
    clock: Clock
    log: logging.Logger
    state_directory: Path
    configuration: Configuration


class Agent:
    """Answer actions; subclasses add methods marked with `action`.

    `topics` are those that the agent publishes, `configuration` is what it can be told.
    """

    topics: ClassVar[tuple[Topic[Any], ...]] = ()
    configuration: ClassVar[type[Configuration]] = Configuration

    def __init__(self, context: AgentContext) -> None:
        self.facts = context.facts
        self.store = context.store
        self.peers = context.peers
        self.events = context.events
        self.clock = context.clock
        self.log = context.log
        self.state_directory = context.state_directory
        self.background = BackgroundTasks(context.log)
        self._configured = context.configuration

    async def start(self) -> None:
        """Load state; the agents in `depends_on` are ready by now."""

    async def drain(self) -> None:
        """Let go of requests that wait for something to happen; the agent is about to stop."""

    async def stop(self) -> None:
        """Let go of what `start` took; no action and no background task runs any more."""

    async def state_cleared(self) -> None:
        """Forget what was read from the store; it has just been wiped."""

    def configured(self, kind: type[C]) -> C:
        """Return what the agent was told; `kind` is the class that it declares."""
        if not isinstance(self._configured, kind):
            raise AgentDefinitionError(
                f"{self.facts.slug}: expected configuration = {kind.__name__}"
            )
        return self._configured

    def spawn(self, coroutine: Coroutine[Any, Any, None], name: str) -> None:
        """Run a coroutine beside the actions; it is cancelled when the agent stops."""
        self.background.spawn(coroutine, name)
