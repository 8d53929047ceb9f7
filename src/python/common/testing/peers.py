"""Peers that a test answers for. No socket may enter."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from common.contracts.registry import AgentRecord
from common.messages import ActionError, ErrorCode, Reply, Request
from common.peers import DEFAULT_TIMEOUT

R = TypeVar("R", bound=Reply)

Answer = Callable[[Any], Reply | Awaitable[Reply]]


@dataclass(frozen=True)
class PeerCall:
    """One call that the agent under test made."""

    agent: str
    action: str
    request: Request
    timeout: float


class FakePeers:
    """Answer calls by functions and remember the calls."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], Answer] = {}
        self._records: dict[tuple[str, str], AgentRecord] = {}
        self.calls: list[PeerCall] = []

    def answer(self, agent: str, action: str, function: Answer) -> None:
        """Answer an action of a peer by a function; it may be async and may raise ActionError."""
        self._answers[agent, action] = function

    def fail(self, agent: str, action: str, code: ErrorCode, message: str = "told to fail") -> None:
        """Answer an action of a peer by an error."""

        def refuse(request: Request) -> Reply:
            raise ActionError(code, message)

        self._answers[agent, action] = refuse

    def forget(self, agent: str, action: str) -> None:
        """Stop answering an action: its next call finds the peer unavailable."""
        self._answers.pop((agent, action), None)

    def know(self, *records: AgentRecord) -> None:
        """Enter records in the directory."""
        for record in records:
            self._records[record.slug, record.instance] = record

    def calls_of(self, agent: str, action: str) -> tuple[Any, ...]:
        """Return the requests of one action, in order."""
        return tuple(
            call.request for call in self.calls if (call.agent, call.action) == (agent, action)
        )

    async def call(
        self,
        agent: str,
        action: str,
        request: Request,
        reply: type[R],
        *,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> R:
        """Return what the test's function answers, as the type the caller expects."""
        self.calls.append(PeerCall(agent, action, request, timeout))
        function = self._answers.get((agent, action))
        if function is None:
            raise ActionError(ErrorCode.UNAVAILABLE, f"{agent} does not answer {action} here")
        answered = function(request)
        found = await answered if inspect.isawaitable(answered) else answered
        # Through JSON, as between processes: a reply the caller cannot read fails here too.
        return reply.model_validate_json(found.model_dump_json())

    def directory(self) -> tuple[AgentRecord, ...]:
        """Return the records that the test entered."""
        return tuple(self._records[key] for key in sorted(self._records))
