"""Asking agents by slug: the directory says where, the client asks. No socket may enter."""

import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import TypeVar

from common.attachments import typed
from common.call_context import CallContext, current_call, enter_call, new_correlation_id
from common.clock import Clock
from common.contracts.registry import REGISTRY_SLUG, AgentRecord
from common.directory import Directory
from common.edges import expect_edge
from common.facts import AgentFacts
from common.messages import ActionError, ErrorCode, Event, Item, Reply, Request, Topic
from common.peers import DEFAULT_TIMEOUT, Delivery, Stream
from common.routing import choose
from common.transport.channel import NotSentError
from common.transport.client import Client
from common.transport.subscription import Subscribed, Subscription

R = TypeVar("R", bound=Reply)
S = TypeVar("S", bound=Item)
E = TypeVar("E", bound=Event)

# An agent that nobody has heard of may be registering right now.
UNKNOWN_SECONDS = 1.5
BACK_OFF_SECONDS = (0.02, 0.5)
RETRIED = frozenset({ErrorCode.UNAVAILABLE, ErrorCode.OVERLOADED})
SUBSCRIBE_SECONDS = 5.0
# A subscription that is refused for good ends; after these it is tried again.
SUBSCRIBE_AGAIN = RETRIED | {ErrorCode.TIMEOUT}


