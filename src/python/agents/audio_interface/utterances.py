"""
What is being said in one session: the sound that belongs to it, from a moment before its start.

Sound and marks come by ways of their own, so either may be ahead. No clock, no event may enter.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from common.contracts.speech import AudioChunk, SpeechMark, SpeechMarked

KEPT_SECONDS: Final = 1.5
LEAD_SECONDS: Final = 0.2
TAIL_SECONDS: Final = 0.2
LONGEST_SECONDS: Final = 50.0


class Utterance:
    """Pieces of one session's sound, and whether they are part of what is being said."""

    def __init__(self) -> None:
        self._recent: deque[tuple[float, bytes]] = deque()
        self._at = 0.0
        self._ends: float | None = None
        self.is_open = False
        self.start = 0.0
        self.end = 0.0

    def hear(self, chunk: AudioChunk) -> bytes:
        """Take clean sound, and return what of it belongs to what is being said."""
        seconds = len(chunk.pcm) / 2 / chunk.sample_rate
        if chunk.start < self._at - KEPT_SECONDS:  # the session's stream began anew
            self._recent.clear()
        self._at = chunk.start + seconds
        if self.is_open:
            self.end = self._at
            return chunk.pcm
        self._recent.append((chunk.start, chunk.pcm))
        while self._recent and self._recent[0][0] < self._at - KEPT_SECONDS:
            self._recent.popleft()
        return b""

    def mark(self, event: SpeechMarked) -> bytes:
        """Take a mark, and return the sound that was heard before it, but belongs to it."""
        if event.mark is SpeechMark.END:
            self._ends = event.at + TAIL_SECONDS
        if event.mark is not SpeechMark.START or self.is_open:
            return b""
        self.is_open, self._ends = True, None
        found = [piece for piece in self._recent if piece[0] >= event.at - LEAD_SECONDS - 0.1]
        self._recent.clear()
        self.start = found[0][0] if found else event.at
        self.end = max(self._at, self.start)
        return b"".join(pcm for _, pcm in found)

    @property
    def is_over(self) -> bool:
        """Tell whether all of it was heard, or more than anybody says in one go."""
        if not self.is_open:
            return False
        ended = self._ends is not None and self._at >= self._ends
        return ended or self.end - self.start > LONGEST_SECONDS

    def close(self) -> None:
        """Wait for the next one."""
        self.is_open, self._ends = False, None
