"""A ZeroMQ socket on the asyncio loop. No frame's meaning may enter.

`zmq.asyncio` makes a future for every receive and send; reading all that waits on each wake-up
carries several times the messages.
"""

import asyncio
import time
from collections.abc import Callable
from enum import Enum

import zmq

# Others want the loop, too: after so long they have their turn, then the rest is read.
READ_SECONDS = 0.008

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
        self._tells_users = tells_users
        self.user = ""
        self.seconds_read = 0.0
        self._unsent: list[list[bytes]] = []
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

    def send_after_reading(self, frames: list[bytes]) -> None:
        """Send once what waits has been read, if that can be done then.

        One message after the other wakes ZeroMQ's thread less often than one for each that is read.
        """
        self._unsent.append(frames)
        self._schedule()

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
        # What is sent meanwhile need not look for messages: they are read here anyway.
        self._is_scheduled = True
        is_empty = False
        began = now = time.perf_counter()
        try:
            while not is_empty and now - began < READ_SECONDS:
                is_empty = self._is_closed or not self._read_one()
                now = time.perf_counter()
        finally:
            self._send_unsent()
            self.seconds_read += time.perf_counter() - began
            self._is_scheduled = False
            # Whatever a message brings about, those behind it are read.
            if not is_empty:
                self._schedule()

    def _send_unsent(self) -> None:
        unsent, self._unsent = self._unsent, []
        for frames in unsent:
            self.send(frames)

    def _read_one(self) -> bool:
        try:
            frames = self._receive()
        except zmq.Again:
            return False
        self._on_message(frames)
        return True

    def _receive(self) -> list[bytes]:
        # A frame knows whether more follow; asking the socket costs as much as receiving.
        frame = self._socket.recv(_LAST, copy=False)
        if self._tells_users:
            self.user = str(frame.get(USER))
        frames = [frame.bytes]
        while frame.more:
            frame = self._socket.recv(_LAST, copy=False)
            frames.append(frame.bytes)
        return frames
