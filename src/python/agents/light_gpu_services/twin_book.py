"""A document for each user: what is known of them, changed key by key."""

from __future__ import annotations

import json
from typing import Final

from common.contracts.memory_reasoning import TwinDocument, UpdateTwinRequest, UserTwin
from common.messages import ActionError, ErrorCode
from common.state import Store

TWINS: Final = "twins"
MAX_TWIN: Final = 100_000
KEPT_SECONDS: Final = 2 * 365 * 24 * 3600.0


class TwinBook:
    """Keep twins for two years after their last change."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def find(self, user_id: str) -> UserTwin | None:
        """Return a user's twin, if there is one."""
        document = await self._store.get(TWINS, user_id)
        return None if document is None else UserTwin.model_validate(document)

    async def get(self, user_id: str) -> UserTwin:
        """Return a user's twin, or raise ActionError."""
        twin = await self.find(user_id)
        if twin is None:
            raise ActionError(ErrorCode.NOT_FOUND, "no twin of that user", "user_id")
        return twin

    async def update(self, request: UpdateTwinRequest, now: float) -> UserTwin:
        """Change keys of a twin; what changes nothing makes no new version."""
        known = await self.find(request.user_id)
        before = known.document if known else {}
        merged = {**before, **request.changes}
        document: TwinDocument = {key: value for key, value in merged.items() if value is not None}
        _check_size(document)
        if known is not None and document == before:
            return known
        version = known.version + 1 if known else 1
        twin = UserTwin(user_id=request.user_id, document=document, version=version, updated_at=now)
        await self._store.put(
            TWINS, request.user_id, twin.model_dump(mode="json"), expires_at=now + KEPT_SECONDS
        )
        return twin

    async def delete(self, user_id: str) -> bool:
        """Delete a twin and tell whether there was one."""
        return await self._store.delete(TWINS, user_id)


def _check_size(document: TwinDocument) -> None:
    try:
        size = len(json.dumps(document, allow_nan=False))
    except ValueError:
        raise ActionError(ErrorCode.INVALID, "expected finite numbers", "changes") from None
    if size > MAX_TWIN:
        message = f"expected a twin of at most {MAX_TWIN} characters, found {size}"
        raise ActionError(ErrorCode.INVALID, message, "changes")
