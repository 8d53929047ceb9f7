"""
ContextManager: keeps the working context window of each session and prunes it by importance.

How importance is judged and what fits is in `context_window`.
"""

from __future__ import annotations

import asyncio
import uuid

from pydantic import JsonValue

from agents.context_management.context_window import (
    MAX_TOKENS,
    Kept,
    as_text,
    cost_of,
    fitting,
    importance_of,
    score_at,
    shown,
)
from common.agent import Agent, action
from common.bounded_documents import BoundedDocuments
from common.contracts.context import (
    AddedToContext,
    AddToContextRequest,
    ClearContextRequest,
    ContextAsText,
    ContextCleared,
    ContextPruned,
    ContextWindow,
    GetContextRequest,
    PruneContextRequest,
)
from common.messages import ActionError, ErrorCode
from common.token_cost import token_cost

KEPT_SECONDS = 7 * 24 * 3600.0
MAX_SESSIONS = 200


class ContextManager(Agent):
    """Keep what each session is about, within bounds, over a restart."""

    async def start(self) -> None:
        """Take up which sessions there are."""
        self._writing = asyncio.Lock()
        self._windows = BoundedDocuments(
            self.store, self.clock, "windows", most=MAX_SESSIONS, seconds=KEPT_SECONDS
        )
        await self._windows.load()

    async def state_cleared(self) -> None:
        """Forget the sessions."""
        await self._windows.load()

    @action
    async def add_to_context(self, request: AddToContextRequest) -> AddedToContext:
        """Add what was said; what matters least goes when there is too much."""
        cost = token_cost(request.text)
        if cost > MAX_TOKENS:
            message = f"expected a text of at most {MAX_TOKENS} tokens, found about {cost}"
            raise ActionError(ErrorCode.INVALID, message, "text")
        async with self._writing:
            window = await self._window(request.session_id)
            importance = request.importance
            if importance is None:
                importance = importance_of(request.text, request.speaker, window)
            added = Kept(
                entry_id=uuid.uuid4().hex,
                speaker=request.speaker,
                text=request.text,
                importance=importance,
                tokens=cost,
                at=self.clock.now(),
            )
            grown = (*window, added)
            fit = fitting(grown, MAX_TOKENS, self.clock.now())
            await self._keep(request.session_id, fit)
        entry = shown(added, self.clock.now())
        return AddedToContext(entry=entry, pruned=len(grown) - len(fit))

    @action
    async def get_context(self, request: GetContextRequest) -> ContextWindow:
        """Return what matters most of a session, as much as fits in the budget."""
        fit, dropped = await self._fitting(request)
        now = self.clock.now()
        return ContextWindow(
            session_id=request.session_id,
            entries=tuple(shown(kept, now) for kept in fit),
            tokens=cost_of(fit),
            dropped=dropped,
        )

    @action
    async def get_context_text(self, request: GetContextRequest) -> ContextAsText:
        """Return what matters most as one text, for a prompt."""
        fit, dropped = await self._fitting(request)
        return ContextAsText(
            session_id=request.session_id, text=as_text(fit), tokens=cost_of(fit), dropped=dropped
        )

    @action
    async def prune_context(self, request: PruneContextRequest) -> ContextPruned:
        """Forget for good what scores too low or does not fit in the budget."""
        now = self.clock.now()
        async with self._writing:
            window = await self._window(request.session_id)
            high = [kept for kept in window if score_at(kept, now) >= request.least_score]
            fit = fitting(high, request.token_budget, now)
            if len(fit) < len(window):
                await self._keep(request.session_id, fit)
        return ContextPruned(pruned=len(window) - len(fit), kept=len(fit), tokens=cost_of(fit))

    @action
    async def clear_context(self, request: ClearContextRequest) -> ContextCleared:
        """Forget a session."""
        async with self._writing:
            entries = len(await self._window(request.session_id))
            await self._windows.delete(request.session_id)
        return ContextCleared(entries=entries)

    async def _fitting(self, request: GetContextRequest) -> tuple[tuple[Kept, ...], int]:
        window = await self._window(request.session_id)
        fit = fitting(window, request.token_budget, self.clock.now())
        return fit, len(window) - len(fit)

    async def _window(self, session_id: str) -> tuple[Kept, ...]:
        document = await self._windows.get(session_id)
        entries = document["entries"] if document else []
        return (
            tuple(Kept.model_validate(each) for each in entries)
            if isinstance(entries, list)
            else ()
        )

    async def _keep(self, session_id: str, window: tuple[Kept, ...]) -> None:
        entries: list[JsonValue] = [kept.model_dump(mode="json") for kept in window]
        await self._windows.put(session_id, {"entries": entries})
