"""The agent that benchmarks ask. Nothing that is measured may be made cheaper here."""

import asyncio
import gc
import time
from typing import ClassVar

import zmq
from payloads import EVENTS_AT_ONCE, SMALL

from common.agent import Agent, action
from common.attachments import Attachment
from common.messages import Done, Event, Query, Reply, Request, Topic


class Text(Request):
    """Give the same text back."""

    text: str


class SameText(Reply):
    """The text of the request."""

    text: str


class Blob(Request):
    """Give the same bytes back, as a frame of their own both ways."""

    data: Attachment


class SameBlob(Reply):
    """The bytes of the request."""

    data: Attachment


class Work(Request):
    """Use this much of a processor, then wait as for a disk or a peer."""

    microseconds: int
    milliseconds: float


class TellEvents(Request):
    """Publish events of a size, one each `pause` seconds or as fast as it goes."""

    count: int
    size: int
    pause: float = 0.0


class TextTold(Event):
    """Text, and when it was published (monotonic seconds, which are the whole machine's)."""

    at: float
    text: str


class BlobTold(Event):
    """Bytes, and when they were published."""

    at: float
    data: Attachment


class CountContexts(Query):
    """Ask how many ZeroMQ contexts the process has."""


class Contexts(Reply):
    """Contexts that are not closed."""

    open: int


TEXTS = Topic("measured_agent", "texts", TextTold)
BLOBS = Topic("measured_agent", "blobs", BlobTold)


def open_contexts() -> int:
    """Count the ZeroMQ contexts of this process that are not closed."""
    gc.collect()
    found = [thing for thing in gc.get_objects() if isinstance(thing, zmq.Context)]
    # Two objects may stand for one context.
    return len({context.underlying for context in found if not context.closed})


class MeasuredAgent(Agent):
    """Echo, work, wait and tell."""

    topics: ClassVar[tuple[Topic[Event], ...]] = (TEXTS, BLOBS)

    @action
    async def echo(self, request: Text) -> SameText:
        """Give text back."""
        return SameText(text=request.text)

    @action
    async def echo_blob(self, request: Blob) -> SameBlob:
        """Give bytes back."""
        return SameBlob(data=request.data)

    @action
    async def work(self, request: Work) -> Done:
        """Use the processor, then wait."""
        until = time.thread_time() + request.microseconds / 1e6
        while time.thread_time() < until:
            continue
        if request.milliseconds:
            await asyncio.sleep(request.milliseconds / 1000)
        return Done()

    @action
    async def tell_events(self, request: TellEvents) -> Done:
        """Publish."""
        text, data = "x" * request.size, bytes(request.size)
        for number in range(request.count):
            now = time.monotonic()
            if request.size < SMALL:
                self.events.publish(TEXTS, TextTold(at=now, text=text))
            else:
                self.events.publish(BLOBS, BlobTold(at=now, data=data))
            if request.pause or number % EVENTS_AT_ONCE == 0:
                await asyncio.sleep(request.pause)
        return Done()

    @action
    async def count_contexts(self, request: CountContexts) -> Contexts:
        """Count contexts."""
        return Contexts(open=open_contexts())
