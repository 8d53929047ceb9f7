"""A stream as its caller holds it. No choice of a peer may enter."""

import asyncio
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

from common import wire
from common.attachments import typed
from common.messages import ActionError, ErrorCode, Item
from common.transport.channel import Channel
from common.transport.flow import WINDOW, Allowance, Inbox

S = TypeVar("S", bound=Item)

# The agent gives a stream up whose caller says nothing for three times as long.
ALIVE_SECONDS = 5.0


class ClientStream(Generic[S]):
    """Send items and receive items; credit holds back whoever is faster."""

    window = WINDOW

    def __init__(self, channel: Channel, id: str, name: str, item: type[S]) -> None:
        self._channel = channel
        self._id = id
        self._name = name
        self._item = item
        self._inbox: Inbox[tuple[wire.Body, wire.Frames]] = Inbox(self.window, self._grant)
        self._allowance = Allowance()
        self._timer: asyncio.TimerHandle | None = None
        self._is_over = False

    def begin(self) -> None:
        """Let the agent know from time to time that somebody is still there."""
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(ALIVE_SECONDS, self._say_alive)

    async def send(self, item: Item) -> None:
        """Send an item as soon as the agent has room for it."""
        await self._allowance.take()
        try:
            frames = wire.encode({"kind": "item", "id": self._id}, item)
        except wire.WireError as error:
            raise ActionError(ErrorCode.INVALID, f"{self._name}: {error}", error.field) from None
        self._channel.tell(self._id, frames)

    async def end(self) -> None:
        """Say that no more items will be sent; those of the agent may still come."""
        self._channel.tell(self._id, wire.encode({"kind": "end", "id": self._id}))

    def __aiter__(self) -> AsyncIterator[S]:
        """Return the items of the agent."""
        return self

    async def __anext__(self) -> S:
        """Return the next item of the agent."""
        body, frames = await self._inbox.take()
        return typed(self._name, self._item, body, frames, "sent")

    def receive(self, found: wire.FromAgent | ActionError, frames: wire.Frames) -> None:
        """Take in a frame of the agent."""
        if isinstance(found, wire.Item):
            self._inbox.put((found.body, frames))
        elif isinstance(found, wire.Credit):
            self._allowance.add(found.credit)
        elif isinstance(found, wire.End):
            self._finish(None)
        elif isinstance(found, ActionError):
            self._finish(found)

    def close(self) -> None:
        """Let go of the stream; an agent that still works on it is told to stop."""
        if self._is_over:
            self._channel.forget(self._id)
            return
        self._channel.cancel(self._id)
        self._finish(ActionError(ErrorCode.UNAVAILABLE, f"{self._name}: the stream is closed"))

    def _finish(self, error: ActionError | None) -> None:
        self._is_over = True
        if self._timer is not None:
            self._timer.cancel()
        self._inbox.end(error)
        over = ActionError(ErrorCode.CONFLICT, f"{self._name} has ended the stream")
        self._allowance.fail(error or over)

    def _grant(self, credit: int) -> None:
        head = {"kind": "credit", "id": self._id, "credit": credit}
        self._channel.tell(self._id, wire.encode(head))

    def _say_alive(self) -> None:
        self._grant(0)
        self.begin()
