"""A registry, a caller that follows it, and agents that a test plays or runs."""

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import Any

from agents.core_services.service_registry import ServiceRegistry
from common.clock import SystemClock
from common.contracts.registry import (
    REGISTRY_SLUG,
    AgentRecord,
    AgentRegistered,
    DeregisterAgent,
    RegisterAgent,
)
from common.directory import Directory
from common.facts import AgentFacts
from common.lifecycle import Phase
from common.messages import Done
from common.network_peers import NetworkPeers
from common.testing.live import LiveFleet
from common.transport.client import Client

LOG = logging.getLogger("test.town")


class Town:
    """Ask as `caller`, along the edges of its facts if there are any."""

    def __init__(self, facts: AgentFacts | None = None) -> None:
        self.clock = SystemClock()
        self.fleet = LiveFleet()
        self.retried: list[str] = []
        self.missed: list[tuple[str, int]] = []
        self.client = Client("caller", self.clock)
        self.directory = Directory((self.fleet.registry_endpoint,), self.client, self.clock, LOG)
        self.peers = NetworkPeers(
            self.directory,
            self.client,
            self.clock,
            facts,
            on_retry=self.retried.append,
            on_missed=lambda topic, count: self.missed.append((topic, count)),
        )
        self._stack = AsyncExitStack()
        self._moves = 0

    async def __aenter__(self) -> "Town":
        """Start the registry and follow it."""
        await self._stack.enter_async_context(self.fleet)
        self.fleet.start(ServiceRegistry)
        await self.fleet.ready()
        self._stack.callback(self.client.close)
        self._stack.push_async_callback(self.directory.close)
        self.directory.start()
        return self

    async def __aexit__(self, *told: object) -> None:
        """Stop everything."""
        await self._stack.aclose()

    async def settle(self, slug: str, endpoint: str, instance: str = "") -> None:
        """Say where an agent is; return when the caller knows it."""
        self._moves += 1
        record = AgentRecord(
            slug=slug,
            instance=instance or slug,
            endpoint=endpoint,
            health_endpoint="http://127.0.0.1:1",
            phase=Phase.READY,
            machine="mainpc",
            group="tests",
            since=self._moves,
        )
        await self._tell("register_agent", RegisterAgent(record=record), AgentRegistered)
        async with asyncio.timeout(5):
            while endpoint not in {found.endpoint for found in self.directory.serving(slug)}:
                await self.directory.wait_for_change()

    async def leave(self, slug: str) -> None:
        """Say that an agent is gone; return when the caller knows it."""
        (record,) = self.directory.serving(slug)
        gone = DeregisterAgent(slug=slug, instance=record.instance, since=record.since)
        await self._tell("deregister_agent", gone, Done)
        async with asyncio.timeout(5):
            while self.directory.knows(slug):
                await self.directory.wait_for_change()

    async def known(self, slug: str) -> AgentRecord:
        """Return the record of an agent as soon as it serves."""
        async with asyncio.timeout(5):
            while not self.directory.serving(slug):
                await self.directory.wait_for_change()
        return self.directory.serving(slug)[0]

    async def _tell(self, action: str, request: Any, reply: Any) -> None:
        await self.fleet.peers.call(REGISTRY_SLUG, action, request, reply)
