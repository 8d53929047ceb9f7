"""
ProactiveContextMonitor: watches the context for chances to offer help unasked.

When help fits is data in `help_rules`.
"""

from __future__ import annotations

import asyncio
from collections import deque

from agents.context_management.help_rules import offers_for, pause_of
from common.agent import Agent, action
from common.contracts.coordination import INTERACTIONS, InteractionHappened
from common.contracts.proactive import (
    OFFERS,
    AddContextRequest,
    ClearContextHistoryRequest,
    ContextHistory,
    ContextHistoryCleared,
    ContextHistoryRequest,
    ContextKind,
    ContextNote,
    ContextTaken,
    HelpOffered,
)
from common.newest import Newest

MAX_NOTES = 1_000
NOTES_OF_USER = 50
MAX_PAUSES = 2_000
MAX_TEXT = 10_000


class ProactiveContextMonitor(Agent):
    """Offer help when a rule finds a chance, and not again until its pause is over."""

    topics = (OFFERS,)

    async def start(self) -> None:
        """Begin to watch conversations."""
        self._notes: deque[ContextNote] = deque(maxlen=MAX_NOTES)
        self._silent_until: Newest[tuple[str, str], float] = Newest(MAX_PAUSES)
        self.spawn(self._watch(), "conversations")

    async def state_cleared(self) -> None:
        """Forget what was seen and offered."""
        self._notes.clear()
        self._silent_until.clear()

    @action
    async def add_context(self, request: AddContextRequest) -> ContextTaken:
        """Take in what was said or happened, and offer help when it calls for it."""
        note = ContextNote(
            text=request.text,
            user_id=request.user_id,
            kind=request.kind,
            failed=request.failed,
            at=self.clock.now(),
        )
        return ContextTaken(offers=await self._take(note))

    @action
    async def get_context_history(self, request: ContextHistoryRequest) -> ContextHistory:
        """Return the latest notes, of one user or of all."""
        notes = [note for note in self._notes if request.user_id in (None, note.user_id)]
        return ContextHistory(notes=tuple(notes[-request.limit :]))

    @action
    async def clear_context_history(
        self, request: ClearContextHistoryRequest
    ) -> ContextHistoryCleared:
        """Forget the notes of one user or of all."""
        kept = [note for note in self._notes if request.user_id not in (None, note.user_id)]
        count = len(self._notes) - len(kept)
        self._notes = deque(kept, maxlen=MAX_NOTES)
        return ContextHistoryCleared(notes=count)

    async def _take(self, note: ContextNote) -> tuple[str, ...]:
        self._notes.append(note)
        notes = [each for each in self._notes if each.user_id == note.user_id][-NOTES_OF_USER:]
        found = await asyncio.to_thread(offers_for, notes)
        now = self.clock.now()
        made = []
        for offer in found:
            key = (note.user_id, offer.reason)
            if self._silent_until.get(key, 0.0) > now:
                continue
            self._silent_until[key] = now + pause_of(offer.reason)
            self.events.publish(
                OFFERS,
                HelpOffered(
                    user_id=note.user_id,
                    text=offer.text,
                    reason=offer.reason,
                    confidence=offer.confidence,
                    at=now,
                ),
            )
            made.append(offer.reason)
        return tuple(made)

    async def _watch(self) -> None:
        async for delivery in self.peers.subscribe(INTERACTIONS):
            for note in self._notes_of(delivery.event):
                await self._take(note)

    def _notes_of(self, happened: InteractionHappened) -> tuple[ContextNote, ...]:
        said = ContextNote(
            text=happened.text[:MAX_TEXT],
            user_id=happened.user_id,
            kind=ContextKind.SAID,
            failed=False,
            at=self.clock.now(),
        )
        answered = said.model_copy(
            update={
                "text": happened.answer[:MAX_TEXT],
                "kind": ContextKind.ANSWERED,
                "failed": happened.failed,
            }
        )
        return said, answered
