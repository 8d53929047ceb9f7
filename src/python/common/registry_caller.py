"""Questions to the registry, whichever of its replicas leads. No record may enter."""

import asyncio
import random
from typing import TypeVar

from common.clock import Clock
from common.contracts.registry import REGISTRY_SLUG, GetWeights, WeightsList
from common.messages import ActionError, ErrorCode, Reply, Request
from common.transport.client import Client

R = TypeVar("R", bound=Reply)

PROBE_SECONDS = 0.5
AWAY = (ErrorCode.UNAVAILABLE, ErrorCode.TIMEOUT)


class RegistryCaller:
    """Stick to the replica that answered; when it does not, ask all which of them leads.

    A connection on which a replica said that it does not lead is dropped, and with it what the
    client has against that replica: soon it may be the one that leads.
    """

    def __init__(self, endpoints: tuple[str, ...], client: Client, clock: Clock) -> None:
        self.endpoint = endpoints[0]
        self._endpoints = endpoints
        self._client = client
        self._clock = clock
        self._is_lost = len(endpoints) > 1
        self._search = asyncio.Lock()

    async def ask(self, action: str, request: Request, reply: type[R], seconds: float) -> R:
        """Return the leader's reply; raise ActionError when nobody leads or it fails."""
        async with self._search:
            if self._is_lost:
                self.endpoint = await self._leader()
                self._is_lost = False
        endpoint = self.endpoint
        try:
            return await self._call(endpoint, action, request, reply, seconds)
        except ActionError as error:
            if error.code in AWAY:
                self._lose(endpoint, error)
            raise

    def _lose(self, endpoint: str, error: ActionError) -> None:
        if len(self._endpoints) == 1:
            # There is no other to ask. Who else waits there is not harmed by one refusal.
            self._client.forgive(endpoint)
            return
        is_lost = endpoint == self.endpoint
        self._is_lost = self._is_lost or is_lost
        # Whoever waits there for news would wait for long.
        if is_lost or error.code is ErrorCode.UNAVAILABLE:
            self._client.forget(endpoint, error)

    async def _leader(self) -> str:
        loop = asyncio.get_running_loop()
        endpoints = random.sample(self._endpoints, len(self._endpoints))
        probes = [loop.create_task(self._probe(endpoint)) for endpoint in endpoints]
        try:
            for probe in asyncio.as_completed(probes):
                if (found := await probe) is not None:
                    return found
        finally:
            for task in probes:
                task.cancel()
            await asyncio.gather(*probes, return_exceptions=True)
        raise ActionError(ErrorCode.UNAVAILABLE, f"none of {', '.join(self._endpoints)} leads")

    async def _probe(self, endpoint: str) -> str | None:
        question = GetWeights(agent=REGISTRY_SLUG)
        try:
            await self._call(endpoint, "get_weights", question, WeightsList, PROBE_SECONDS)
        except ActionError as error:
            self._client.forget(endpoint, error)
            return None
        return endpoint

    async def _call(
        self, endpoint: str, action: str, request: Request, reply: type[R], seconds: float
    ) -> R:
        deadline = self._clock.now() + seconds
        name = f"{REGISTRY_SLUG}.{action}"
        return await self._client.call(endpoint, name, request, reply, deadline=deadline)
