"""An agent that a test plays, frame by frame."""

import json
from typing import Any

import zmq
from tests.common.wired import until

from common.transport.context import process_context
from common.transport.loop_socket import LoopSocket
from common.wire import Frames


class Played:
    """An agent that a test plays: it notes who asks what, and says what the test says."""

    def __init__(self, port: int = 0) -> None:
        socket = process_context().socket(zmq.ROUTER)
        socket.setsockopt(zmq.ROUTER_MANDATORY, 1)
        socket.bind(f"tcp://127.0.0.1:{port or '*'}")
        self.endpoint = socket.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")
        self.asked: list[tuple[bytes, dict[str, Any]]] = []
        self._socket = LoopSocket(socket, self._note)

    async def heard(self, count: int) -> None:
        """Return when so many messages have come."""
        await until(lambda: len(self.asked) >= count)

    def reply(self, number: int, text: str = "") -> None:
        """Answer a message, counted from 0."""
        peer, asked = self.asked[number]
        self.say(number, json.dumps({"kind": "reply", "id": asked["id"], "body": {"text": text}}))

    def say(self, number: int, *frames: str) -> None:
        """Send any frames to who sent a message."""
        assert self._socket.send([self.asked[number][0], *(frame.encode() for frame in frames)])

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _note(self, frames: Frames) -> None:
        self.asked.append((frames[0], json.loads(frames[1])))
