"""How an agent asks another. Only the seam may enter; `common.transport` fills it."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from common.contracts.registry import AgentRecord
from common.messages import Event, Item, Reply, Request, Topic

R = TypeVar("R", bound=Reply)
S = TypeVar("S", bound=Item, covariant=True)
I = TypeVar("I", bound=Item)  # noqa: E741  # the field's short name, as R for a reply
E = TypeVar("E", bound=Event)

DEFAULT_TIMEOUT = 5.0


@dataclass(frozen=True)
class Delivery(Generic[E]):
    """An event, its number, and how many were missed before it.

    `missed` is None when the publisher was started anew since the event before: what it told
    in between, nobody knows.
    """

    event: E
    sequence: int
    missed: int | None = 0


class Stream(Protocol[S]):
    """An open stream: items of the agent come by `async for`."""

    async def send(self, item: Item) -> None:
        """Send an item as soon as the agent has room for it."""
        ...

    async def end(self) -> None:
        """Say that no more items will be sent."""
        ...

    def __aiter__(self) -> AsyncIterator[S]:
        """Return the agent's items; ActionError ends them when something went wrong."""
        ...


class Peers(Protocol):
    """Ask other agents, by their slugs; raise ActionError and nothing else."""

    async def call(
        self,
        agent: str,
        action: str,
        request: Request,
        reply: type[R],
        *,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> R:
        """Return the peer's reply."""
        ...

    def stream(
        self, agent: str, action: str, request: Request, item: type[I]
    ) -> AbstractAsyncContextManager[Stream[I]]:
        """Open a stream that lives as long as the block."""
        ...

    def subscribe(self, topic: Topic[E]) -> AsyncGenerator[Delivery[E], None]:
        """Return the events of a topic from now on, for ever, wherever its agent moves."""
        ...

    def directory(self) -> tuple[AgentRecord, ...]:
        """Return what the registry knows, sorted by slug and instance."""
        ...
