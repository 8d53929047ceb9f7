"""
Text that arrives in pieces, cut into sentences as soon as one is whole.

Bounded: a sentence that does not end is handed on when it is too long. No translation may enter.
"""

from __future__ import annotations

import re
from typing import Final

MOST_CHARACTERS: Final = 2_000

# A mark ends a sentence when space follows; a dot after a number or an initial does not.
# The marks of East Asia need no space.
_END: Final = re.compile(
    r"(?:(?<!\d)(?<!\b[A-ZÄÖÜ])\.|[!?…])[\"'»”)]*(?=\s)|\n|[\u3002\uff01\uff1f]"
)


class SentenceStream:
    """Collect pieces and give out sentences, with the space that follows each."""

    def __init__(self) -> None:
        self._waiting = ""

    def feed(self, piece: str) -> list[str]:
        """Add a piece and return the sentences that it ends."""
        self._waiting += piece
        whole: list[str] = []
        while cut := self._cut():
            whole.append(self._waiting[:cut])
            self._waiting = self._waiting[cut:]
        return whole

    def rest(self) -> str:
        """Return what is left at the end of the stream."""
        left, self._waiting = self._waiting, ""
        return left

    def _cut(self) -> int:
        for match in _END.finditer(self._waiting):
            end = match.end()
            if self._waiting[:end].strip():
                return min(end, MOST_CHARACTERS)
        if len(self._waiting) <= MOST_CHARACTERS:
            return 0
        space = self._waiting.rfind(" ", 1, MOST_CHARACTERS)
        return space if space > 0 else MOST_CHARACTERS
