"""How the agents of a MemoryFleet ask each other. No socket may enter."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError, from_json

from common import attachments
from common.attachments import typed
from common.call_context import CallContext, enter_call
from common.contracts.registry import AgentRecord
from common.edges import expect_edge
from common.facts import AgentFacts
from common.messages import ActionError, ErrorCode, Event, Item, Reply, Request, Topic
from common.peers import DEFAULT_TIMEOUT, Delivery, Stream
from common.testing.peers import FakePeers, PeerCall
from common.transport.flow import WINDOW, Allowance, Inbox

if TYPE_CHECKING:
    from common.testing.memory import MemoryFleet

R = TypeVar("R", bound=Reply)
S = TypeVar("S", bound=Item)
E = TypeVar("E", bound=Event)

Sent = tuple[Any, list[bytes]]
"""The JSON of a message as it is read, and its attachments."""


class MemoryPeers(FakePeers):
    """Ask the agents of a fleet; what a test answers instead of them goes first."""

    def __init__(self, fleet: "MemoryFleet", facts: AgentFacts | None) -> None:
        super().__init__()
        self._fleet = fleet
        self._facts = facts
        self.source = "test" if facts is None else facts.slug

    async def call(
        self,
        agent: str,
        action: str,
        request: Request,
        reply: type[R],
        *,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> R:
        """Return the reply of an agent of the fleet, as the type the caller expects."""
        expect_edge(self._facts, agent)
        if (agent, action) in self._answers:
            return await super().call(agent, action, request, reply, timeout=timeout)
        self.calls.append(PeerCall(agent, action, request, timeout))
        name, call = f"{agent}.{action}", self._fleet.context(self.source, timeout)
        told = await self._fleet.answer(agent, action, as_received(name, request), call)
        return typed(name, reply, *told)

    @asynccontextmanager
    async def stream(
        self, agent: str, action: str, request: Request, item: type[S]
    ) -> AsyncIterator[Stream[S]]:
        """Open a stream of an agent of the fleet."""
        expect_edge(self._facts, agent)
        if (agent, action) in self._streams:
            async with super().stream(agent, action, request, item) as answered:
                yield answered
            return
        self.calls.append(PeerCall(agent, action, request, 0.0))
        harness = await self._fleet.serving(agent)
        name, call = f"{agent}.{action}", self._fleet.context(self.source, None)
        stream = MemoryStream(name, item)
        asked = as_received(name, request)

        def begin(arrivals: Any) -> AsyncGenerator[Item, None]:
            return harness.table.stream(action, *asked, arrivals)

        work = self._fleet.begin(self._fleet.judged(stream.work(begin), action), call)
        ending = asyncio.create_task(stream.ended(self._fleet.finished(work, action, call)))
        try:
            yield stream
        finally:
            ending.cancel()
            await asyncio.gather(ending, work, return_exceptions=True)

    async def subscribe(self, topic: Topic[E]) -> AsyncGenerator[Delivery[E], None]:
        """Return the events of a topic from now on; of agents that are not here, a test's."""
        expect_edge(self._facts, topic.agent)
        if topic.agent not in self._fleet and self._facts is not None:
            async with aclosing(super().subscribe(topic)) as happening:
                async for delivery in happening:
                    yield delivery
            return
        harness = await self._fleet.serving(topic.agent)
        latest, name = harness.events.sequence(topic.name), f"{topic.agent}.{topic.name}"
        with self._fleet.subscribed(topic) as inbox:
            while True:
                number, sent, (correlation_id, span) = await inbox.take()
                enter_call(CallContext(correlation_id, topic.agent, None, span))
                event = typed(name, topic.event, *sent)
                yield Delivery(event, number, number - latest - 1)
                latest = number

    def directory(self) -> tuple[AgentRecord, ...]:
        """Return the agents of the fleet and the records that the test entered."""
        return (*self._fleet.records(), *super().directory())


class MemoryStream(Generic[S]):
    """One stream: its caller's side, and the work of the agent behind it."""

    def __init__(self, name: str, item: type[S]) -> None:
        self._name = name
        self._item = item
        self._down, self._up = Allowance(WINDOW), Allowance(WINDOW)
        self._given: Inbox[Sent] = Inbox(WINDOW, self._down.add)
        self._sent: Inbox[Sent] = Inbox(WINDOW, self._up.add)

    async def send(self, item: Item) -> None:
        """Send an item as soon as the agent has room for it."""
        await self._up.take()
        self._sent.put(as_received(self._name, item))

    async def end(self) -> None:
        """Say that no more items will be sent."""
        self._sent.end()

    def __aiter__(self) -> AsyncIterator[S]:
        """Return the items of the agent."""
        return self

    async def __anext__(self) -> S:
        """Return the next item of the agent."""
        return typed(self._name, self._item, *await self._given.take(), "sent")

    async def work(self, begin: Callable[[Any], AsyncGenerator[Item, None]]) -> None:
        """Give the items of the agent's stream as its caller has room for them."""
        async with aclosing(begin(self._arrivals)) as items:
            async for item in items:
                await self._down.take()
                data, frames = attachments.dump(item)
                self._given.put((from_json(data), frames))

    async def ended(self, work: Any) -> None:
        """Tell both sides when the work is done."""
        over = ActionError(ErrorCode.CONFLICT, f"{self._name} has ended the stream")
        try:
            await work
        except ActionError as error:
            self._finish(error, error)
        except asyncio.CancelledError:
            closed = ActionError(ErrorCode.UNAVAILABLE, f"{self._name}: the stream is closed")
            self._finish(closed, closed)
            raise
        else:
            self._finish(None, over)

    def _finish(self, for_receiver: ActionError | None, for_sender: ActionError) -> None:
        self._given.end(for_receiver)
        self._up.fail(for_sender)

    async def _arrivals(self, load: Callable[..., Item]) -> AsyncIterator[Item]:
        while True:
            try:
                sent = await self._sent.take()
            except StopAsyncIteration:
                return
            yield load(*sent)


def as_received(name: str, message: BaseModel) -> Sent:
    """Return a message as it is read from the wire; raise ActionError when it has no JSON."""
    try:
        data, frames = attachments.dump(message)
    except (PydanticSerializationError, UnicodeEncodeError) as error:
        text = f"{name}: {type(message).__name__} has no JSON: {error}"
        raise ActionError(ErrorCode.INVALID, text) from None
    return from_json(data), frames
