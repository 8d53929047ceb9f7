"""A stream as the agent that answers it holds it. No action's meaning may enter."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Generic, TypeVar

from common import wire
from common.messages import ActionError, ErrorCode, Item
from common.transport.flow import WINDOW, Allowance, Inbox
from common.transport.loop_socket import Sent
from common.wire import Body, Frames

S = TypeVar("S", bound=Item)

# Three signs of life of the caller (see client_stream) may be lost.
SILENT_SECONDS = 15.0
FULL_SECONDS = 0.01

Load = Callable[[Body, Frames], S]


class Incoming(Generic[S]):
    """The items that the caller of a stream sends."""

    def __init__(self, inbox: Inbox[tuple[Body, Frames]], load: Load[S]) -> None:
        self._inbox = inbox
        self._load = load

    def __aiter__(self) -> AsyncIterator[S]:
        """Return the items in order."""
        return self

    async def __anext__(self) -> S:
        """Return the next item; raise ActionError when it is none."""
        body, frames = await self._inbox.take()
        return self._load(body, frames)


class ServerStream:
    """Carry the items of one open stream, both ways."""

    def __init__(
        self, id: str, credit: int, send: Callable[[Frames], Sent], gone: Callable[[], Any]
    ) -> None:
        self._id = id
        self._send = send
        self._gone = gone
        self._allowance = Allowance(credit)
        self._loop = asyncio.get_running_loop()
        self._owed = 0
        self._heard = self._loop.time()
        self._timer = self._loop.call_later(SILENT_SECONDS, self._check)
        self.inbox: Inbox[tuple[Body, Frames]] = Inbox(WINDOW, self.grant)

    def grant(self, credit: int) -> None:
        """Allow the caller so many more items."""
        self._owed += credit
        head = {"kind": "credit", "id": self._id, "credit": self._owed}
        if self._send(wire.encode(head)) is Sent.FULL:
            self._loop.call_later(FULL_SECONDS, self.grant, 0)
        else:
            self._owed = 0

    async def send(self, item: Item) -> None:
        """Send an item once the caller has room for it."""
        await self._allowance.take()
        try:
            frames = wire.encode({"kind": "item", "id": self._id}, item)
        except wire.WireError as error:
            raise ActionError(ErrorCode.INTERNAL, f"no item: {error}") from None
        while (sent := self._send(frames)) is Sent.FULL:
            await asyncio.sleep(FULL_SECONDS)
        if sent is Sent.GONE:
            self._gone()

    def receive(self, frame: wire.Item | wire.Credit | wire.End, frames: Frames) -> None:
        """Take in a frame of the caller."""
        self._heard = self._loop.time()
        if isinstance(frame, wire.Item):
            self.inbox.put((frame.body, frames))
        elif isinstance(frame, wire.Credit):
            self._allowance.add(frame.credit)
        else:
            self.inbox.end()

    def close(self) -> None:
        """Wait no more for signs of life."""
        self._timer.cancel()

    def _check(self) -> None:
        silent = self._loop.time() - self._heard
        if silent >= SILENT_SECONDS:
            self._gone()
        else:
            self._timer = self._loop.call_later(SILENT_SECONDS - silent, self._check)
