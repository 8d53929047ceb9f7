"""Calls, streams and subscriptions at endpoints. No choice of a peer, no retry may enter."""

import asyncio
import secrets
from collections.abc import Callable
from itertools import count
from typing import Any, TypeVar

from common.attachments import typed
from common.call_context import current_call, new_correlation_id
from common.circuit import CircuitBreaker, CircuitState
from common.clock import Clock
from common.messages import ActionError, ErrorCode, Item, Reply, Request
from common.security.credentials import Credentials
from common.transport.channel import Channel
from common.transport.client_stream import ClientStream
from common.transport.deadlines import Deadlines
from common.transport.subscription import Subscription
from common.wire import Frames, FromAgent, Replied, WireError, encode

R = TypeVar("R", bound=Reply)
S = TypeVar("S", bound=Item)

# A peer is given up after so many failures in a row, and tried again after this time.
FAILURES = 5
RESET_SECONDS = 1.0
# A peer that refused us is asked again after this time: it may have been told of our key.
REFUSED_SECONDS = 1.0


class Client:
    """Ask at endpoints; `credentials` of None mean plain connections."""

    def __init__(
        self,
        source: str,
        clock: Clock,
        *,
        release: str = "",
        credentials: Credentials | None = None,
    ) -> None:
        self._credentials = credentials
        self.on_open_circuit: Callable[[str], None] = _ignore
        self._source = source
        self._release = release
        self._clock = clock
        self._channels: dict[str, Channel] = {}
        # They answer what they were asked before others took their places.
        self._leaving: list[Channel] = []
        self._breakers: dict[str, CircuitBreaker] = {}
        self._refused_at: dict[str, float] = {}
        self._prefix = secrets.token_hex(4)
        self._numbers = count(1)
        self._deadlines: Deadlines[asyncio.Future[tuple[Replied, Frames]]] = Deadlines(_expire)
        self._is_closed = False

    @property
    def credentials(self) -> Credentials | None:
        """Return the keys that connections are made with; new ones count for new connections."""
        return self._credentials

    @credentials.setter
    def credentials(self, credentials: Credentials | None) -> None:
        if credentials == self._credentials:
            return
        self._credentials = credentials
        for endpoint in tuple(self._channels):
            channel = self._channels.pop(endpoint)
            self._leaving.append(channel)
            channel.leave()

    def deadline(self, timeout: float) -> float:
        """Return until when a call may last: its own timeout or what is left of its caller's."""
        own = self._clock.now() + timeout
        call = current_call()
        return own if call is None or call.deadline is None else min(own, call.deadline)

    def is_open(self, endpoint: str) -> bool:
        """Tell whether calls to an endpoint fail at once, after too many failures."""
        breaker = self._breakers.get(endpoint)
        return breaker is not None and breaker.state is CircuitState.OPEN

    async def call(
        self,
        endpoint: str,
        name: str,
        request: Request,
        reply: type[R],
        *,
        deadline: float,
    ) -> R:
        """Call an action; `name` is agent.action as errors say it."""
        # That a caller has no time left says nothing of the peer.
        if deadline <= self._clock.now():
            raise _late(name, 0.0)
        breaker = self._breakers.get(endpoint)
        if breaker is None:
            breaker = self._breakers[endpoint] = self._breaker(endpoint)
        return await breaker.call(lambda: self._call(endpoint, name, request, reply, deadline))

    def stream(
        self, endpoint: str, name: str, request: Request, item: type[S], deadline: float | None
    ) -> ClientStream[S]:
        """Open a stream; it is closed by its `close`."""
        channel, id = self._channel(endpoint, name), self._next_id()
        stream = ClientStream(channel, id, name, item)
        head = self._head("open", id, name, deadline) | {"credit": stream.window}
        channel.ask(id, _encode(name, head, request), stream.receive)
        stream.begin()
        return stream

    async def subscribe(self, endpoint: str, name: str, *, deadline: float) -> Subscription:
        """Subscribe to the topic that `name` ends with; events wait until they are taken."""
        channel = self._channel(endpoint, name)
        subscription = Subscription(channel, self._next_id())
        head = self._head("subscribe", subscription.id, name, deadline)
        frames = _encode(name, head | {"credit": subscription.window}, Request())
        channel.ask(subscription.id, frames, subscription.receive)
        seconds = deadline - self._clock.now()
        try:
            async with asyncio.timeout(seconds):
                await subscription.accepted()
        except TimeoutError:
            subscription.close()
            raise _late(name, seconds) from None
        except BaseException:
            subscription.close()
            raise
        return subscription

    def forgive(self, endpoint: str) -> None:
        """Hold no failures against an endpoint, so that the next call is let through."""
        self._breakers.pop(endpoint, None)

    def forget(self, endpoint: str, error: ActionError) -> None:
        """Drop the connection to an endpoint; who waits for a reply from it gets the error."""
        self._breakers.pop(endpoint, None)
        self._refused_at.pop(endpoint, None)
        found = [channel for channel in self._leaving if channel.endpoint == endpoint]
        self._leaving = [channel for channel in self._leaving if channel not in found]
        if endpoint in self._channels:
            found.append(self._channels.pop(endpoint))
        for channel in found:
            channel.close()
            channel.fail(error)

    def close(self) -> None:
        """Drop every connection and make no more."""
        self._is_closed = True
        self._deadlines.close()
        leaving = {channel.endpoint for channel in self._leaving}
        for endpoint in self._channels.keys() | leaving:
            self.forget(endpoint, ActionError(ErrorCode.UNAVAILABLE, "the caller is stopping"))

    async def _call(
        self, endpoint: str, name: str, request: Request, reply: type[R], deadline: float
    ) -> R:
        seconds = deadline - self._clock.now()
        id = self._next_id()
        frames = _encode(name, self._head("call", id, name, deadline), request)
        future: asyncio.Future[tuple[Replied, Frames]] = asyncio.get_running_loop().create_future()
        channel = self._channel(endpoint, name)
        channel.ask(id, frames, lambda found, rest: _settle(future, found, rest))
        self._deadlines.add(future, seconds)
        try:
            found, rest = await future
        except TimeoutError:
            raise _late(name, seconds) from None
        except asyncio.CancelledError:
            channel.cancel(id)
            raise
        finally:
            self._deadlines.discard(future)
            channel.forget(id)
        return typed(name, reply, found.body, rest)

    def _head(self, kind: str, id: str, name: str, deadline: float | None) -> dict[str, Any]:
        call = current_call()
        return {
            "kind": kind,
            "id": id,
            "correlation_id": new_correlation_id() if call is None else call.correlation_id,
            "source": self._source,
            "release": self._release,
            "span": "" if call is None else call.span,
            "action": name.partition(".")[2],
            "deadline": deadline,
        }

    def _next_id(self) -> str:
        return f"{self._prefix}-{next(self._numbers)}"

    def _breaker(self, endpoint: str) -> CircuitBreaker:
        return CircuitBreaker(
            FAILURES, RESET_SECONDS, self._clock, lambda: self.on_open_circuit(endpoint)
        )

    def _channel(self, endpoint: str, name: str) -> Channel:
        channel = self._channels.get(endpoint)
        if channel is not None and not self._is_spent(endpoint, channel):
            return channel
        if self._is_closed:
            raise ActionError(ErrorCode.UNAVAILABLE, "the caller has stopped")
        if channel is not None:
            self._leaving = [old for old in (*self._leaving, channel) if not old.is_closed]
        channel = self._open(endpoint, name.partition(".")[0])
        self._channels[endpoint] = channel
        return channel

    def _open(self, endpoint: str, agent: str) -> Channel:
        if self.credentials is None:
            channel = Channel(endpoint)
        else:
            keys = self.credentials.servers.get(agent)
            if not keys:
                raise ActionError(ErrorCode.DENIED, f"no key of {agent} is trusted here")
            channel = Channel(endpoint, self.credentials.own, keys)
        channel.on_up = lambda: self._close_circuit(endpoint)
        return channel

    def _close_circuit(self, endpoint: str) -> None:
        self._breakers.pop(endpoint, None)

    def _is_spent(self, endpoint: str, channel: Channel) -> bool:
        if channel.is_leaving:
            return True
        if channel.refused is None:
            return False
        now = self._clock.monotonic()
        if now - self._refused_at.setdefault(endpoint, now) < REFUSED_SECONDS:
            return False
        del self._refused_at[endpoint]
        return True


def _encode(name: str, head: dict[str, Any], request: Request) -> Frames:
    try:
        return encode(head, request)
    except WireError as error:
        raise ActionError(ErrorCode.INVALID, f"{name}: {error}", error.field) from None


def _settle(
    future: "asyncio.Future[tuple[Replied, Frames]]", found: FromAgent | ActionError, rest: Frames
) -> None:
    if future.done():
        return
    if isinstance(found, Replied):
        future.set_result((found, rest))
    elif isinstance(found, ActionError):
        future.set_exception(found)


def _expire(future: "asyncio.Future[tuple[Replied, Frames]]") -> None:
    if not future.done():
        future.set_exception(TimeoutError())


def _late(name: str, seconds: float) -> ActionError:
    return ActionError(ErrorCode.TIMEOUT, f"{name} had no reply in {seconds:.1f} s")


def _ignore(endpoint: str) -> None:
    return
