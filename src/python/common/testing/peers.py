"""Peers that a test answers for. No socket may enter."""

import asyncio
import inspect
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel
from pydantic_core import from_json

from common import attachments
from common.contracts.registry import AgentRecord
from common.messages import ActionError, ErrorCode, Event, Item, Reply, Request, Topic
from common.peers import DEFAULT_TIMEOUT, Delivery, Stream

R = TypeVar("R", bound=Reply)
S = TypeVar("S", bound=Item)
E = TypeVar("E", bound=Event)
M = TypeVar("M", bound=BaseModel)

Answer = Callable[[Any], Reply | Awaitable[Reply]]
StreamAnswer = Callable[[Any, AsyncIterator[Any]], AsyncIterator[Item]]
"""Request and the items that the agent under test sends -> the items it is given."""


@dataclass(frozen=True)
class PeerCall:
    """One call that the agent under test made."""

    agent: str
    action: str
    request: Request
    timeout: float


class FakeStream(Generic[S]):
    """Hand the items that are sent to a test's function, and give what it yields."""

    def __init__(self, function: StreamAnswer, request: Request, item: type[S]) -> None:
        self._sent: asyncio.Queue[Item | None] = asyncio.Queue()
        self._answers = function(request, self._arrivals())
        self._item = item

    async def send(self, item: Item) -> None:
        """Give an item to the function."""
        self._sent.put_nowait(item)

    async def end(self) -> None:
        """Let the function see the end of the items."""
        self._sent.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[S]:
        """Return what the function yields, as the type the caller expects."""
        async for found in self._answers:
            yield _as_received(found, self._item)

    async def _arrivals(self) -> AsyncIterator[Item]:
        while (item := await self._sent.get()) is not None:
            yield item


class FakePeers:
    """Answer calls by functions and remember the calls."""

    def __init__(self) -> None:
        self._streams: dict[tuple[str, str], StreamAnswer] = {}
        self._queues: dict[Topic[Any], list[asyncio.Queue[Delivery[Any]]]] = defaultdict(list)
        self._sequences: dict[Topic[Any], int] = defaultdict(int)
        self._answers: dict[tuple[str, str], Answer] = {}
        self._records: dict[tuple[str, str], AgentRecord] = {}
        self.calls: list[PeerCall] = []

    def answer(self, agent: str, action: str, function: Answer) -> None:
        """Answer an action of a peer by a function; it may be async and may raise ActionError."""
        self._answers[agent, action] = function

    def fail(self, agent: str, action: str, code: ErrorCode, message: str = "told to fail") -> None:
        """Answer an action of a peer by an error."""

        def refuse(request: Request) -> Reply:
            raise ActionError(code, message)

        self._answers[agent, action] = refuse

    def forget(self, agent: str, action: str) -> None:
        """Stop answering an action: its next call finds the peer unavailable."""
        self._answers.pop((agent, action), None)

    def know(self, *records: AgentRecord) -> None:
        """Enter records in the directory."""
        for record in records:
            self._records[record.slug, record.instance] = record

    def calls_of(self, agent: str, action: str) -> tuple[Any, ...]:
        """Return the requests of one action, in order."""
        return tuple(
            call.request for call in self.calls if (call.agent, call.action) == (agent, action)
        )

    async def call(
        self,
        agent: str,
        action: str,
        request: Request,
        reply: type[R],
        *,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> R:
        """Return what the test's function answers, as the type the caller expects."""
        self.calls.append(PeerCall(agent, action, request, timeout))
        function = self._answers.get((agent, action))
        if function is None:
            raise ActionError(ErrorCode.UNAVAILABLE, f"{agent} does not answer {action} here")
        answered = function(request)
        found = await answered if inspect.isawaitable(answered) else answered
        return _as_received(found, reply)

    def answer_stream(self, agent: str, action: str, function: StreamAnswer) -> None:
        """Answer a stream of a peer by an async generator."""
        self._streams[agent, action] = function

    @asynccontextmanager
    async def stream(
        self, agent: str, action: str, request: Request, item: type[S]
    ) -> AsyncIterator[Stream[S]]:
        """Open a stream that the test's function answers."""
        self.calls.append(PeerCall(agent, action, request, 0.0))
        function = self._streams.get((agent, action))
        if function is None:
            message = f"{agent} does not answer {action} here"
            raise ActionError(ErrorCode.UNAVAILABLE, message)
        yield FakeStream(function, request, item)

    def happen(self, topic: Topic[E], event: E, *, missed: int = 0) -> None:
        """Let an event of a peer reach the agent under test, after it missed some."""
        self._sequences[topic] += 1 + missed
        found = _as_received(event, topic.event)
        for queue in self._queues[topic]:
            queue.put_nowait(Delivery(found, self._sequences[topic], missed))

    async def subscribe(self, topic: Topic[E]) -> AsyncGenerator[Delivery[E], None]:
        """Return the events that the test lets happen from now on."""
        queue: asyncio.Queue[Delivery[E]] = asyncio.Queue()
        self._queues[topic].append(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues[topic].remove(queue)

    def directory(self) -> tuple[AgentRecord, ...]:
        """Return the records that the test entered."""
        return tuple(self._records[key] for key in sorted(self._records))


def _as_received(found: Any, expected: type[M]) -> M:
    # Through JSON, as between processes: what the receiver cannot read fails here too.
    data, frames = attachments.dump(found)
    return attachments.load(expected, from_json(data), frames)
