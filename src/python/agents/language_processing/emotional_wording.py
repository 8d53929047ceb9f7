"""
How a text carries a feeling: openings, closings, softer or stronger words, and marks.

Facts never change: what stands in the text stays in its order, except single words that are listed
here as mild or strong ways to say the same; numbers, names, quotes and addresses are left alone.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from common.contracts.emotion import Emotion


@dataclass(frozen=True)
class Manner:
    """What a feeling adds: by degree, mild first."""

    openings: tuple[tuple[str, ...], ...]
    closings: tuple[tuple[str, ...], ...]
    words: tuple[tuple[str, str], ...] = ()
    mark: str = "."


MANNERS: Final = {
    Emotion.JOY: Manner(
        openings=(
            ("Good news:", "Gladly:"), ("Great news!", "How nice!"), ("Wonderful!", "Hooray!"),
        ),
        closings=((), (), ("I am so happy about it!", "That makes my day!")),
        words=(("good", "great"), ("nice", "lovely"), ("glad", "delighted"), ("fine", "splendid")),
        mark="!",
    ),
    Emotion.SADNESS: Manner(
        openings=(("I am afraid:", "Well,"), ("Sadly,", "Unfortunately,"), ("I am so sorry.",)),
        closings=((), (), ("I wish it were different.",)),
        words=(("great", "good"), ("lovely", "nice")),
    ),
    Emotion.ANGER: Manner(
        openings=(("Frankly,", "Honestly,"), ("This is annoying.",), ("This really upsets me.",)),
        closings=((), (), ("That must not happen again.",)),
        words=(("annoying", "infuriating"), ("bad", "terrible")),
        mark="!",
    ),
    Emotion.FEAR: Manner(
        openings=(("Careful:", "Hm,"), ("I am a little worried.",), ("I am really worried.",)),
        closings=((), ("Please take care.",), ("Please be very careful.",)),
    ),
    Emotion.SURPRISE: Manner(
        openings=(("Oh,", "Interesting:"), ("Oh!", "Look at that!"), ("Wow!", "Unbelievable!")),
        closings=((), (), ("I did not expect that!",)),
        words=(("surprising", "astonishing"), ("unusual", "extraordinary")),
        mark="!",
    ),
    Emotion.DISGUST: Manner(
        openings=(("Hm.", "Well."), ("That is not pleasant.",), ("That is really unpleasant.",)),
        closings=((), (), ("I would rather not think about it.",)),
        words=(("bad", "nasty"), ("unpleasant", "revolting")),
    ),
    Emotion.TRUST: Manner(
        openings=(("Sure:", "Certainly:"), ("You can rely on it:",), ("I promise you:",)),
        closings=((), ("I am here if you need me.",), ("You can always count on me.",)),
    ),
}  # fmt: skip

FAINT: Final = 0.15
"""Below this intensity a text stays as it is."""

MIDDLE, STRONG = 0.45, 0.75
_PROTECTED: Final = re.compile(
    r"\"[^\"]*\"|“[^”]*”|`[^`]*`|\S*[@/\\_]\S*|\S*\d\S*|\b[A-Z][\w'-]*(?:\s+[A-Z][\w'-]*)*"
)
_LONGEST: Final = 10_000


def reword(text: str, emotion: Emotion, intensity: float) -> str:
    """Return the text with a feeling; neutral and faint ones change nothing."""
    manner = MANNERS.get(emotion)
    if manner is None or intensity < FAINT or not any(c.isalnum() for c in text):
        return text
    degree = 2 if intensity >= STRONG else 1 if intensity >= MIDDLE else 0
    core = text if degree == 0 else _exchange(text, manner.words)
    if degree == 2 and manner.mark == "!":
        core = _exclaim(core)
    opening = _pick(manner.openings[degree], text)
    closing = _pick(manner.closings[degree], text)
    said = " ".join(part for part in (opening, core.strip(), closing) if part)
    return said if len(said) <= _LONGEST else text


def _exchange(text: str, words: tuple[tuple[str, str], ...]) -> str:
    """Say single words in another way, outside of what must not change."""
    table = dict(words)
    if not table:
        return text
    pattern = re.compile(rf"(?<![\w'-])(?:{'|'.join(table)})(?![\w'-])")
    parts, at = [], 0
    for kept in _PROTECTED.finditer(text):
        parts += [pattern.sub(lambda m: table[m[0]], text[at : kept.start()]), kept[0]]
        at = kept.end()
    return "".join([*parts, pattern.sub(lambda m: table[m[0]], text[at:])])


def _exclaim(text: str) -> str:
    stripped = text.rstrip()
    is_sentence = stripped.endswith(".") and not stripped.endswith("..")
    if not is_sentence or stripped[-2:-1].isdigit():
        return text
    return stripped[:-1] + "!"


def _pick(choices: tuple[str, ...], text: str) -> str:
    """Return one of the choices, always the same for a text."""
    if not choices:
        return ""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return choices[digest[0] % len(choices)]
