"""
Calls of worker agents, each agent behind its own circuit breaker, with a trace of what was used.

Which agent is asked for what may not enter: that is the business of the flows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import JsonValue

from common.clock import Clock
from common.messages import ActionError, Reply, Request
from common.peer_circuit import PeerCircuit
from common.peers import DEFAULT_TIMEOUT, Peers

R = TypeVar("R", bound=Reply)


class WorkerError(ActionError):
    """Say which agent gave no reply to what; told is what the agent itself said."""

    def __init__(self, agent: str, action: str, error: ActionError) -> None:
        super().__init__(error.code, f"{agent} {action}: {error.message}")
        self.told = error.message


@dataclass
class Trace:
    """Collect, for one request, which agents answered and what had to be left out."""

    agents: list[str] = field(default_factory=list)
    degraded: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)  # agents that could not help
    facts: dict[str, JsonValue] = field(default_factory=dict)
    said: str = ""  # by the user, in words

    def note_missing(self, agent: str, error: ActionError) -> None:
        """Note that an agent could not help, and why."""
        self.degraded.append(str(error))
        self.missed.append(agent)

    def metadata(self) -> dict[str, JsonValue]:
        """Return what the caller of the request is told."""
        degraded: list[JsonValue] = [*self.degraded]
        agents: list[JsonValue] = [*dict.fromkeys(self.agents)]
        return {**self.facts, "agents": agents, "degraded": degraded}


class WorkerCalls:
    """Call worker agents; one that fails three times in a row is left alone for a while."""

    def __init__(self, peers: Peers, clock: Clock) -> None:
        self._peers = peers
        self._clock = clock
        self._circuits: dict[str, PeerCircuit] = {}

    def breakers(self) -> dict[str, str]:
        """Return the state of each breaker by agent."""
        return {agent: self._circuits[agent].state.value for agent in sorted(self._circuits)}

    def missing(self, agents: Iterable[str]) -> tuple[str, ...]:
        """Return those of the agents that no record in the directory serves."""
        serving = {record.slug for record in self._peers.directory() if record.phase.is_serving}
        return tuple(agent for agent in agents if agent not in serving)

    async def ask(
        self,
        trace: Trace,
        agent: str,
        action: str,
        request: Request,
        reply: type[R],
        *,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> R:
        """Return the reply; an error says which agent it is about."""
        circuit = self._circuits.get(agent)
        if circuit is None:
            circuit = self._circuits[agent] = PeerCircuit(agent, self._peers, self._clock)
        try:
            answered = await circuit.call(action, request, reply, timeout=timeout)
        except ActionError as error:
            raise WorkerError(agent, action, error) from error
        trace.agents.append(agent)
        return answered

    async def ask_if_there(
        self,
        trace: Trace,
        agent: str,
        action: str,
        request: Request,
        reply: type[R],
        *,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> R | None:
        """Return the reply, or None with a note in the trace when the agent gives none."""
        try:
            return await self.ask(trace, agent, action, request, reply, timeout=timeout)
        except ActionError as error:
            trace.note_missing(agent, error)
            return None
