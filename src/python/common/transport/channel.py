"""One connection to one endpoint, shared by all that is asked there. No retry may enter.

What is asked waits here until the connection stands, so that it is known what was never sent.
"""

import asyncio
from collections import deque
from collections.abc import Callable

import zmq
from zmq.utils.monitor import parse_monitor_message

from common.messages import ActionError, ErrorCode
from common.security.keys import KeyPair
from common.transport.context import process_context
from common.transport.curve import secure_client
from common.transport.loop_socket import LoopSocket
from common.wire import (
    MAX_FRAME_BYTES,
    Failed,
    Frames,
    FromAgent,
    Goaway,
    WireError,
    decode_from_agent,
    encode,
)

# All agents start at once, so a peer that does not listen yet will within milliseconds.
RECONNECT_MILLISECONDS = 20
RECONNECT_MAX_MILLISECONDS = 250
HEARTBEAT_MILLISECONDS = 1000
PENDING = 1000
FLUSH_SECONDS = 0.001

EVENTS = (
    zmq.EVENT_HANDSHAKE_SUCCEEDED
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_DISCONNECTED
)
# After these the library never tries again (see common.transport.curve).
REFUSALS = {
    zmq.EVENT_HANDSHAKE_FAILED_AUTH: "does not know our key or may not be called by us",
    zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL: "is not secured as we are: see TRANSPORT_SECURITY",
}

Receive = Callable[[FromAgent | ActionError, Frames], None]
"""What is told of each frame that belongs to one id; the frames are the attachments."""


class NotSentError(ActionError):
    """Tell the caller that the peer never heard of the request: it may be sent to another."""


