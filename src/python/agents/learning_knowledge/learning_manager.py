"""
LearningManager: runs learning sessions and adapts their learning rate to the progress made.

How a rate follows from scores lies in learning_rate.
"""

from __future__ import annotations

import asyncio
import uuid
from typing import Final

from agents.learning_knowledge.learning_rate import adapted, trend_of
from common.agent import Agent, action
from common.bounded_documents import BoundedDocuments
from common.contracts import learning_progress as p
from common.messages import ActionError, Done, ErrorCode

SESSIONS: Final = "sessions"
MOST_SESSIONS: Final = 500
KEPT_SECONDS: Final = 90 * 86_400.0
KEPT_SCORES: Final = 200


class LearningManager(Agent):
    """Keep sessions; each score that is told moves the rate of its session."""

    async def start(self) -> None:
        """Take up the sessions of before."""
        self._changing = asyncio.Lock()
        self._sessions = BoundedDocuments(
            self.store, self.clock, SESSIONS, most=MOST_SESSIONS, seconds=KEPT_SECONDS
        )
        await self._sessions.load()

    async def state_cleared(self) -> None:
        """Learn that there is no session any more."""
        await self._sessions.load()

    @action
    async def create_session(self, request: p.CreateSessionRequest) -> p.LearningSession:
        """Begin a session."""
        session_id, now = request.session_id or uuid.uuid4().hex[:12], self.clock.now()
        session = p.LearningSession(
            session_id=session_id,
            subject=request.subject,
            learning_rate=request.learning_rate,
            minimum_rate=request.minimum_rate,
            maximum_rate=request.maximum_rate,
            created_at=now,
            updated_at=now,
        )
        async with self._changing:
            if await self._sessions.get(session_id) is not None:
                message = f"expected an id that is free, found {session_id!r}"
                raise ActionError(ErrorCode.CONFLICT, message, "session_id")
            await self._sessions.put(session_id, session.model_dump(mode="json"))
        return session

    @action
    async def get_session(self, request: p.SessionQuery) -> p.LearningSession:
        """Return a session."""
        return await self._find(request.session_id)

    @action
    async def update_session(self, request: p.UpdateSessionRequest) -> p.LearningSession:
        """Take a score in and adapt the rate to it."""
        async with self._changing:
            before = await self._find(request.session_id)
            scores = (*before.scores, request.score)[-KEPT_SCORES:]
            rate = adapted(before.learning_rate, scores, before.minimum_rate, before.maximum_rate)
            best = request.score if before.best is None else max(before.best, request.score)
            session = before.model_copy(
                update={
                    "learning_rate": rate,
                    "scores": scores,
                    "updates": before.updates + 1,
                    "best": best,
                    "trend": trend_of(scores),
                    "updated_at": self.clock.now(),
                }
            )
            await self._sessions.put(session.session_id, session.model_dump(mode="json"))
        return session

    @action
    async def delete_session(self, request: p.DeleteSessionRequest) -> Done:
        """End a session and forget it."""
        async with self._changing:
            if not await self._sessions.delete(request.session_id):
                raise _unknown(request.session_id)
        return Done()

    @action
    async def get_learning_rate(self, request: p.SessionQuery) -> p.LearningRate:
        """Return the rate that a session should go on with."""
        found = await self._find(request.session_id)
        return p.LearningRate(
            session_id=found.session_id, learning_rate=found.learning_rate, trend=found.trend
        )

    async def _find(self, session_id: str) -> p.LearningSession:
        document = await self._sessions.get(session_id)
        if document is None:
            raise _unknown(session_id)
        return p.LearningSession.model_validate(document)


def _unknown(session_id: str) -> ActionError:
    message = f"expected a session that was created, found {session_id!r}"
    return ActionError(ErrorCode.NOT_FOUND, message, "session_id")
