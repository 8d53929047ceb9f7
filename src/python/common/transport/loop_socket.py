"""A ZeroMQ socket on the asyncio loop. No frame's meaning may enter.

`zmq.asyncio` makes a future for every receive and send; reading all that waits on each wake-up
carries several times the messages.
"""

import asyncio
from collections.abc import Callable
from enum import Enum

import zmq

BATCH = 64

# Plain numbers: combining the library's flags makes an enum member for every frame.
_LAST = int(zmq.NOBLOCK)
_NOT_LAST = int(zmq.NOBLOCK | zmq.SNDMORE)
_READABLE = int(zmq.POLLIN)

USER = "User-Id"
"""The property of a message that says whose key its connection was made with."""


class Sent(Enum):
    """What became of a message; only one that is queued counts as true."""

    QUEUED = "queued"
    FULL = "full"
    """There is no room for it now."""
    GONE = "gone"
    """There is nobody to take it."""

    def __bool__(self) -> bool:
        return self is Sent.QUEUED


class LoopSocket:
    """Hand every message of a socket to a function."""

    def __init__(
        self,
        socket: "zmq.Socket[bytes]",
        on_message: Callable[[list[bytes]], None],
        *,
        tells_users: bool = False,
    ) -> None:
        self._socket = socket
        self._on_message = on_message
        self._receive = self._receive_with_user if tells_users else self._receive_plain
        self.user = ""
        self._loop = asyncio.get_running_loop()
        self._descriptor: int = socket.fileno()
        self._is_scheduled = False
        self._is_closed = False
        self._loop.add_reader(self._descriptor, self._drain)
        self._schedule()

    @property
    def socket(self) -> "zmq.Socket[bytes]":
        """Return the socket itself, to set its options."""
        return self._socket

    def send(self, frames: list[bytes]) -> Sent:
        """Queue a message if that can be done at once."""
        if self._is_closed:
            return Sent.GONE
        try:
            for frame in frames[:-1]:
                self._socket.send(frame, _NOT_LAST)
            self._socket.send(frames[-1], _LAST)
        except zmq.Again:
            return Sent.FULL
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:
                raise
            return Sent.GONE
        # The descriptor is edge-triggered: sending may have eaten the edge of a message.
        if not self._is_scheduled and int(self._socket.getsockopt(zmq.EVENTS)) & _READABLE:
            self._schedule()
        return Sent.QUEUED

    def read_all(self) -> None:
        """Hand on what has arrived by now."""
        while not self._is_closed and self._read_one():
            continue

    def close(self, linger_seconds: float = 0.0) -> None:
        """Stop reading; what is queued may leave within the linger."""
        if not self._is_closed:
            self._is_closed = True
            self._loop.remove_reader(self._descriptor)
            self._socket.close(linger=int(linger_seconds * 1000))

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self._drain)

    def _drain(self) -> None:
        self._is_scheduled = False
        is_empty = False
        try:
            for _ in range(BATCH):
                is_empty = self._is_closed or not self._read_one()
                if is_empty:
                    return
        finally:
            # Whatever a message brings about, those behind it are read.
            if not is_empty:
                self._schedule()

    def _read_one(self) -> bool:
        try:
            frames = self._receive()
        except zmq.Again:
            return False
        self._on_message(frames)
        return True

    def _receive_plain(self) -> list[bytes]:
        return self._socket.recv_multipart(_LAST)

    def _receive_with_user(self) -> list[bytes]:
        first = self._socket.recv(_LAST, copy=False)
        self.user = str(first.get(USER))
        frames = [first.bytes]
        while self._socket.getsockopt(zmq.RCVMORE):
            frames.append(self._socket.recv(_LAST))
        return frames
