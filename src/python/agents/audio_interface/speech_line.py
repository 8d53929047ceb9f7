"""What one session is told and what waits to be said. Bounded; no clock, no event may enter."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from common.contracts.speech import SayRequest
from common.messages import ActionError, ErrorCode

MAX_WAITING: Final = 20


class SpeechLine:
    """The utterances of one session, first come, first said."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[str, SayRequest]] = deque()
        self.current: tuple[str, SayRequest] | None = None
        self.saying: asyncio.Task[None] | None = None

    def put(self, utterance_id: str, request: SayRequest) -> int:
        """Add an utterance, and return how many are before it; raise ActionError when full."""
        before = len(self.waiting) + (self.current is not None)
        if len(self.waiting) >= MAX_WAITING:
            message = f"expected at most {MAX_WAITING} utterances of a session to wait"
            raise ActionError(ErrorCode.OVERLOADED, message)
        self.waiting.append((utterance_id, request))
        return before

    def next(self) -> SayRequest | None:
        """Begin the next utterance, if there is one."""
        self.current = self.waiting.popleft() if self.waiting else None
        return self.current[1] if self.current else None

    def drop(self) -> int:
        """Drop everything, what is being said among it; return how many that were."""
        dropped = len(self.waiting) + (self.current is not None)
        self.waiting.clear()
        self.current = None
        if self.saying is not None:
            self.saying.cancel()
        return dropped
