"""
Numbers that are written as words, made into digits so that rules read one form.

Pure; rules about what the numbers mean may not enter.
"""

from __future__ import annotations

import re
from typing import Final

_ONES: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SMALL: Final = {word: value for value, word in enumerate(_ONES)} | {
    word: (value + 2) * 10 for value, word in enumerate(_TENS)
}
_BIG: Final = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_WORD = "|".join(sorted((*_SMALL, *_BIG), key=len, reverse=True))
_NUMBER = re.compile(rf"\b(?:(?:{_WORD})(?:[ -]|\b)(?:and (?=(?:{_WORD})\b))?)+")
_PRONOUN = re.compile(r"\b(each|every|this|that|which|the|no|any|another) one\b")
_CURRENCY = re.compile(r"([$€£])\s?(\d+(?:\.\d+)?)")
_NAMES: Final = {"$": "dollars", "€": "euros", "£": "pounds"}


def plain(text: str) -> str:
    """Return the text in lower case with digits for number words, and currencies as words."""
    lowered = " ".join(text.casefold().split())
    lowered = _PRONOUN.sub(r"\1 item", lowered)
    lowered = re.sub(r"(?<=\d),(?=\d{3}\b)", "", lowered)
    lowered = re.sub(r"\b(?:a|one) (dozen|hundred|thousand|million)\b", r"one \1", lowered)
    lowered = re.sub(r"\b(\w+) dozen\b(?: of)?", _dozens, lowered)
    lowered = _CURRENCY.sub(lambda found: f"{found[2]} {_NAMES[found[1]]}", lowered)
    return _NUMBER.sub(_digits, lowered)


def _dozens(found: re.Match[str]) -> str:
    word = found[1]
    count = _SMALL.get(word, int(word) if word.isascii() and word.isdecimal() else None)
    if count is None or count > 10**9:
        return found[0]
    return str(count * 12)


def _digits(found: re.Match[str]) -> str:
    total = current = 0
    words = re.findall(r"[a-z]+", found[0])
    if not any(word in _SMALL for word in words):
        return found[0]
    for word in words:
        if word in _SMALL:
            current += _SMALL[word]
        elif word == "hundred":
            current = max(current, 1) * 100
        elif word in _BIG:
            total += max(current, 1) * _BIG[word]
            current = 0
    trailing = " " if found[0].endswith((" ", "-")) else ""
    return f"{total + current}{trailing}"
