"""How an agent calls another. Only the seam may enter; `common.transport` fills it."""

from typing import Protocol, TypeVar

from common.contracts.registry import AgentRecord
from common.messages import Reply, Request

R = TypeVar("R", bound=Reply)

DEFAULT_TIMEOUT = 5.0


class Peers(Protocol):
    """Call other agents by their slugs."""

    async def call(
        self,
        agent: str,
        action: str,
        request: Request,
        reply: type[R],
        *,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> R:
        """Return the peer's reply; raise ActionError and nothing else when there is none."""
        ...

    def directory(self) -> tuple[AgentRecord, ...]:
        """Return what the registry knows, sorted by slug and instance."""
        ...
