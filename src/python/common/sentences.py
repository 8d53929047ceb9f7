"""A text in the pieces that it is said in. No voice, no sound may enter."""

import re
from typing import Final

LONGEST_PIECE: Final = 220

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?;:])\s+")
_SPACE: Final = re.compile(r"\s+")


def pieces(text: str) -> tuple[str, ...]:
    """Return the sentences of a text, the long ones in parts, without what no voice can say."""
    clean = _SPACE.sub(" ", _CONTROL.sub(" ", text)).strip()
    found: list[str] = []
    for sentence in _SENTENCE_END.split(clean):
        found += _parts(sentence)
    return tuple(found)


def _parts(sentence: str) -> list[str]:
    parts = []
    while len(sentence) > LONGEST_PIECE:
        comma = sentence.rfind(", ", 0, LONGEST_PIECE) + 1
        space = sentence.rfind(" ", 0, LONGEST_PIECE)
        end = comma if comma > 0 else space if space > 0 else LONGEST_PIECE
        parts.append(sentence[:end].strip())
        sentence = sentence[end:].strip()
    return [part for part in (*parts, sentence) if part]
