"""An agent under test: its real action table over fakes. No transport may enter."""

import logging
import re
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from pydantic_core import from_json

from common import attachments
from common.actions import ActionTable, actions_of
from common.agent import Agent, AgentContext
from common.base_actions import BaseActions
from common.configuration import Configuration
from common.contracts.health import HealthReport
from common.contracts.traces import Span
from common.facts import ANY_AGENT, AgentFacts
from common.lifecycle import Phase
from common.messages import Event, Item, Topic
from common.state.memory import MemoryStore
from common.state.store import OwnedStore
from common.testing.clock import FakeClock
from common.testing.events import FakeEvents
from common.testing.peers import FakePeers

E = TypeVar("E", bound=Event)
AgentT = TypeVar("AgentT", bound=Agent)
M = TypeVar("M", bound=BaseModel)

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def facts_of(agent_class: type[Agent], **stated: Any) -> AgentFacts:
    """Derive facts from a class; what is stated wins."""
    derived: dict[str, Any] = {
        "name": agent_class.__name__,
        "slug": _WORD_START.sub("_", agent_class.__name__).lower(),
        "module": agent_class.__module__,
        "actions": tuple(declared.name for declared in actions_of(agent_class)),
        "calls": (ANY_AGENT,),
    }
    return AgentFacts.model_validate(derived | stated)


class AgentHarness(Generic[AgentT]):
    """Run one agent over a store, a clock and peers that the test holds."""

    def __init__(
        self,
        agent_class: type[AgentT],
        *,
        facts: AgentFacts | None = None,
        store: OwnedStore | None = None,
        clock: FakeClock | None = None,
        peers: FakePeers | None = None,
        state_directory: Path | None = None,
        configuration: Configuration | None = None,
    ) -> None:
        self.clock = clock or FakeClock()
        self.store: OwnedStore = store or MemoryStore(self.clock)
        self.peers = peers or FakePeers()
        self.facts = facts or facts_of(agent_class)
        self.events = FakeEvents(agent_class.topics)
        self.is_restart_asked = False
        self._configuration = configuration or agent_class.configuration()
        self._class = agent_class
        self.phase = Phase.STARTING
        self._folder = None if state_directory else tempfile.TemporaryDirectory()
        self.state_directory = state_directory or Path(self._folder.name if self._folder else ".")
        self.agent = agent_class(self._context())
        self.table = ActionTable(BaseActions(self), self.agent)

    async def __aenter__(self) -> "AgentHarness[AgentT]":
        """Start the agent."""
        await self.agent.start()
        self.phase = Phase.READY
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the agent; its store stays readable."""
        await self.agent.background.close()
        await self.agent.stop()
        self.phase = Phase.STOPPED
        if self._folder is not None:
            self._folder.cleanup()

    async def call(self, action: str, /, **fields: Any) -> Any:
        """Ask an action with these fields, validated as on the wire; return its typed reply."""
        body, attached = as_sent(fields)
        return _as_received(await self.table.invoke(action, body, attached))

    async def stream(
        self, action: str, /, *items: Item, **fields: Any
    ) -> AsyncGenerator[Any, None]:
        """Ask a streaming action, sending it these items; return what it yields."""
        body, attached = as_sent(fields)
        found = self.table.stream(action, body, attached, lambda load: _arrivals(items, load))
        async with aclosing(found) as given:
            async for item in given:
                yield _as_received(item)

    def published(self, topic: Topic[E]) -> tuple[E, ...]:
        """Return the events of a topic that the agent has told, in order."""
        return self.events.of(topic)

    def report(self) -> HealthReport:
        """Describe the agent as its process would."""
        return HealthReport(
            status="ok",
            agent=self.facts.slug,
            instance=self.facts.slug,
            phase=self.phase,
            waiting_for=(),
            lost=self.agent.background.failed,
            uptime_seconds=self.clock.monotonic(),
            inflight=0,
        )

    def restart(self) -> None:
        """Note that a restart was asked for."""
        self.is_restart_asked = True

    def spans(self, correlation_id: str) -> tuple[Span, ...]:
        """Return nothing: what runs in a harness is not traced."""
        return ()

    async def clear_state(self) -> int:
        """Wipe the store and tell the agent."""
        count = await self.store.clear()
        await self.agent.state_cleared()
        return count

    def _context(self) -> AgentContext:
        return AgentContext(
            facts=self.facts,
            instance=self.facts.slug,
            endpoint=f"inproc://{self.facts.slug}",
            store=self.store,
            peers=self.peers,
            events=self.events,
            clock=self.clock,
            log=logging.getLogger(f"agent.{self.facts.slug}"),
            state_directory=self.state_directory,
            configuration=self._configuration,
        )


class _Fields(Item, extra="allow"):
    """Hold the fields of a request by their names."""


def as_sent(fields: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
    """Return body and attachments of a request with these fields."""
    frames: list[bytes] = []
    found = _Fields(**{name: _detached(value, frames) for name, value in fields.items()})
    body: dict[str, Any] = from_json(found.model_dump_json())
    return body, frames


def _detached(value: Any, frames: list[bytes]) -> Any:
    if isinstance(value, bytes):
        frames.append(value)
        return {attachments.KEY: len(frames) - 1}
    if isinstance(value, BaseModel):
        # Its fields, not itself: how bytes travel is known for messages that are on their way.
        return _detached(dict(value), frames)
    if isinstance(value, dict):
        return {key: _detached(each, frames) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_detached(each, frames) for each in value]
    return value


def _as_received(message: M) -> M:
    data, frames = attachments.dump(message)
    return attachments.load(type(message), from_json(data), frames)


async def _arrivals(items: tuple[Item, ...], load: Any) -> AsyncIterator[Item]:
    for item in items:
        data, frames = attachments.dump(item)
        yield load(from_json(data), frames)
