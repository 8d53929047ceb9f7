"""Several agents that call each other without sockets. Nothing of a single agent may enter.

What one sends the others is made into JSON and frames and back, and each request runs in a task
of its own that knows its call, as in a fleet of processes.
"""

import asyncio
import contextvars
import logging
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from types import TracebackType
from typing import Any, TypeVar

from pydantic_core import from_json

from common import attachments
from common.agent import Agent
from common.call_context import CallContext, current_call, enter_call, new_correlation_id, new_span
from common.contracts.registry import AgentRecord
from common.facts import AgentFacts
from common.messages import ActionError, ErrorCode, Topic
from common.peers import DEFAULT_TIMEOUT
from common.testing.clock import FakeClock
from common.testing.harness import AgentHarness, as_sent, facts_of
from common.testing.memory_peers import MemoryPeers, Sent, as_received
from common.transport.flow import Allowance, Inbox

T = TypeVar("T")

Happened = tuple[int, Sent, tuple[str, str]]
"""The number of an event, the event, and the correlation id and span that it happened in."""

EVENTS = 1024
LOG = logging.getLogger("common.testing")


class MemoryFleet:
    """Run these agents in this loop, each on fakes of its own, all on one clock.

    `peers` asks as a program that is no agent; `fleet["slug"]` is an agent's harness, whose
    `peers.answer` stands in for agents that are not here. Agents that are given by their facts
    are held to their edges.
    """

    def __init__(self, *agents: type[Agent], facts: tuple[AgentFacts, ...] = ()) -> None:
        self.clock = FakeClock()
        self.peers = MemoryPeers(self, None)
        self._harnesses: dict[str, AgentHarness[Any]] = {}
        self._started: dict[str, asyncio.Event] = {}
        self._stack = AsyncExitStack()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._listeners: dict[tuple[str, str], list[Callable[[Happened], None]]]
        self._listeners = defaultdict(list)
        stated = {found.name: found for found in facts}
        for agent in agents:
            self._add(agent, stated.get(agent.__name__) or facts_of(agent))

    async def __aenter__(self) -> "MemoryFleet":
        """Start every agent as soon as those are started that it depends on."""
        starting = [asyncio.create_task(self._start(slug)) for slug in self._harnesses]
        try:
            await asyncio.gather(*starting)
        except BaseException:
            for task in starting:
                task.cancel()
            await asyncio.gather(*starting, return_exceptions=True)
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End what runs and stop the agents, those first that started last."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stack.aclose()

    def __getitem__(self, slug: str) -> AgentHarness[Any]:
        """Return the harness of an agent."""
        return self._harnesses[slug]

    def __contains__(self, slug: object) -> bool:
        """Tell whether an agent is here."""
        return slug in self._harnesses

    async def call(self, agent: str, action: str, /, **fields: Any) -> Any:
        """Ask an action of an agent with these fields; return its typed reply."""
        call = self.context(self.peers.source, DEFAULT_TIMEOUT)
        told = await self.answer(agent, action, as_sent(fields), call)
        (reply,) = (found.reply for found in self[agent].table.actions if found.name == action)
        return attachments.load(reply, *told)

    def find(self, slug: str) -> AgentHarness[Any]:
        """Return the harness of an agent, or raise what a caller of nobody hears."""
        if slug not in self._harnesses:
            raise ActionError(ErrorCode.NOT_FOUND, f"no agent {slug!r} is registered")
        return self._harnesses[slug]

    def context(self, source: str, timeout: float | None) -> CallContext:
        """Return the context of a request that is made now: a span below the current one."""
        call = current_call()
        deadline = None if timeout is None else self.clock.now() + timeout
        if call is None:
            return CallContext(new_correlation_id(), source, deadline, new_span())
        if call.deadline is not None:
            deadline = call.deadline if deadline is None else min(deadline, call.deadline)
        return CallContext(call.correlation_id, source, deadline, new_span(), call.span)

    async def answer(self, agent: str, action: str, sent: Sent, call: CallContext) -> Sent:
        """Let an agent answer an action; return body and frames of the reply."""
        harness = await self.serving(agent)

        async def reply() -> Sent:
            data, frames = attachments.dump(await harness.table.invoke(action, *sent))
            return from_json(data), frames

        return await self.finished(self.begin(self.judged(reply(), action), call), action, call)

    async def serving(self, slug: str) -> AgentHarness[Any]:
        """Return the harness of an agent once it is started."""
        harness = self.find(slug)
        await self._started[slug].wait()
        if not harness.phase.is_serving:
            raise ActionError(ErrorCode.UNAVAILABLE, f"{slug} is {harness.phase.value}")
        return harness

    def begin(self, coroutine: Coroutine[Any, Any, T], call: CallContext) -> asyncio.Task[T]:
        """Run a request in a task that has the context of its call, and nothing of the caller's."""

        async def entered() -> T:
            enter_call(call)
            return await coroutine

        task = asyncio.create_task(entered(), context=contextvars.Context())
        task.add_done_callback(lambda _: coroutine.close())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def judged(self, work: Coroutine[Any, Any, T], action: str) -> T:
        """Let only ActionError out; a fault is logged, and its caller told no details."""
        try:
            return await work
        except ActionError:
            raise
        except Exception:
            LOG.exception("action failed", extra={"action": action})
            message = f"{action} failed; its log says why"
            raise ActionError(ErrorCode.INTERNAL, message) from None

    async def finished(self, task: asyncio.Task[T], action: str, call: CallContext) -> T:
        """Return what a task gives; cancel it at its deadline, or when the caller gives up."""
        try:
            with self._expiring(task, call) as timer:
                await asyncio.wait((task, *timer), return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise ActionError(ErrorCode.TIMEOUT, f"{action} had no reply at its deadline")
            return await task
        finally:
            task.cancel()

    @contextmanager
    def subscribed(self, topic: Topic[Any]) -> Iterator[Inbox[Happened]]:
        """Let events of a topic be heard; who does not take them misses those without room."""
        allowance = Allowance(EVENTS)
        inbox: Inbox[Happened] = Inbox(EVENTS, allowance.add)

        def tell(happened: Happened) -> None:
            if allowance.take_now():
                inbox.put(happened)

        listeners = self._listeners[topic.agent, topic.name]
        listeners.append(tell)
        try:
            yield inbox
        finally:
            listeners.remove(tell)

    def records(self) -> tuple[AgentRecord, ...]:
        """Return what a registry of this fleet would know."""
        return tuple(_record(self._harnesses[slug]) for slug in sorted(self._harnesses))

    def _add(self, agent: type[Agent], facts: AgentFacts) -> None:
        peers = MemoryPeers(self, facts)
        harness = AgentHarness(agent, facts=facts, clock=self.clock, peers=peers)
        harness.events.on_published = self._publish
        self._harnesses[facts.slug] = harness
        self._started[facts.slug] = asyncio.Event()

    async def _start(self, slug: str) -> None:
        for needed in self._harnesses[slug].facts.depends_on:
            if needed in self._started:
                await self._started[needed].wait()
        await self._stack.enter_async_context(self._harnesses[slug])
        self._started[slug].set()

    def _publish(self, topic: Topic[Any], event: Any, number: int) -> None:
        call = current_call()
        origin = (call.correlation_id, call.span) if call else (new_correlation_id(), "")
        happened = (number, as_received(topic.name, event), origin)
        for tell in tuple(self._listeners[topic.agent, topic.name]):
            tell(happened)

    @contextmanager
    def _expiring(
        self, task: asyncio.Task[Any], call: CallContext
    ) -> Iterator[tuple[asyncio.Task[None], ...]]:
        if call.deadline is None:
            yield ()
            return
        timer = asyncio.create_task(self.clock.sleep(call.deadline - self.clock.now()))
        try:
            yield (timer,)
        finally:
            timer.cancel()


def _record(harness: AgentHarness[Any]) -> AgentRecord:
    facts = harness.facts
    return AgentRecord(
        slug=facts.slug,
        instance=facts.slug,
        endpoint=f"inproc://{facts.slug}",
        health_endpoint="",
        phase=harness.phase,
        machine=facts.machine,
        group=facts.group,
        since=harness.clock.now() - harness.clock.monotonic(),
        depends_on=facts.depends_on,
    )
