"""The socket that an agent answers on. Rule 1: every request gets exactly one reply."""

import asyncio
import errno
import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import NamedTuple, Protocol

import zmq

from common.call_context import CallContext, enter_call, new_span
from common.clock import Clock
from common.messages import ActionError, ErrorCode, Item, Reply
from common.security.keys import KeyPair
from common.transport.admission import Admission, ServerLimits
from common.transport.context import process_context
from common.transport.curve import rekey_server
from common.transport.deadlines import Deadlines
from common.transport.door import Door
from common.transport.flow import Inbox
from common.transport.loop_socket import LoopSocket, Sent
from common.transport.publisher import Peer, Publisher
from common.transport.server_stream import FULL_SECONDS, ServerStream
from common.wire import (
    MAX_FRAME_BYTES,
    Asked,
    Body,
    Call,
    Cancel,
    Frames,
    Open,
    Subscribe,
    ToAgent,
    WireError,
    decode_to_agent,
    encode,
    encode_error,
)

LINGER_SECONDS = 1.0
HEARTBEAT_MILLISECONDS = 1000
REKEY_SECONDS = 2.0
QUIET_SECONDS = 0.05
SUCCESS = "success"

Key = tuple[Peer, str]


class Answered(NamedTuple):
    """A request that has had its reply; `seconds` is how long that took."""

    action: str
    status: str
    seconds: float
    call: CallContext


class Answers(Protocol):
    """What a server needs to know of actions."""

    async def answer(self, call: Call, attached: Frames) -> Reply:
        """Return the reply to a call, or raise ActionError."""
        ...

    def stream(
        self, request: Open, attached: Frames, inbox: Inbox[tuple[Body, Frames]]
    ) -> AsyncGenerator[Item, None]:
        """Return the items of a stream, whose caller's items come from the inbox."""
        ...


class PortInUseError(Exception):
    """Refuse to start: something else listens there."""

    def __init__(self, what: str, host: str, port: int) -> None:
        super().__init__(f"{what}: expected {host}:{port} to be free, found it in use")


