"""A subscription to one topic over one connection. No choice of a peer may enter."""

import asyncio

from pydantic import ValidationError

from common import wire
from common.messages import ActionError, ErrorCode, Reply
from common.transport.channel import Channel
from common.transport.flow import Inbox

# So many events may wait for a subscriber; its agent drops what comes beyond, and it learns so.
WINDOW = 1024


class Subscribed(Reply):
    """Say which life of the publisher this is, and the number of its latest event."""

    epoch: str
    sequence: int


class Subscription:
    """Receive the events of a topic; their sequence numbers tell what was missed."""

    window = WINDOW

    def __init__(self, channel: Channel, id: str) -> None:
        self.id = id
        self._channel = channel
        self._inbox: Inbox[tuple[wire.Happened, wire.Frames]] = Inbox(self.window, self._grant)
        self._accepted: asyncio.Future[Subscribed]
        self._accepted = asyncio.get_running_loop().create_future()

    async def accepted(self) -> Subscribed:
        """Return what the publisher said when it accepted, or raise its refusal."""
        return await asyncio.shield(self._accepted)

    async def next(self) -> tuple[wire.Happened, wire.Frames]:
        """Return the next event; raise ActionError once the connection is lost."""
        return await self._inbox.take()

    def receive(self, found: wire.FromAgent | ActionError, frames: wire.Frames) -> None:
        """Take in a frame of the publisher."""
        if isinstance(found, wire.Happened):
            self._inbox.put((found, frames))
        elif isinstance(found, wire.Replied):
            self._accept(found)
        elif isinstance(found, ActionError):
            self._refuse(found)

    def close(self) -> None:
        """Want no more events."""
        self._channel.cancel(self.id)
        self._refuse(ActionError(ErrorCode.UNAVAILABLE, "the subscription is closed"))

    def _accept(self, found: wire.Replied) -> None:
        try:
            told = Subscribed.model_validate(found.body)
        except ValidationError as error:
            self._refuse(ActionError(ErrorCode.MALFORMED, f"no subscription: {error}"))
            return
        if not self._accepted.done():
            self._accepted.set_result(told)

    def _refuse(self, error: ActionError) -> None:
        self._inbox.end(error)
        if not self._accepted.done():
            self._accepted.set_exception(error)
            self._accepted.exception()  # whoever does not wait for it need not be told

    def _grant(self, credit: int) -> None:
        head = {"kind": "credit", "id": self.id, "credit": credit}
        self._channel.tell(self.id, wire.encode(head))
