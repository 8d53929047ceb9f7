"""The last pieces of work of a process. No sending and no rendering may enter."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from common.call_context import new_span
from common.contracts.traces import Span
from common.transport.server import Answered

RING_SPANS = 2000
# Asked all the time by machines about machines: they would push out what people ask for.
UNTRACED = frozenset({"heartbeat", "health", "health_check", "ping", "trace", "watch_agents"})


@dataclass(frozen=True)
class Origin:
    """Whose spans they are: the same for every span of a process."""

    agent: str
    instance: str
    release: str = ""


class Finished(NamedTuple):
    """A span without its origin: what is kept for each request."""

    trace: str
    id: str
    parent: str
    action: str
    started: float
    seconds: float
    status: str


class Tracer:
    """Keep the spans of the last requests.

    Nothing is indexed: thousands of requests are recorded for each one that is looked up, and
    a look through the whole ring takes less than a millisecond.
    """

    def __init__(self, origin: Origin, now: Callable[[], float], size: int = RING_SPANS) -> None:
        self.origin = origin
        self.export: Callable[[Finished], None] | None = None
        self._now = now
        self._ring: deque[Finished] = deque(maxlen=size)

    def __len__(self) -> int:
        """Count the spans that are known."""
        return len(self._ring)

    def record(self, answered: Answered) -> None:
        """Take an answered request into account."""
        action, status, seconds, call = answered
        trace = call.correlation_id
        if action in UNTRACED or not trace:
            return
        span = Finished(
            trace,
            call.span or new_span(),
            call.parent,
            action,
            self._now() - seconds,
            seconds,
            status,
        )
        self._ring.append(span)
        if self.export is not None:
            self.export(span)

    def spans(self, correlation_id: str) -> tuple[Span, ...]:
        """Return what is known of one correlation id, the oldest first."""
        return tuple(self._span(found) for found in self._ring if found.trace == correlation_id)

    def _span(self, found: Finished) -> Span:
        origin = self.origin
        return Span(
            **found._asdict(),
            agent=origin.agent,
            instance=origin.instance,
            release=origin.release,
        )
