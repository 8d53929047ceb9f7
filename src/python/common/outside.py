"""Calls into a fleet from a program that is no agent. No command line may enter."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from common.clock import Clock, SystemClock
from common.directory import Directory
from common.network_peers import NetworkPeers
from common.security.credentials import Credentials
from common.transport.client import Client


@asynccontextmanager
async def connect(
    registry: str | tuple[str, ...],
    source: str = "outside",
    clock: Clock | None = None,
    credentials: Credentials | None = None,
) -> AsyncIterator[NetworkPeers]:
    """Give peers that are found through a registry, without being registered there.

    A registry with replicas is given by all their endpoints, in text with commas between.
    """
    if isinstance(registry, str):
        registry = tuple(endpoint.strip() for endpoint in registry.split(","))
    clock = clock or SystemClock()
    client = Client(source, clock, credentials=credentials)
    directory = Directory(registry, client, clock, logging.getLogger("common.outside"))
    directory.start()
    try:
        yield NetworkPeers(directory, client, clock)
    finally:
        await directory.close()
        client.close()
