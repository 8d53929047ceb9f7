"""
What is kept of requests: those that are open, their files, and results for a while.

A file is a document of its own, so that a request can be rewritten without it. No order and no
flow may enter.
"""

from __future__ import annotations

import base64
from typing import Final

from agents.core_services.request_queue import Ticket
from common.contracts.coordination import RequestResult
from common.state import Document, Store

PENDING: Final = "pending"
FILES: Final = "files"
RESULTS: Final = "results"
SOUNDS: Final = "sounds"
KEEP_RESULT_SECONDS: Final = 3_600.0
KEEP_SOUND_SECONDS: Final = 300.0  # it is large, and is fetched with the answer


class RequestStore:
    """Keep tickets, their attachments, and results."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def open_tickets(self) -> tuple[Ticket, ...]:
        """Return what was accepted and is not finished."""
        found = await self._store.scan(PENDING)
        return tuple(Ticket.model_validate(document) for _, document in found)

    async def keep(self, ticket: Ticket) -> None:
        """Keep a ticket as it is now."""
        await self._store.put(PENDING, ticket.request_id, ticket.model_dump(mode="json"))

    async def attach(self, request_id: str, content: bytes) -> None:
        """Keep the file of a request; it is kept before its ticket is."""
        await self._store.put(FILES, request_id, _as_document(content))

    async def attached(self, request_id: str) -> bytes | None:
        """Return the file of a request."""
        return _as_bytes(await self._store.get(FILES, request_id))

    async def finish(self, result: RequestResult, now: float) -> None:
        """Keep a result in the place of its ticket."""
        key, silent = result.request_id, result.model_copy(update={"audio": None})
        if result.audio is not None:
            sound = _as_document(result.audio)
            await self._store.put(SOUNDS, key, sound, expires_at=now + KEEP_SOUND_SECONDS)
        document = silent.model_dump(mode="json")
        await self._store.put(RESULTS, key, document, expires_at=now + KEEP_RESULT_SECONDS)
        await self._store.delete(PENDING, key)
        await self._store.delete(FILES, key)

    async def result(self, request_id: str) -> RequestResult | None:
        """Return a result that is still kept."""
        document = await self._store.get(RESULTS, request_id)
        if document is None:
            return None
        sound = _as_bytes(await self._store.get(SOUNDS, request_id))
        return RequestResult.model_validate({**document, "audio": sound})


def _as_document(content: bytes) -> Document:
    return {"base64": base64.b64encode(content).decode()}


def _as_bytes(document: Document | None) -> bytes | None:
    return base64.b64decode(str(document["base64"])) if document is not None else None
