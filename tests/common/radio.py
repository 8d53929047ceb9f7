"""An agent that gives streams, and a listener, for tests of streams."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import TypeVar

from tests.common.wired import SECONDS, Asking, Served, Table, serving

from common.actions import action
from common.attachments import Attachment
from common.call_context import current_call
from common.messages import ActionError, Empty, ErrorCode, Item, Reply, Request
from common.transport.admission import ServerLimits
from common.transport.client_stream import ClientStream

S = TypeVar("S", bound=Item)


class Count(Request):
    """Ask for numbers."""

    to: int


class Number(Item):
    """Carry a number."""

    number: int


class Chunk(Item):
    """Carry a piece of a recording."""

    audio: Attachment


class Partial(Item):
    """Carry what was understood so far."""

    text: str
    is_final: bool = False


class Counted(Reply):
    """Answer with a number."""

    number: int


class Radio:
    """Give streams, and note what becomes of them."""

    def __init__(self) -> None:
        self.made = 0
        self.heard = 0
        self.gate = asyncio.Event()
        self.ended = asyncio.Event()

    @action
    async def count(self, request: Count) -> AsyncIterator[Number]:
        """Count as fast as it goes."""
        try:
            for number in range(request.to):
                self.made += 1
                yield Number(number=number)
        finally:
            self.ended.set()

    @action
    async def transcribe(
        self, request: Empty, incoming: AsyncIterator[Chunk]
    ) -> AsyncIterator[Partial]:
        """Say after each chunk what was heard, and at the end all of it."""
        heard = ""
        async for chunk in incoming:
            heard += chunk.audio.decode()
            yield Partial(text=heard)
        yield Partial(text=heard.upper(), is_final=True)

    @action
    async def sink(self, request: Empty, incoming: AsyncIterator[Number]) -> AsyncIterator[Number]:
        """Take nothing until the test says so; then tell how many came."""
        try:
            await self.gate.wait()
            async for _ in incoming:
                self.heard += 1
            yield Number(number=self.heard)
        finally:
            self.ended.set()

    @action
    async def wait(self, request: Empty) -> AsyncIterator[Number]:
        """Give one number, then none for ever."""
        try:
            yield Number(number=0)
            await self.gate.wait()
        finally:
            self.ended.set()

    @action
    async def refuse(self, request: Empty) -> AsyncIterator[Number]:
        """Give one number, then an error."""
        yield Number(number=0)
        raise ActionError(ErrorCode.CONFLICT, "taken", "number")

    @action
    async def crash(self, request: Empty) -> AsyncIterator[Number]:
        """Have a fault after one number."""
        yield Number(number=0)
        raise RuntimeError("secret detail")

    @action
    async def half(self, request: Empty) -> AsyncIterator[Partial]:
        """Give text that has no UTF-8."""
        yield Partial(text="\ud800")

    @action
    async def whose(self, request: Empty) -> AsyncIterator[Partial]:
        """Tell the call that the stream belongs to."""
        call = current_call()
        yield Partial(text=f"{call.correlation_id} {call.source}" if call else "")

    @action
    async def add(self, request: Count) -> Counted:
        """Answer once."""
        return Counted(number=request.to)


class Tuned:
    """A radio that is served, and somebody who listens to it."""

    def __init__(self, radio: Radio, served: Served, asking: Asking) -> None:
        self.radio = radio
        self.served = served
        self.asking = asking

    def open(
        self, name: str, item: type[S], request: Request | None = None
    ) -> "closing[ClientStream[S]]":
        """Open a stream that is closed with the block."""
        endpoint, full = self.served.endpoint, f"radio.{name}"
        call = current_call()
        deadline = None if call is None else call.deadline
        return closing(
            self.asking.client.stream(endpoint, full, request or Empty(), item, deadline)
        )


@asynccontextmanager
async def tuned(limits: ServerLimits | None = None) -> AsyncIterator[Tuned]:
    """Give a radio and a listener."""
    radio = Radio()
    async with serving(Table(radio), limits=limits) as served, Asking() as asking:
        yield Tuned(radio, served, asking)


async def end_of(stream: ClientStream[S]) -> tuple[list[S], ActionError | None]:
    """Return all that comes, and the error that ends it, if one does."""
    found: list[S] = []
    try:
        async with asyncio.timeout(SECONDS):
            async for item in stream:
                found.append(item)
    except ActionError as error:
        return found, error
    return found, None
