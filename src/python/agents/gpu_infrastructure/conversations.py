"""
The last turns of conversations with models, kept over restarts and bounded.

What is said is not looked at.
"""

from __future__ import annotations

import hashlib
from typing import Final

from common.bounded_documents import BoundedDocuments
from common.clock import Clock
from common.model_server import Message
from common.state.store import Store

COLLECTION: Final = "conversations"
MOST: Final = 500
KEPT_TURNS: Final = 20
KEPT_CHARACTERS: Final = 4_000
SECONDS: Final = 7 * 24 * 3_600.0


class Conversations:
    """Remember what was said in each conversation for a week after its last turn."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._documents = BoundedDocuments(store, clock, COLLECTION, most=MOST, seconds=SECONDS)

    async def load(self) -> None:
        """Learn which there are."""
        await self._documents.load()

    async def turns(self, conversation_id: str | None) -> tuple[Message, ...]:
        """Return the turns so far, oldest first."""
        if conversation_id is None:
            return ()
        document = await self._documents.get(_key(conversation_id))
        said = document.get("said") if document else None
        # They take turns, and the user begins.
        return tuple(
            Message("assistant" if place % 2 else "user", str(text))
            for place, text in enumerate(said if isinstance(said, list) else ())
        )

    async def add(self, conversation_id: str | None, said: str, answered: str) -> None:
        """Remember one more exchange."""
        if conversation_id is None:
            return
        before = [turn.content for turn in await self.turns(conversation_id)]
        now = [*before, said[:KEPT_CHARACTERS], answered[:KEPT_CHARACTERS]]
        await self._documents.put(_key(conversation_id), {"said": [*now[-KEPT_TURNS:]]})

    async def clear(self, conversation_id: str) -> bool:
        """Forget a conversation and tell whether there was one."""
        return await self._documents.delete(_key(conversation_id))


def _key(conversation_id: str) -> str:
    # A store takes no more than 1,024 bytes, an identifier may be 200 characters of any kind.
    return hashlib.sha256(conversation_id.encode()).hexdigest()
