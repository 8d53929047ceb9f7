"""
Identifiers that sort in the order in which they were given out.

Microseconds since 1970 in hexadecimal, made unique by counting on; nothing random may enter, so
that a test can foresee them.
"""

from __future__ import annotations

from common.clock import Clock


class IdentifierSource:
    """Give out identifiers; each is larger than every one before, within one process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self, prefix: str) -> str:
        """Return a new identifier."""
        self._last = max(self._last + 1, int(self._clock.now() * 1_000_000))
        return f"{prefix}-{self._last:014x}"
