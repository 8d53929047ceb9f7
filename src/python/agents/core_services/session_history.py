"""
What was said in a session, through the session memory: read before an answer, noted after it.

An answer can do without it, so a failure becomes a note in the trace. What the words mean may not
enter.
"""

from __future__ import annotations

from typing import Final

from agents.core_services.worker_calls import Trace, WorkerCalls
from common.contracts import session as s
from common.contracts.coordination import Submission
from common.contracts.language import MAX_TEXT, Turn
from common.messages import ActionError, ErrorCode

SESSION: Final = "session_memory_agent"

History = tuple[Turn, ...]


class SessionHistory:
    """Read and extend the history of the session of a request."""

    def __init__(self, calls: WorkerCalls) -> None:
        self._calls = calls

    async def history(self, request: Submission, trace: Trace) -> History | None:
        """Return what was said so far; None when the session memory cannot be used."""
        wanted = s.GetContextRequest(session_id=request.session_id)
        try:
            context = await self._calls.ask(trace, SESSION, "get_context", wanted, s.SessionContext)
        except ActionError as error:
            if error.code is ErrorCode.NOT_FOUND:
                return await self._begin(request, trace)
            trace.note_missing(SESSION, error)
            return None
        said = context.interactions
        return tuple(Turn(role=each.role, text=each.text[:MAX_TEXT]) for each in said)

    async def note(
        self, request: Submission, said: tuple[tuple[s.Role, str], ...], trace: Trace
    ) -> None:
        """Add what was said, in order; the first that fails ends it."""
        for role, words in said:
            turn = s.AddInteractionRequest(session_id=request.session_id, role=role, text=words)
            if not await self._calls.ask_if_there(
                trace, SESSION, "add_interaction", turn, s.InteractionAdded
            ):
                return

    async def _begin(self, request: Submission, trace: Trace) -> History | None:
        new = s.CreateSessionRequest(user_id=request.user_id, session_id=request.session_id)
        try:
            await self._calls.ask(trace, SESSION, "create_session", new, s.SessionCreated)
        except ActionError as error:
            if error.code is not ErrorCode.CONFLICT:  # another request began it just now
                trace.note_missing(SESSION, error)
                return None
        return ()