class NetworkPeers:
    """Ask agents wherever the registry says they are.

    With `facts`, only along the edges of their agent. `on_retry` is told of each peer that is
    asked again.
    """

    def __init__(
        self,
        directory: Directory,
        client: Client,
        clock: Clock,
        facts: AgentFacts | None = None,
        on_retry: Callable[[str], None] | None = None,
        on_missed: Callable[[str, int], None] | None = None,
    ) -> None:
        self._directory = directory
        self._client = client
        self._clock = clock
        self._facts = facts
        self._on_retry = on_retry
        self._on_missed = on_missed

    async def call(
        self,
        agent: str,
        action: str,
        request: Request,
        reply: type[R],
        *,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> R:
        """Return the reply; wait for a peer that is starting, but never past the deadline.

        What was never sent is sent to whoever serves next, and what is idempotent is asked again
        when its reply is lost or refused for now.
        """
        expect_edge(self._facts, agent)
        deadline = self._client.deadline(timeout)
        name = f"{agent}.{action}"
        attempt = 0
        while True:
            endpoint = self._known(agent) or await self._found(agent, deadline)
            try:
                return await self._client.call(endpoint, name, request, reply, deadline=deadline)
            except ActionError as error:
                pause = back_off(attempt)
                if not _may_be_asked_again(request, error) or self._is_past(deadline, pause):
                    raise
            if self._on_retry is not None:
                self._on_retry(agent)
            await self._clock.sleep(pause)
            attempt += 1

    @asynccontextmanager
    async def stream(
        self, agent: str, action: str, request: Request, item: type[S]
    ) -> AsyncIterator[Stream[S]]:
        """Open a stream that lives as long as the block."""
        expect_edge(self._facts, agent)
        deadline = self._client.deadline(DEFAULT_TIMEOUT)
        endpoint = self._known(agent) or await self._found(agent, deadline)
        call = current_call()
        until = None if call is None else call.deadline
        stream = self._client.stream(endpoint, f"{agent}.{action}", request, item, until)
        try:
            yield stream
        finally:
            stream.close()

    async def subscribe(self, topic: Topic[E]) -> AsyncGenerator[Delivery[E], None]:
        """Return the events of a topic from now on, for ever, wherever its agent moves."""
        expect_edge(self._facts, topic.agent)
        heard, attempt = _Heard(), 0
        while True:
            try:
                subscription = await self._subscribed(topic)
                told = await subscription.accepted()
            except ActionError as error:
                if not self._may_be_subscribed_later(error, heard):
                    raise
                await self._clock.sleep(back_off(attempt))
                attempt += 1
                continue
            attempt = 0
            heard.begin(told)
            async with aclosing(self._deliveries(topic, subscription, heard)) as deliveries:
                async for delivery in deliveries:
                    yield delivery

    def directory(self) -> tuple[AgentRecord, ...]:
        """Return what the registry knows, sorted by slug and instance."""
        return self._directory.records()

    async def _subscribed(self, topic: Topic[E]) -> Subscription:
        deadline = self._clock.now() + SUBSCRIBE_SECONDS
        endpoint = self._known(topic.agent) or await self._found(topic.agent, deadline)
        name = f"{topic.agent}.{topic.name}"
        return await self._client.subscribe(endpoint, name, deadline=deadline)

    def _may_be_subscribed_later(self, error: ActionError, heard: "_Heard") -> bool:
        if error.code is not ErrorCode.NOT_FOUND:
            return error.code in SUBSCRIBE_AGAIN
        # The topic's agent is away; whether there is such an agent, its facts were checked for.
        return error.field is None and (heard.has_begun or self._facts is not None)

    async def _deliveries(
        self, topic: Topic[E], subscription: Subscription, heard: "_Heard"
    ) -> AsyncGenerator[Delivery[E], None]:
        name = f"{topic.agent}.{topic.name}"
        try:
            while True:
                try:
                    happened, frames = await subscription.next()
                except ActionError:
                    return
                enter_call(CallContext(happened.correlation_id, topic.agent, None, happened.span))
                event = typed(name, topic.event, happened.body, frames)
                missed = heard.missed_before(happened.sequence)
                if missed and self._on_missed is not None:
                    self._on_missed(topic.name, missed)
                yield Delivery(event, happened.sequence, missed)
        finally:
            subscription.close()

    def _is_past(self, deadline: float, pause: float) -> bool:
        return self._clock.now() + pause >= deadline

    def _known(self, agent: str) -> str | None:
        if agent == REGISTRY_SLUG:
            return self._directory.registry_endpoint
        serving = self._directory.serving(agent)
        if not serving:
            return None
        call = current_call()
        correlation_id = new_correlation_id() if call is None else call.correlation_id
        able = [record for record in serving if not self._client.is_open(record.endpoint)]
        weights = self._directory.weights(agent)
        return choose(able or serving, correlation_id, weights).endpoint

    async def _found(self, agent: str, deadline: float) -> str:
        asked = self._clock.now()
        while True:
            now = self._clock.now()
            is_expected = self._is_awaited(agent) or self._directory.knows(agent)
            until = deadline if is_expected else min(deadline, asked + UNKNOWN_SECONDS)
            if until <= now or not await self._directory.wait_for_change(until - now):
                raise self._missing(agent)
            endpoint = self._known(agent)
            if endpoint is not None:
                return endpoint

    def _is_awaited(self, agent: str) -> bool:
        return self._facts is not None and agent in self._facts.depends_on

    def _missing(self, agent: str) -> ActionError:
        phases = [record.phase.value for record in self.directory() if record.slug == agent]
        if phases:
            message = f"{agent} does not serve: it is {', '.join(phases)}"
            return ActionError(ErrorCode.UNAVAILABLE, message)
        if self._is_awaited(agent) or not self._directory.is_serving(REGISTRY_SLUG):
            return ActionError(ErrorCode.UNAVAILABLE, f"{agent} is not registered yet")
        return ActionError(ErrorCode.NOT_FOUND, f"no agent {agent!r} is registered")


class _Heard:
    """How far a subscriber has heard a topic, over the connections and lives of its publisher."""

    def __init__(self) -> None:
        self._epoch = ""
        self._latest = 0
        self._is_unknown = False

    @property
    def has_begun(self) -> bool:
        return bool(self._epoch)

    def begin(self, told: Subscribed) -> None:
        if told.epoch != self._epoch:
            # Until an event comes: there may be one more life before that.
            self._is_unknown = self._is_unknown or self.has_begun
            self._epoch, self._latest = told.epoch, told.sequence

    def missed_before(self, sequence: int) -> int | None:
        missed = None if self._is_unknown else sequence - self._latest - 1
        self._latest, self._is_unknown = sequence, False
        return missed


def back_off(attempt: int) -> float:
    """Return seconds to wait before the next attempt: twice as long each time, and jittered.

    Source: "Exponential Backoff And Jitter" (Brooker, 2015), the equal-jitter variant.
    """
    first, longest = BACK_OFF_SECONDS
    return min(longest, first * 2.0 ** min(attempt, 16)) * random.uniform(0.5, 1.0)


def _may_be_asked_again(request: Request, error: ActionError) -> bool:
    if isinstance(error, NotSentError) and error.code is ErrorCode.UNAVAILABLE:
        return True
    return request.is_idempotent and error.code in RETRIED
