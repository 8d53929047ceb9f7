"""The order of Debian versions, as Debian Policy 5.6.12 defines it. Comparison only."""

from __future__ import annotations

import re
from functools import total_ordering

_PART = re.compile(r"(\D*)(\d*)")


@total_ordering
class Version:
    """Compare versions such as 1:2.3~rc1-4+deb12u1."""

    def __init__(self, text: str) -> None:
        self.text = text
        epoch, colon, rest = text.partition(":")
        if not colon:
            epoch, rest = "0", text
        upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "0")
        self._key = (int(epoch), _parts(upstream), _parts(revision))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._key == other._key

    def __lt__(self, other: Version) -> bool:
        return self._key < other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"Version({self.text!r})"


def _parts(text: str) -> tuple[tuple[tuple[int, ...], int], ...]:
    found = ((letters, digits) for letters, digits in _PART.findall(text) if letters or digits)
    # The last item marks the end, which sorts after "~" and before everything else.
    return (*((_letters(letters), int(digits or "0")) for letters, digits in found), ((0,), 0))


def _letters(text: str) -> tuple[int, ...]:
    return (*(_weight(letter) for letter in text), 0)


def _weight(letter: str) -> int:
    if letter == "~":
        return -1
    return ord(letter) if letter.isalpha() else ord(letter) + 256
