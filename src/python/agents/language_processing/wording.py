"""
Final wording of an answer: tone, address, capitals, punctuation and length.

Pure; which face or mood there is, the responder knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from common.contracts.language import Intent, Mood

# A fact is shown whole; nobody listens to a voice for minutes.
MAX_SHOWN = 4_000
MAX_SPOKEN = 600
MAX_NAME = 60

_ENDS = ".!?\u2026:"
_CLOSERS = "\"')]}\u201d\u2019"
_APOLOGIES = ("sorry", "i am sorry", "i'm sorry", "apolog", "unfortunately", "i regret")
_CHEERS = ("great", "gladly", "good news", "wonderful", "congratulations", "happy")
_GREETINGS = ("hello", "hi there", "hi", "good morning", "good evening", "good afternoon",
              "welcome")  # fmt: skip


_CHEERED = re.compile(r"^(?:great|wonderful|good news|congratulations)!\s+", re.IGNORECASE)
_EXCLAIMED = re.compile(r"!+(?=\s)")


@dataclass(frozen=True)
class Worded:
    """Hold a final text and what was done to it."""

    text: str
    addressed: str | None
    truncated: bool


def word(
    text: str,
    *,
    mood: Mood = Mood.NEUTRAL,
    intent: Intent | None = None,
    face: str | None = None,
    notice: str = "",
    limit: int = MAX_SHOWN,
) -> Worded:
    """Give an answer its final wording; a notice is said first."""
    plain = " ".join(text.split())
    addressed = None
    name = " ".join(face.split())[:MAX_NAME] if face else ""
    if name and intent in (Intent.GREETING, Intent.FAREWELL):
        plain, addressed = _address(plain, name), name
    toned = _finish(_tone(plain, mood), mood)
    whole = f"{notice} {toned}" if notice else toned
    short = shorten(whole, limit)
    return Worded(short, addressed, truncated=short != whole)


def shorten(text: str, limit: int) -> str:
    """Cut a text at the end of a sentence, or else of a word, so that it fits."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    sentence = max(kept.rfind(f"{end} ") for end in ".!?")
    if sentence >= limit // 2:
        return kept[: sentence + 1]
    space = kept.rfind(" ")
    return kept[: space if space > limit // 2 else len(kept)].rstrip(" ,;:.") + "\u2026"


def _address(text: str, name: str) -> str:
    if name.casefold() in text.casefold():
        return text
    folded = text.casefold()
    for greeting in _GREETINGS:
        after = text[len(greeting) : len(greeting) + 1]
        if folded.startswith(greeting) and (not after or not after.isalnum()):
            rest = text[len(greeting) :]
            if not rest or rest[0] in ".!,?":
                return f"{text[: len(greeting)]} {name}{rest}"
    return f"{name}, {text}"


def _tone(text: str, mood: Mood) -> str:
    folded = text.casefold()
    if mood is Mood.APOLOGETIC and not any(apology in folded for apology in _APOLOGIES):
        return f"I am sorry. {_capital(text)}"
    if mood is Mood.GENTLE:
        return _calm(text)
    if mood is Mood.CHEERFUL and not folded.startswith((*_CHEERS, *_GREETINGS)):
        return f"Great! {_capital(text)}"
    return text


def _calm(text: str) -> str:
    """Take out cheers in front, and exclamation marks between sentences."""
    return _EXCLAIMED.sub(".", _CHEERED.sub("", text) or text)


def _finish(text: str, mood: Mood) -> str:
    finished = _capital(text)
    bare = finished.rstrip(_CLOSERS)
    if not bare or bare[-1] not in _ENDS:
        return f"{finished}{'!' if mood is Mood.CHEERFUL else '.'}"
    if mood in (Mood.APOLOGETIC, Mood.GENTLE) and finished.endswith("!"):
        # An apology that shouts is none, and no comfort either.
        return f"{finished.rstrip('!')}."
    return finished


def _capital(text: str) -> str:
    first = text[:1]
    # "pH", "iPhone" and addresses keep their first letter.
    word_start = text.split(" ", 1)[0]
    if any(letter.isupper() for letter in word_start) or "@" in word_start or "://" in word_start:
        return text
    return f"{first.upper()}{text[1:]}" if len(first.upper()) == 1 else text
