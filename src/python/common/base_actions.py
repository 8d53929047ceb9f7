"""The actions that every agent answers. No action of one agent may enter."""

from typing import Protocol

from common.actions import action
from common.contracts.health import Cleared, HealthReport, Pong
from common.contracts.traces import Span, Spans, TraceQuery
from common.messages import Done, Empty, Query

BASE_ACTIONS = ("clear_state", "health", "health_check", "ping", "restart", "trace")


class Process(Protocol):
    """What the base actions need of the process they run in."""

    def report(self) -> HealthReport:
        """Describe the process."""
        ...

    def restart(self) -> None:
        """Begin to drain; the supervisor starts the process again."""
        ...

    async def clear_state(self) -> int:
        """Wipe what the agent keeps and return how many documents that were."""
        ...

    def spans(self, correlation_id: str) -> tuple[Span, ...]:
        """Return what the process remembers of its work for a correlation id."""
        ...


class BaseActions:
    """Answer what is the same for every agent."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @action
    async def ping(self, request: Query) -> Pong:
        """Answer at once: the agent's loop runs."""
        report = self._process.report()
        return Pong(agent=report.agent, instance=report.instance)

    @action
    async def health(self, request: Query) -> HealthReport:
        """Describe phase, missing dependencies and load."""
        return self._process.report()

    @action
    async def health_check(self, request: Query) -> HealthReport:
        """Describe phase, missing dependencies and load, as `health` does."""
        return self._process.report()

    @action
    async def restart(self, request: Empty) -> Done:
        """Finish what runs, then exit so that the supervisor starts the agent again."""
        self._process.restart()
        return Done()

    @action
    async def clear_state(self, request: Empty) -> Cleared:
        """Wipe everything the agent keeps."""
        return Cleared(documents=await self._process.clear_state())

    @action
    async def trace(self, request: TraceQuery) -> Spans:
        """Tell what this process did for a correlation id, as far as it remembers."""
        return Spans(spans=self._process.spans(request.correlation_id))