class Server:
    """Answer requests, each in its own task, none after its deadline."""

    def __init__(
        self,
        answers: Answers,
        observe: Callable[[Answered], None],
        clock: Clock,
        log: logging.Logger,
        limits: ServerLimits | None = None,
        door: Door | None = None,
    ) -> None:
        self._answers = answers
        self._observe = observe
        self._clock = clock
        self._log = log
        self._limits = limits or ServerLimits()
        self._door = door
        self._socket: LoopSocket | None = None
        self._loop = asyncio.get_running_loop()
        self._admission = Admission(self._limits.inflight, self._seconds_read)
        # None until it is its turn.
        self._tasks: dict[Key, asyncio.Task[None] | None] = {}
        self._given_up: set[Key] = set()
        self._streams: dict[Key, ServerStream] = {}
        self._late: set[asyncio.Task[None]] = set()
        self._deadlines: Deadlines[asyncio.Task[None]] = Deadlines(self._expire)
        self.publisher = Publisher(self._send, self._limits.subscriptions)

    @property
    def inflight(self) -> int:
        """Return the number of requests that wait or are being answered."""
        return self._admission.inflight

    def bind(self, host: str, port: int) -> int:
        """Listen and return the port, which the machine picks when 0 is given."""
        socket = process_context().socket(zmq.ROUTER)
        for option, value in (
            (zmq.MAXMSGSIZE, MAX_FRAME_BYTES),
            (zmq.SNDHWM, self._limits.queued),
            (zmq.RCVHWM, self._limits.unread),
            (zmq.HEARTBEAT_IVL, HEARTBEAT_MILLISECONDS),
            (zmq.HEARTBEAT_TIMEOUT, 3 * HEARTBEAT_MILLISECONDS),
            (zmq.ROUTER_MANDATORY, 1),
            (zmq.IPV6, int(":" in host)),
        ):
            socket.setsockopt(option, value)
        if self._door is not None:
            self._door.guard(socket)
        shown = f"[{host}]" if ":" in host else host
        try:
            socket.bind(f"tcp://{shown}:{port or '*'}")
        except zmq.ZMQError as error:
            socket.close(linger=0)
            if error.errno == errno.EADDRINUSE:
                raise PortInUseError("AGENT_PORT", host, port) from None
            raise
        is_guarded = self._door is not None
        self._socket = LoopSocket(socket, self._receive, tells_users=is_guarded)
        return int(socket.getsockopt_string(zmq.LAST_ENDPOINT).rpartition(":")[2].rstrip("\0"))

    async def rekey(self, own: KeyPair) -> None:
        """Go on with another key pair: send clients away, answer what they asked, bind anew."""
        if self._door is None or self._socket is None:
            return
        # Who is sent away and comes again before the rebind would be cut off in it.
        self._door.pause()
        try:
            await self._send_away(self._door)
            await rekey_server(self._socket.socket, own)
        finally:
            self._door.resume()

    async def _send_away(self, door: Door) -> None:
        until = self._loop.time() + REKEY_SECONDS
        while self._loop.time() < until:
            # Those who have asked since the last look; the first time, everybody.
            peers = door.known_peers()
            if not peers and not self._tasks:
                return
            for peer in peers:
                self._send(peer, encode({"kind": "goaway", "id": "-"}))
            await asyncio.sleep(QUIET_SECONDS)

    async def drain(self, seconds: float) -> int:
        """Wait for what is inflight; cancel the rest and return how many that were."""
        until = self._loop.time() + seconds
        while None in self._tasks.values():
            await asyncio.sleep(0)  # until what waits for its turn has begun
        late = {task for task in self._tasks.values() if task is not None}
        if late:
            _, late = await asyncio.wait(late, timeout=max(0.0, until - self._loop.time()))
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return len(late)

    def close(self) -> None:
        """Let queued replies leave, stop listening, and give up what came after the drain."""
        for task in self._tasks.values():
            if task is not None:
                task.cancel()
        if self._socket is not None:
            if self._door is not None:
                self._door.close()
            self._socket.close(LINGER_SECONDS)
        self._deadlines.close()

    def _receive(self, frames: Frames) -> None:
        # A REQ socket puts an empty frame before the message and wants it back.
        count = 2 if len(frames) > 2 and not frames[1] else 1
        peer, rest = tuple(frames[:count]), frames[count:]
        try:
            message = decode_to_agent(rest)
        except WireError as error:
            self._refuse(peer, error.id, ActionError(ErrorCode.MALFORMED, str(error), error.field))
            return
        if isinstance(message, Asked):
            refused = self._objection(peer, message)
            if refused is not None:
                self._refuse(peer, message.id, refused, message)
            else:
                self._take_on(peer, message, rest[1:])
        else:
            self._go_on(peer, message, rest[1:])

    def _objection(self, peer: Peer, asked: Asked) -> ActionError | None:
        if self._door is not None and self._socket is not None:
            objection = self._door.objection(peer, self._socket.user, asked.source)
            if objection is not None:
                return ActionError(ErrorCode.DENIED, objection, field="source")
        if (peer, asked.id) in self._tasks:
            return ActionError(ErrorCode.MALFORMED, "expected an id that is not in use", field="id")
        deadline = getattr(asked, "deadline", None)
        if deadline is not None and deadline <= self._clock.now():
            return _late(asked)
        return self._too_much(peer, asked)

    def _too_much(self, peer: Peer, asked: Asked) -> ActionError | None:
        limits = self._limits
        if self._admission.is_full:
            message = f"{limits.inflight} requests are inflight already"
            return ActionError(ErrorCode.OVERLOADED, message)
        # Streams last: one peer must not hold all that the agent can take on.
        held = sum(key[0] == peer for key in self._streams) if isinstance(asked, Open) else 0
        if held >= limits.streams:
            message = f"{limits.streams} streams of this peer are open already"
            return ActionError(ErrorCode.OVERLOADED, message)
        return None

    def _take_on(self, peer: Peer, asked: Asked, attached: Frames) -> None:
        if isinstance(asked, Subscribe):
            self._subscribe(peer, asked)
            return
        if isinstance(asked, Open):
            self._open(peer, asked)
        self._tasks[peer, asked.id] = None
        self._admission.add(lambda: self._begin(peer, asked, attached))

    def _go_on(self, peer: Peer, message: ToAgent, attached: Frames) -> None:
        key = (peer, message.id)
        if isinstance(message, Cancel):
            if not self._give_up(key):
                self.publisher.cancel(peer, message.id)
            return
        stream = self._streams.get(key)
        if stream is not None:
            stream.receive(message, attached)  # type: ignore[arg-type]  # what is asked went another way
        elif message.kind == "credit":
            self.publisher.grant(peer, message.id, message.credit)

    def _subscribe(self, peer: Peer, asked: Subscribe) -> None:
        try:
            told = self.publisher.subscribe(peer, asked)
        except ActionError as error:
            self._refuse(peer, asked.id, error, asked)
        else:
            self._send(peer, encode({"kind": "reply", "id": asked.id}, told))

    def _open(self, peer: Peer, asked: Open) -> None:
        key = (peer, asked.id)
        self._streams[key] = ServerStream(
            asked.id,
            asked.credit,
            lambda frames: self._send(peer, frames),
            lambda: self._give_up(key),
        )

    def _give_up(self, key: Key) -> bool:
        """Cancel a request, whether it runs or waits for its turn; tell whether there was one."""
        if key not in self._tasks:
            return False
        task = self._tasks[key]
        if task is None:
            self._given_up.add(key)
        else:
            # Not at once: a task that is cancelled before its first step says nothing.
            self._loop.call_soon(task.cancel)
        return True

    def _begin(self, peer: Peer, asked: Asked, attached: Frames) -> None:
        key = (peer, asked.id)
        deadline: float | None = getattr(asked, "deadline", None)
        left = None if deadline is None else deadline - self._clock.now()
        is_late = left is not None and left <= 0
        if is_late or key in self._given_up:
            self._ended(key)
            self._refuse(peer, asked.id, _late(asked) if is_late else _dropped(asked), asked)
            return
        task = self._loop.create_task(self._handle(peer, asked, attached))
        self._tasks[key] = task
        self._admission.running += 1
        if left is not None:
            self._deadlines.add(task, left)
        task.add_done_callback(lambda task: self._done(key, task))

    def _done(self, key: Key, task: asyncio.Task[None]) -> None:
        if self._tasks.get(key) is task:
            self._ended(key)

    def _ended(self, key: Key) -> None:
        task = self._tasks.pop(key)
        if task is not None:
            self._admission.running -= 1
            self._late.discard(task)
            self._deadlines.discard(task)
        self._given_up.discard(key)
        stream = self._streams.pop(key, None)
        if stream is not None:
            stream.close()

    def _expire(self, task: asyncio.Task[None]) -> None:
        self._late.add(task)
        task.cancel()

    async def _handle(self, peer: Peer, asked: Asked, attached: Frames) -> None:
        started = time.perf_counter()
        call = _context(asked)
        enter_call(call)
        try:
            status, frames = await self._outcome(peer, asked, attached)
            if isinstance(asked, Call):
                # Whoever has the reply may ask by the same id again before this task is done.
                self._ended((peer, asked.id))
            # A stream's caller waits for its end however long; a call's has a deadline.
            while self._send(peer, frames) is Sent.FULL and isinstance(asked, Open):
                await asyncio.sleep(FULL_SECONDS)
        except asyncio.CancelledError:
            is_late = asyncio.current_task() in self._late
            ended = _late(asked) if is_late else _dropped(asked)
            self._send(peer, encode_error(asked.id, ended))
            seconds = time.perf_counter() - started
            self._observe(Answered(asked.action, ended.code.value, seconds, call))
            raise
        self._observe(Answered(asked.action, status, time.perf_counter() - started, call))

    async def _outcome(self, peer: Peer, asked: Asked, attached: Frames) -> tuple[str, Frames]:
        try:
            return SUCCESS, await self._carry_out(peer, asked, attached)
        except ActionError as error:
            return error.code.value, encode_error(asked.id, error)
        except Exception:
            self._log.exception("action failed", extra={"action": asked.action})
            failed = ActionError(ErrorCode.INTERNAL, f"{asked.action} failed; its log says why")
            return failed.code.value, encode_error(asked.id, failed)

    async def _carry_out(self, peer: Peer, asked: Asked, attached: Frames) -> Frames:
        if isinstance(asked, Call):
            reply = await self._answers.answer(asked, attached)
            return encode({"kind": "reply", "id": asked.id}, reply)
        assert isinstance(asked, Open)
        stream = self._streams[peer, asked.id]
        stream.grant(stream.inbox.window)
        async with aclosing(self._answers.stream(asked, attached, stream.inbox)) as items:
            async for item in items:
                await stream.send(item)
        return encode({"kind": "end", "id": asked.id})

    def _refuse(self, peer: Peer, id: str, error: ActionError, asked: Asked | None = None) -> None:
        if self._socket is not None:
            self._socket.send_after_reading([*peer, *encode_error(id, error)])
        call = CallContext("", "", None) if asked is None else _context(asked)
        action = "" if asked is None else asked.action
        self._observe(Answered(action, error.code.value, 0.0, call))

    def _seconds_read(self) -> float:
        return 0.0 if self._socket is None else self._socket.seconds_read

    def _send(self, peer: Peer, frames: Frames) -> Sent:
        return Sent.GONE if self._socket is None else self._socket.send([*peer, *frames])


def _context(asked: Asked) -> CallContext:
    deadline = getattr(asked, "deadline", None)
    return CallContext(asked.correlation_id, asked.source, deadline, new_span(), asked.span)


def _dropped(asked: Asked) -> ActionError:
    return ActionError(ErrorCode.UNAVAILABLE, f"stopped before {asked.action} had a reply")


def _late(asked: Asked) -> ActionError:
    return ActionError(ErrorCode.TIMEOUT, f"{asked.action} had no reply at its deadline")
