"""The socket that an agent answers on. Rule 1: every request gets exactly one reply."""

import asyncio
import errno
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import zmq

from common.call_context import CallContext, enter_call
from common.clock import Clock
from common.messages import ActionError, ErrorCode, Reply
from common.transport.context import process_context
from common.transport.deadlines import Deadlines
from common.transport.loop_socket import LoopSocket
from common.wire import (
    MAX_FRAME_BYTES,
    RequestFrame,
    WireError,
    decode_request,
    encode_error,
    encode_reply,
)

LINGER_SECONDS = 1.0
SUCCESS = "success"

Answer = Callable[[RequestFrame], Awaitable[Reply]]
Observe = Callable[[str, str, float], None]


class PortInUseError(Exception):
    """Refuse to start: something else listens there."""

    def __init__(self, what: str, host: str, port: int) -> None:
        super().__init__(f"{what}: expected {host}:{port} to be free, found it in use")


@dataclass(frozen=True)
class ServerLimits:
    """How much a server takes on at once."""

    inflight: int = 1000
    queued_replies: int = 10_000


class Server:
    """Answer requests, each in its own task, none after its deadline."""

    def __init__(
        self,
        answer: Answer,
        observe: Observe,
        clock: Clock,
        log: logging.Logger,
        limits: ServerLimits | None = None,
    ) -> None:
        self._answer = answer
        self._observe = observe
        self._clock = clock
        self._log = log
        self._limits = limits or ServerLimits()
        self._socket: LoopSocket | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._late: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._deadlines = Deadlines(self._expire)

    @property
    def inflight(self) -> int:
        """Return the number of requests being answered."""
        return len(self._tasks)

    def bind(self, host: str, port: int) -> int:
        """Listen and return the port, which the machine picks when 0 is given."""
        socket = process_context().socket(zmq.ROUTER)
        socket.setsockopt(zmq.MAXMSGSIZE, MAX_FRAME_BYTES + 65536)
        socket.setsockopt(zmq.SNDHWM, self._limits.queued_replies)
        socket.setsockopt(zmq.IPV6, int(":" in host))
        shown = f"[{host}]" if ":" in host else host
        try:
            socket.bind(f"tcp://{shown}:{port or '*'}")
        except zmq.ZMQError as error:
            socket.close(linger=0)
            if error.errno == errno.EADDRINUSE:
                raise PortInUseError("AGENT_PORT", host, port) from None
            raise
        self._socket = LoopSocket(socket, self._receive)
        return int(socket.getsockopt_string(zmq.LAST_ENDPOINT).rpartition(":")[2].rstrip("\0"))

    async def drain(self, seconds: float) -> int:
        """Wait for what is inflight; cancel the rest and return how many that were."""
        late: set[asyncio.Task[None]] = set()
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return len(late)

    def close(self) -> None:
        """Let queued replies leave and stop listening."""
        if self._socket is not None:
            self._socket.close(LINGER_SECONDS)
        self._deadlines.close()

    def _receive(self, frames: list[bytes]) -> None:
        envelope = self._envelope(frames)
        try:
            if len(envelope) + 1 != len(frames):
                raise WireError(f"expected one frame, found {len(frames) - 1}")
            request = decode_request(frames[-1])
        except WireError as error:
            refusal = ActionError(ErrorCode.MALFORMED, str(error), error.field)
            self._refuse(envelope, error.id, "", refusal)
            return
        refused = self._too_much_or_too_late(request)
        if refused is not None:
            self._refuse(envelope, request.id, request.action, refused)
            return
        task = self._loop.create_task(self._handle(envelope, request))
        self._tasks.add(task)
        self._deadlines.add(task, request.deadline - self._clock.now())
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._late.discard(task)
        self._deadlines.discard(task)

    def _expire(self, task: asyncio.Task[None]) -> None:
        self._late.add(task)
        task.cancel()

    @staticmethod
    def _envelope(frames: list[bytes]) -> list[bytes]:
        # A REQ socket puts an empty frame before the message and wants it back.
        return frames[:2] if len(frames) > 2 and not frames[1] else frames[:1]

    def _too_much_or_too_late(self, request: RequestFrame) -> ActionError | None:
        if len(self._tasks) >= self._limits.inflight:
            message = f"{self._limits.inflight} requests are inflight already"
            return ActionError(ErrorCode.OVERLOADED, message)
        if request.deadline <= self._clock.now():
            return _late(request)
        return None

    async def _handle(self, envelope: list[bytes], request: RequestFrame) -> None:
        started = time.perf_counter()
        enter_call(CallContext(request.correlation_id, request.source, request.deadline))
        status = SUCCESS
        try:
            data = encode_reply(request.id, await self._answer(request))
        except ActionError as error:
            status = error.code.value
            data = encode_error(request.id, error)
        except asyncio.CancelledError:
            ended = _late(request) if self._is_late() else _dropped(request)
            self._refuse(envelope, request.id, request.action, ended)
            raise
        except Exception:
            self._log.exception("action failed", extra={"action": request.action})
            failed = ActionError(ErrorCode.INTERNAL, f"{request.action} failed; its log says why")
            status = failed.code.value
            data = encode_error(request.id, failed)
        self._send(envelope, data)
        self._observe(request.action, status, time.perf_counter() - started)

    def _is_late(self) -> bool:
        return asyncio.current_task() in self._late

    def _refuse(self, envelope: list[bytes], id: str, action: str, error: ActionError) -> None:
        self._send(envelope, encode_error(id, error))
        self._observe(action, error.code.value, 0.0)

    def _send(self, envelope: list[bytes], data: bytes) -> None:
        if self._socket is not None:
            self._socket.send([*envelope, data])


def _dropped(request: RequestFrame) -> ActionError:
    return ActionError(ErrorCode.UNAVAILABLE, f"stopped before {request.action} had a reply")


def _late(request: RequestFrame) -> ActionError:
    return ActionError(ErrorCode.TIMEOUT, f"{request.action} had no reply at its deadline")
