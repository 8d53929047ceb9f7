"""Calls into a fleet from a program that is no agent. No command line may enter."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from common.clock import Clock, SystemClock
from common.directory import Directory
from common.network_peers import NetworkPeers
from common.transport.client import Client


@asynccontextmanager
async def connect(
    registry_endpoint: str, source: str = "outside", clock: Clock | None = None
) -> AsyncIterator[NetworkPeers]:
    """Give peers that are found through a registry, without being registered there."""
    clock = clock or SystemClock()
    client = Client(source, clock)
    directory = Directory(registry_endpoint, client, clock, logging.getLogger("common.outside"))
    directory.start()
    try:
        yield NetworkPeers(directory, client, clock)
    finally:
        await directory.close()
        client.close()
