"""A ZeroMQ socket on the asyncio loop. No frame's meaning may enter.

`zmq.asyncio` makes a future for every receive and send; reading all that waits on each wake-up
carries several times the messages.
"""

import asyncio
from collections.abc import Callable

import zmq

BATCH = 64

# Plain numbers: combining the library's flags makes an enum member for every frame.
_LAST = int(zmq.NOBLOCK)
_NOT_LAST = int(zmq.NOBLOCK | zmq.SNDMORE)
_READABLE = int(zmq.POLLIN)


class LoopSocket:
    """Hand every message of a socket to a function."""

    def __init__(
        self, socket: "zmq.Socket[bytes]", on_message: Callable[[list[bytes]], None]
    ) -> None:
        self._socket = socket
        self._on_message = on_message
        self._loop = asyncio.get_running_loop()
        self._descriptor: int = socket.fileno()
        self._is_scheduled = False
        self._is_closed = False
        self._loop.add_reader(self._descriptor, self._drain)
        self._schedule()

    def send(self, frames: list[bytes]) -> bool:
        """Queue a message; return False when the queue is full."""
        if self._is_closed:
            return False
        try:
            for frame in frames[:-1]:
                self._socket.send(frame, _NOT_LAST)
            self._socket.send(frames[-1], _LAST)
        except zmq.Again:
            return False
        # The descriptor is edge-triggered: sending may have eaten the edge of a message.
        if not self._is_scheduled and int(self._socket.getsockopt(zmq.EVENTS)) & _READABLE:
            self._schedule()
        return True

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
        for _ in range(BATCH):
            if self._is_closed:
                return
            try:
                frames = self._socket.recv_multipart(_LAST)
            except zmq.Again:
                return
            self._on_message(frames)
        self._schedule()
