"""How a benchmark asks and hears the measured agent, by what every agent uses. No measuring."""

from __future__ import annotations

import asyncio

from live_agents import MEASURED
from measured_agent import (
    BLOBS,
    TEXTS,
    Blob,
    BlobTold,
    SameBlob,
    SameText,
    TellEvents,
    Text,
    TextTold,
)
from payloads import SMALL

from common.messages import Done
from common.network_peers import NetworkPeers
from common.peers import Delivery

TIMEOUT = 30.0


class MissedError(Exception):
    """A side that loses what it measures is not measured."""


class OurSide:
    """Ask and listen through `NetworkPeers`."""

    def __init__(self, peers: NetworkPeers) -> None:
        self._peers = peers
        self._texts = peers.subscribe(TEXTS)
        self._blobs = peers.subscribe(BLOBS)

    async def open(self) -> None:
        """Return once events of both topics arrive."""
        for size in (1, SMALL):
            first = asyncio.ensure_future(self._heard(size))
            while not first.done():
                await self.order(1, size, 0.0)
                await asyncio.wait((first,), timeout=0.1)
            await first

    async def ask(self, size: int) -> None:
        """Ask with a payload and get it back."""
        if size < SMALL:
            request = Text(text="x" * size)
            text = await self._peers.call(MEASURED, "echo", request, SameText, timeout=TIMEOUT)
            assert len(text.text) == size
        else:
            blob = Blob(data=bytes(size))
            data = await self._peers.call(MEASURED, "echo_blob", blob, SameBlob, timeout=TIMEOUT)
            assert len(data.data) == size

    async def order(self, count: int, size: int, pause: float) -> None:
        """Let the agent publish."""
        order = TellEvents(count=count, size=size, pause=pause)
        await self._peers.call(MEASURED, "tell_events", order, Done, timeout=TIMEOUT)

    async def next_event(self, size: int) -> float:
        """Return when the next event was published."""
        delivery = await self._heard(size)
        if delivery.missed != 0:
            raise MissedError(f"missed {delivery.missed} events before {delivery.sequence}")
        return delivery.event.at

    async def _heard(self, size: int) -> Delivery[TextTold] | Delivery[BlobTold]:
        return await anext(self._texts if size < SMALL else self._blobs)