class Channel:
    """A DEALER socket whose replies find what was asked by id."""

    def __init__(
        self, endpoint: str, own: KeyPair | None = None, servers: tuple[str, ...] = ()
    ) -> None:
        self.endpoint = endpoint
        self._own = own
        self._servers = servers
        self._server = 0
        self._loop = asyncio.get_running_loop()
        self._pending: dict[str, Receive] = {}
        self._outbox: deque[tuple[str, Frames]] = deque()
        self._unsent: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._reopening: asyncio.TimerHandle | None = None
        self._rounds = 0
        self._is_closed = False
        self.refused: ActionError | None = None
        self.is_up = False
        self.is_leaving = False
        self.on_up: Callable[[], None] = _nothing
        self._open()

    @property
    def is_closed(self) -> bool:
        """Tell whether nothing is sent or heard here any more."""
        return self._is_closed

    def ask(self, id: str, frames: Frames, receive: Receive) -> None:
        """Send what begins a call, a stream or a subscription; `receive` hears of it."""
        if self.refused is not None:
            raise _anew(self.refused)
        if len(self._pending) >= PENDING:
            raise ActionError(ErrorCode.OVERLOADED, f"{PENDING} requests wait for {self.endpoint}")
        self._pending[id] = receive
        if not self._put(id, frames):
            self._unsent.add(id)

    def tell(self, id: str, frames: Frames) -> None:
        """Send more that belongs to an id which was asked."""
        if id in self._pending:
            self._put(id, frames)

    def cancel(self, id: str) -> None:
        """Let the peer give up an id, and hear no more of it."""
        if id in self._pending and id not in self._unsent:
            # Under no id: it is sent although nobody waits for the id any more.
            self._put("", encode({"kind": "cancel", "id": id}))
        self.forget(id)

    def forget(self, id: str) -> None:
        """Hear no more of an id."""
        self._pending.pop(id, None)
        self._unsent.discard(id)
        if self.is_leaving and not self._pending and not self._outbox:
            self.close()

    def leave(self) -> None:
        """Take nothing new; close when all that was sent is answered."""
        self.is_leaving = True
        if not self._pending:
            self.close()
        elif not self.is_up:
            self.close()
            self.fail(ActionError(ErrorCode.UNAVAILABLE, f"not connected to {self.endpoint}"))

    def fail(self, error: ActionError) -> None:
        """Give the error to all that is asked here; what was not sent yet is told so."""
        unsent, self._unsent = self._unsent, set()
        self._outbox.clear()
        pending, self._pending = self._pending, {}
        not_sent = NotSentError(error.code, error.message, error.field)
        for id, receive in pending.items():
            receive(_anew(not_sent if id in unsent else error), [])

    def close(self) -> None:
        """Drop the connection and what is queued on it."""
        if not self._is_closed:
            self._is_closed = True
            self._shut()
            for timer in (self._timer, self._reopening):
                if timer is not None:
                    timer.cancel()

    def _open(self) -> None:
        socket = process_context().socket(zmq.DEALER)
        for option, value in (
            (zmq.RECONNECT_IVL, RECONNECT_MILLISECONDS),
            (zmq.RECONNECT_IVL_MAX, RECONNECT_MAX_MILLISECONDS),
            (zmq.HEARTBEAT_IVL, HEARTBEAT_MILLISECONDS),
            (zmq.HEARTBEAT_TIMEOUT, 3 * HEARTBEAT_MILLISECONDS),
            (zmq.SNDHWM, PENDING),
            (zmq.MAXMSGSIZE, MAX_FRAME_BYTES),
            (zmq.IPV6, int("[" in self.endpoint)),
            (zmq.IMMEDIATE, 1),
        ):
            socket.setsockopt(option, value)
        if self._own is not None:
            secure_client(socket, self._own, self._servers[self._server])
        monitor = socket.get_monitor_socket(EVENTS)
        self._monitor = LoopSocket(monitor, self._on_monitor)
        self._socket = LoopSocket(socket, self._on_message)
        try:
            socket.connect(self.endpoint)
        except zmq.ZMQError as error:
            self._shut()
            raise ActionError(ErrorCode.UNAVAILABLE, f"{self.endpoint}: {error}") from None

    def _shut(self) -> None:
        self.is_up = False
        if not self._socket.socket.closed:
            self._socket.socket.disable_monitor()
        self._monitor.close()
        self._socket.close()

    def _put(self, id: str, frames: Frames) -> bool:
        if self.is_up and not self._outbox and self._socket.send(frames):
            return True
        self._queue(id, frames)
        return False

    def _queue(self, id: str, frames: Frames) -> None:
        if len(self._outbox) >= 2 * PENDING:
            self._outbox = deque(entry for entry in self._outbox if self._is_wanted(entry[0]))
        self._outbox.append((id, frames))
        if self.is_up:
            self._flush_later()

    def _flush_later(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(FLUSH_SECONDS, self._flush)

    def _flush(self) -> None:
        self._timer = None
        while self._outbox and self.is_up:
            id, frames = self._outbox[0]
            if self._is_wanted(id) and not self._socket.send(frames):
                self._flush_later()
                return
            self._outbox.popleft()
            self._unsent.discard(id)
        if self.is_leaving and not self._pending:
            self.close()

    def _is_wanted(self, id: str) -> bool:
        # Whoever asked may have gone since.
        return not id or id in self._pending

    def _on_message(self, frames: Frames) -> None:
        try:
            found = decode_from_agent(frames)
        except WireError as error:
            receive = self._pending.get(error.id)
            if receive is not None:
                message = f"{self.endpoint} answered no message: {error}"
                receive(ActionError(ErrorCode.MALFORMED, message, error.field), [])
            return
        if isinstance(found, Goaway):
            self.leave()
            return
        receive = self._pending.get(found.id)
        if receive is not None:
            receive(found.as_error() if isinstance(found, Failed) else found, frames[1:])

    def _on_monitor(self, frames: Frames) -> None:
        event = zmq.Event(parse_monitor_message(frames)["event"])
        if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            self.is_up = True
            self._rounds = 0
            self.on_up()
            self._flush()
        elif event in REFUSALS:
            why = REFUSALS[event]
            self._give_up(ActionError(ErrorCode.DENIED, f"{self.endpoint} {why}"))
        elif event == zmq.EVENT_DISCONNECTED and self.is_up:
            self._lost()
        elif event == zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL and len(self._servers) > 1:
            self._try_next_key()

    def _try_next_key(self) -> None:
        # The peer has another of its keys by now, or not yet.
        self._shut()
        self._server = (self._server + 1) % len(self._servers)
        if self._server:
            self._reopen()
            return
        milliseconds = min(RECONNECT_MILLISECONDS << self._rounds, RECONNECT_MAX_MILLISECONDS)
        self._rounds = min(self._rounds + 1, 10)
        self._reopening = self._loop.call_later(milliseconds / 1000, self._reopen)

    def _reopen(self) -> None:
        self._reopening = None
        try:
            self._open()
        except ActionError as error:
            self._give_up(error)

    def _lost(self) -> None:
        # Replies may have arrived before the connection went.
        self._socket.read_all()
        self.is_up = False
        if self.is_leaving:
            self.close()
        self.fail(ActionError(ErrorCode.UNAVAILABLE, f"lost the connection to {self.endpoint}"))

    def _give_up(self, error: ActionError) -> None:
        self.refused = error
        self.close()
        self.fail(error)


def _anew(error: ActionError) -> ActionError:
    # Each who raises it adds where: one exception is for one of them.
    return type(error)(error.code, error.message, error.field)


def _nothing() -> None:
    return
