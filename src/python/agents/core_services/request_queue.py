"""
The queue of requests: who is first, and how many may wait.

Ordering only: what a request means and who answers it may not enter.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pydantic import BaseModel, ConfigDict

from common.contracts.coordination import (
    Priority,
    QueuedRequest,
    RequestStatus,
    RequestType,
    Submission,
    Urgency,
    UserKind,
)
from common.messages import ActionError, ErrorCode

FIRST: Final = 1
LAST: Final = 10
BY_TYPE: Final = {
    RequestType.AUDIO: 1,
    RequestType.TEXT: 2,
    RequestType.VISION: 3,
    RequestType.BACKGROUND: 5,
}
BY_USER: Final = {UserKind.OWNER: -1, UserKind.MEMBER: 0, UserKind.GUEST: 1}
BY_URGENCY: Final = {
    Urgency.CRITICAL: -3,
    Urgency.HIGH: -1,
    Urgency.NORMAL: 0,
    Urgency.LOW: 2,
}


def priority_of(request: Submission) -> int:
    """Return 1 (first) to 10 from what the request says, or from its type, user and urgency."""
    if request.priority is not None:
        return request.priority
    wanted = BY_TYPE[request.type] + BY_USER[request.user_kind] + BY_URGENCY[request.urgency]
    return min(LAST, max(FIRST, wanted))


class Ticket(BaseModel):
    """Hold one accepted request; attempts counts how often a worker began it.

    The file of a request that `has_file` is kept apart, as it may be large.
    What is done for it belongs to the span that accepted it, after a restart too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    request_id: str
    request: Submission
    priority: Priority
    submitted_at: float
    attempts: int = 0
    has_file: bool = False
    correlation_id: str = ""
    span: str = ""

    @property
    def turn(self) -> tuple[int, float, str]:
        """Return the sort key: priority first, then who came earlier."""
        return self.priority, self.submitted_at, self.request_id

    def shown(self, status: RequestStatus) -> QueuedRequest:
        """Return what others may see of it, which is not what was said."""
        return QueuedRequest(
            request_id=self.request_id,
            type=self.request.type,
            status=status,
            priority=self.priority,
            user_id=self.request.user_id,
            session_id=self.request.session_id,
            submitted_at=self.submitted_at,
        )


class RequestQueue:
    """Hold the tickets that wait, at most `capacity`, and hand out the first."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._heap: list[tuple[tuple[int, float, str], int, Ticket]] = []
        self._count = self._reserved = 0
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        """Count the tickets that wait."""
        return len(self._heap)

    @contextmanager
    def reservation(self) -> Iterator[None]:
        """Hold a place while a ticket is made durable; raise OVERLOADED when none is left."""
        if len(self._heap) + self._reserved >= self.capacity:
            message = f"{self.capacity} requests wait already, which is the limit; try later"
            raise ActionError(ErrorCode.OVERLOADED, message)
        self._reserved += 1
        try:
            yield
        finally:
            self._reserved -= 1

    def add(self, ticket: Ticket) -> int:
        """Let a ticket wait and return its position, counting from 1; never refuses."""
        self._count += 1
        heapq.heappush(self._heap, (ticket.turn, self._count, ticket))
        self._filled.set()
        return 1 + sum(turn < ticket.turn for turn, _, _ in self._heap)

    def waiting(self) -> tuple[Ticket, ...]:
        """Return the tickets in the order in which they will be taken."""
        return tuple(ticket for _, _, ticket in sorted(self._heap, key=lambda entry: entry[:2]))

    def remove(self, request_id: str) -> Ticket | None:
        """Take a ticket out of its turn; None when it does not wait."""
        found = next((entry for entry in self._heap if entry[2].request_id == request_id), None)
        if found is None:
            return None
        self._heap.remove(found)
        heapq.heapify(self._heap)
        return found[2]

    async def take(self) -> Ticket:
        """Wait for a ticket and return the first."""
        while not self._heap:
            self._filled.clear()
            await self._filled.wait()
        return heapq.heappop(self._heap)[2]
