"""Calls of one peer through a circuit breaker, which trusts a peer that was started anew."""

from typing import TypeVar

from common.circuit import CircuitBreaker, CircuitState
from common.clock import Clock
from common.messages import ActionError, ErrorCode, Reply, Request
from common.peers import DEFAULT_TIMEOUT, Peers

R = TypeVar("R", bound=Reply)

FAILURES = 3
RESET_SECONDS = 30.0


class PeerCircuit:
    """Ask an agent; leave it alone for a while after `FAILURES` in a row, unless it restarts."""

    def __init__(self, agent: str, peers: Peers, clock: Clock) -> None:
        self._agent = agent
        self._peers = peers
        self._breaker = CircuitBreaker(FAILURES, RESET_SECONDS, clock)
        self._served_since = 0.0

    @property
    def state(self) -> CircuitState:
        """Return what the next call would meet."""
        self._forgive_after_restart()
        return self._breaker.state

    def reset(self) -> None:
        """Forget every failure."""
        self._breaker.reset()

    async def call(
        self,
        action: str,
        request: Request,
        reply: type[R],
        *,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> R:
        """Return the reply; an agent that nobody knows is UNAVAILABLE, never NOT_FOUND."""
        self._forgive_after_restart()
        return await self._breaker.call(lambda: self._reach(action, request, reply, timeout))

    def _forgive_after_restart(self) -> None:
        records = self._peers.directory()
        serving = [r.since for r in records if r.slug == self._agent and r.phase.is_serving]
        latest = max(serving, default=0.0)
        if latest > self._served_since:
            self._served_since = latest
            self._breaker.reset()

    async def _reach(self, action: str, request: Request, reply: type[R], timeout: float) -> R:
        try:
            return await self._peers.call(self._agent, action, request, reply, timeout=timeout)
        except ActionError as error:
            is_listed = any(record.slug == self._agent for record in self._peers.directory())
            if error.code is ErrorCode.NOT_FOUND and not is_listed:  # it is not the peer's answer
                raise ActionError(ErrorCode.UNAVAILABLE, error.message) from error
            raise
