"""Calls to agents by slug: the directory says where, the client calls. No retry may enter."""

from typing import TypeVar

from common.call_context import current_call
from common.clock import Clock
from common.contracts.registry import REGISTRY_SLUG, AgentRecord
from common.directory import Directory
from common.messages import ActionError, ErrorCode, Reply, Request
from common.peers import DEFAULT_TIMEOUT
from common.routing import choose
from common.transport.client import Client

R = TypeVar("R", bound=Reply)

# An agent that nobody has heard of may be registering right now.
UNKNOWN_SECONDS = 1.5


class NetworkPeers:
    """Call agents wherever the registry says they are."""

    def __init__(
        self,
        directory: Directory,
        client: Client,
        clock: Clock,
        expected: frozenset[str] = frozenset(),
    ) -> None:
        self._directory = directory
        self._client = client
        self._clock = clock
        self._expected = expected

    async def call(
        self,
        agent: str,
        action: str,
        request: Request,
        reply: type[R],
        *,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> R:
        """Return the reply; wait for a peer that is starting, but never past the deadline."""
        deadline = self._client.deadline(timeout)
        endpoint = self._known(agent) or await self._found(agent, deadline)
        name = f"{agent}.{action}"
        return await self._client.call(endpoint, name, request, reply, deadline=deadline)

    def directory(self) -> tuple[AgentRecord, ...]:
        """Return what the registry knows, sorted by slug and instance."""
        return self._directory.records()

    def _known(self, agent: str) -> str | None:
        if agent == REGISTRY_SLUG:
            return self._directory.registry_endpoint
        serving = self._directory.serving(agent)
        if not serving:
            return None
        call = current_call()
        return choose(serving, "" if call is None else call.correlation_id).endpoint

    async def _found(self, agent: str, deadline: float) -> str:
        asked = self._clock.now()
        while True:
            now = self._clock.now()
            is_expected = agent in self._expected or self._directory.knows(agent)
            until = deadline if is_expected else min(deadline, asked + UNKNOWN_SECONDS)
            if until <= now or not await self._directory.wait_for_change(until - now):
                raise self._missing(agent)
            endpoint = self._known(agent)
            if endpoint is not None:
                return endpoint

    def _missing(self, agent: str) -> ActionError:
        phases = [record.phase.value for record in self.directory() if record.slug == agent]
        if phases:
            message = f"{agent} does not serve: it is {', '.join(phases)}"
            return ActionError(ErrorCode.UNAVAILABLE, message)
        if agent in self._expected or not self._directory.is_serving(REGISTRY_SLUG):
            return ActionError(ErrorCode.UNAVAILABLE, f"{agent} is not registered yet")
        return ActionError(ErrorCode.NOT_FOUND, f"no agent {agent!r} is registered")
