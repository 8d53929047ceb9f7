"""The sound of each session that waits to be published. Bounded; no clock, no event may enter."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Final

from agents.audio_interface.chunks import chunks, seconds_of
from common.messages import ActionError, ErrorCode

MAX_SESSIONS: Final = 32
MAX_WAITING_SECONDS: Final = 130.0
MAX_WAITING_BYTES: Final = 64_000_000


@dataclass(frozen=True)
class Piece:
    """A piece of PCM, `start` seconds into its stream; after the last one a new stream begins."""

    pcm: bytes
    rate: int
    start: float
    last: bool

    @property
    def seconds(self) -> float:
        """Return how long it lasts."""
        return seconds_of(self.pcm, self.rate)


class CaptureLine:
    """One session's sound in the order that it is published in."""

    def __init__(self) -> None:
        self._pieces: deque[Piece] = deque()
        self._came = asyncio.Event()
        self.end = 0.0
        self.waiting_seconds = 0.0
        self.waiting_bytes = 0

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing waits."""
        return not self._pieces

    def put(self, pcm: bytes, rate: int, last: bool) -> tuple[float, float]:
        """Add sound, and return where in its stream it begins and ends."""
        start = self.end
        parts = list(chunks(pcm, rate)) or [b""]
        for index, part in enumerate(parts):
            piece = Piece(part, rate, self.end, last and index == len(parts) - 1)
            self._pieces.append(piece)
            self.end += piece.seconds
        self.waiting_seconds += seconds_of(pcm, rate)
        self.waiting_bytes += len(pcm)
        end, self.end = self.end, 0.0 if last else self.end
        self._came.set()
        return start, end

    async def come(self) -> None:
        """Return when something waits."""
        while self.is_empty:
            self._came.clear()
            await self._came.wait()

    def take(self) -> Piece:
        """Return the piece that waits longest."""
        piece = self._pieces.popleft()
        self.waiting_seconds = max(0.0, self.waiting_seconds - piece.seconds)
        self.waiting_bytes -= len(piece.pcm)
        return piece


class CaptureLines:
    """The lines of all sessions."""

    def __init__(self) -> None:
        self._lines: dict[str, CaptureLine] = {}

    def line(self, session_id: str, seconds: float) -> tuple[CaptureLine, bool]:
        """Return the session's line, and whether it is new; raise ActionError when all is full."""
        line = self._lines.get(session_id)
        if line is None and len(self._lines) >= MAX_SESSIONS:
            message = f"expected at most {MAX_SESSIONS} sessions with sound"
            raise ActionError(ErrorCode.OVERLOADED, message)
        waiting = line.waiting_seconds if line else 0.0
        is_large = sum(each.waiting_bytes for each in self._lines.values()) > MAX_WAITING_BYTES
        if waiting + seconds > MAX_WAITING_SECONDS or is_large:
            message = (
                f"expected at most {MAX_WAITING_SECONDS:.0f} s of sound to wait, "
                f"found {waiting + seconds:.0f}"
            )
            raise ActionError(ErrorCode.OVERLOADED, message)
        if line is None:
            line = self._lines[session_id] = CaptureLine()
            return line, True
        return line, False

    def forget(self, session_id: str) -> None:
        """Forget the line of a session."""
        self._lines.pop(session_id, None)

    def sessions(self) -> tuple[str, ...]:
        """Return who has sound."""
        return tuple(sorted(self._lines))

    def waiting_seconds(self) -> float:
        """Return how much sound waits."""
        return sum(line.waiting_seconds for line in self._lines.values())
