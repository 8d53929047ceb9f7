"""Calls to endpoints: one multiplexed connection each. No choice of a peer may enter."""

import asyncio
import secrets
from itertools import count
from typing import TypeVar

import zmq
from pydantic import ValidationError

from common.call_context import current_call, new_correlation_id
from common.clock import Clock
from common.messages import ActionError, ErrorCode, Reply, Request
from common.transport.context import process_context
from common.transport.deadlines import Deadlines
from common.transport.loop_socket import LoopSocket
from common.wire import MAX_FRAME_BYTES, ReplyFrame, WireError, decode_reply, encode_request

R = TypeVar("R", bound=Reply)

# All agents start at once, so a peer that does not listen yet will within milliseconds.
RECONNECT_MILLISECONDS = 20
RECONNECT_MAX_MILLISECONDS = 250
HEARTBEAT_MILLISECONDS = 2000
QUEUED_REQUESTS = 10_000


class Channel:
    """One connection to one endpoint; replies find their requests by id."""

    def __init__(self, endpoint: str) -> None:
        socket = process_context().socket(zmq.DEALER)
        socket.setsockopt(zmq.RECONNECT_IVL, RECONNECT_MILLISECONDS)
        socket.setsockopt(zmq.RECONNECT_IVL_MAX, RECONNECT_MAX_MILLISECONDS)
        socket.setsockopt(zmq.HEARTBEAT_IVL, HEARTBEAT_MILLISECONDS)
        socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, 3 * HEARTBEAT_MILLISECONDS)
        socket.setsockopt(zmq.SNDHWM, QUEUED_REQUESTS)
        socket.setsockopt(zmq.MAXMSGSIZE, MAX_FRAME_BYTES + 65536)
        socket.setsockopt(zmq.IPV6, int("[" in endpoint))
        socket.connect(endpoint)
        self._socket = LoopSocket(socket, self._receive)
        self._loop = asyncio.get_running_loop()
        self._pending: dict[str, asyncio.Future[ReplyFrame]] = {}
        self._deadlines = Deadlines(self._expire)

    async def ask(self, id: str, data: bytes, seconds: float) -> ReplyFrame:
        """Send a request and return its reply, or raise TimeoutError after `seconds`."""
        future: asyncio.Future[ReplyFrame] = self._loop.create_future()
        if not self._socket.send([data]):
            raise ActionError(ErrorCode.OVERLOADED, f"{QUEUED_REQUESTS} requests wait to be sent")
        self._pending[id] = future
        self._deadlines.add(id, seconds)
        try:
            return await future
        finally:
            self._deadlines.discard(id)
            del self._pending[id]

    def fail(self, error: ActionError) -> None:
        """Give every caller that waits the error."""
        for future in tuple(self._pending.values()):
            _fail(future, error)

    def close(self) -> None:
        """Drop the connection and what is queued on it."""
        self._socket.close()
        self._deadlines.close()

    def _expire(self, id: str) -> None:
        _fail(self._pending[id], TimeoutError())

    def _receive(self, frames: list[bytes]) -> None:
        try:
            reply = decode_reply(frames[-1])
        except WireError as error:
            found = ActionError(ErrorCode.MALFORMED, f"reply: {error}", error.field)
            reply = ReplyFrame(error.id, None, found)
        future = self._pending.get(reply.id)
        if future is not None and not future.done():
            future.set_result(reply)


class Client:
    """Call actions at endpoints."""

    def __init__(self, source: str, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._channels: dict[str, Channel] = {}
        self._prefix = secrets.token_hex(4)
        self._numbers = count(1)
        self._is_closed = False

    def deadline(self, timeout: float) -> float:
        """Return until when a call may last: its own timeout or what is left of its caller's."""
        own = self._clock.now() + timeout
        call = current_call()
        return own if call is None or call.deadline is None else min(own, call.deadline)

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
        action = name.rpartition(".")[2]
        seconds = deadline - self._clock.now()
        if seconds <= 0:
            raise _late(name, 0.0)
        call = current_call()
        correlation_id = new_correlation_id() if call is None else call.correlation_id
        id = f"{self._prefix}-{next(self._numbers)}"
        try:
            data = encode_request(id, correlation_id, self._source, action, deadline, request)
        except WireError as error:
            raise ActionError(ErrorCode.INVALID, f"{name}: {error}") from None
        try:
            found = await self._channel(endpoint).ask(id, data, seconds)
        except TimeoutError:
            raise _late(name, seconds) from None
        if found.error is not None:
            raise found.error
        return _typed(name, found, reply)

    def forget(self, endpoint: str, error: ActionError) -> None:
        """Drop the connection to an endpoint; who waits for a reply from it gets the error."""
        channel = self._channels.pop(endpoint, None)
        if channel is not None:
            channel.fail(error)
            channel.close()

    def close(self) -> None:
        """Drop every connection and make no more."""
        self._is_closed = True
        for endpoint in tuple(self._channels):
            self.forget(endpoint, ActionError(ErrorCode.UNAVAILABLE, "the caller is stopping"))

    def _channel(self, endpoint: str) -> Channel:
        channel = self._channels.get(endpoint)
        if channel is None:
            if self._is_closed:
                raise ActionError(ErrorCode.UNAVAILABLE, "the caller has stopped")
            try:
                channel = Channel(endpoint)
            except zmq.ZMQError as error:
                raise ActionError(ErrorCode.UNAVAILABLE, f"{endpoint}: {error}") from None
            self._channels[endpoint] = channel
        return channel


def _typed(name: str, found: ReplyFrame, reply: type[R]) -> R:
    try:
        return reply.model_validate(found.body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        message = f"{name} answered no {reply.__name__}: {first['msg']}"
        raise ActionError(ErrorCode.MALFORMED, message, place or None) from None


def _late(name: str, seconds: float) -> ActionError:
    return ActionError(ErrorCode.TIMEOUT, f"{name} had no reply in {seconds:.1f} s")


def _fail(future: "asyncio.Future[ReplyFrame]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
