"""
Entities in text: dates, times, durations, numbers, quotations, addresses and names.

Only pure functions over one text live here; what the user wants is decided in
intents, what it is about in topics.
"""

from __future__ import annotations

import re

from common.contracts.language import Entity

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_COUNT = (
    r"(?:\d+(?:[.,]\d+)?|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|fifteen|twenty|thirty|half an)"
)
_UNIT = r"(?:milliseconds?|ms|seconds?|secs?|minutes?|mins?|hours?|days?|weeks?|months?|years?)"

# A text of numbers only would otherwise take time by the square of its length.
MAX_ENTITIES = 200

# Earlier kinds win where two overlap: the 4 of "4 May" is no number.
PATTERNS: tuple[tuple[str, str], ...] = (
    ("email", r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+\b"),
    ("url", r"\b(?:https?://|www\.)[^\s<>\"']+[^\s<>\"'.,;:!?)]"),
    ("quoted", r"\"(?P<v1>[^\"]{1,500})\"|\u201c(?P<v2>[^\u201d]{1,500})\u201d"),
    ("quoted", r"(?<!\w)'(?P<v3>[^']{1,500})'(?!\w)"),
    ("date", r"\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d{2})\b"),
    ("date", rf"\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}\b(?:,?\s+\d{{4}}\b)?"),
    ("date", rf"\b{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s+\d{{4}}\b)?"),
    ("date", r"\b(?:the\s+)?day\s+(?:after\s+tomorrow|before\s+yesterday)\b"),
    ("date", r"\b(?:today|tomorrow|tonight|yesterday)\b"),
    ("date", rf"\b(?:next|last|this)\s+(?:{_WEEKDAY}|week(?:end)?|month|year|{_MONTH})\b"),
    ("date", rf"\b{_WEEKDAY}\b"),
    ("time", r"\b\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]\.?m\b\.?)?"),
    ("time", r"\b\d{1,2}\s*(?:[ap]\.?m\b\.?|o'clock\b)|\b(?:noon|midnight)\b"),
    ("duration", rf"\b{_COUNT}\s*{_UNIT}\b"),
    ("number", r"(?<![\w.,])-?\d+(?:[.,]\d+)*(?![\w])"),
)
_COMPILED = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in PATTERNS)

_INTRODUCTION = re.compile(
    r"\b(?:my\s+name\s+is|my\s+name's|call\s+me|i\s+am\s+called|i'm\s+called)\s+"
    r"(?P<name>[^\W\d_][\w'-]*(?:\s+[^\W\d_][\w'-]*){0,2})",
    re.IGNORECASE,
)
_NOT_A_NAME = frozenset((
    "a", "an", "and", "at", "back", "but", "from", "i", "in", "later", "not", "now", "or",
    "please", "so", "that", "the", "tomorrow", "when",
))  # fmt: skip


def find_entities(text: str) -> tuple[Entity, ...]:
    """Find every entity that is written in the text, in order of position."""
    text = text.replace("\u2019", "'")  # as long as before, so positions stay
    taken: list[tuple[int, int]] = []
    found: list[Entity] = []
    for kind, pattern in _COMPILED:
        for match in pattern.finditer(text):
            if len(found) >= MAX_ENTITIES:
                break
            start, end = match.span()
            if any(start < other_end and other_start < end for other_start, other_end in taken):
                continue
            taken.append((start, end))
            value = next((group for group in match.groups() if group), match.group())
            found.append(Entity(kind=kind, value=value, start=start, end=end))
    found.extend(_find_people(text))
    return tuple(sorted(found, key=lambda entity: (entity.start, entity.kind)))


def _find_people(text: str) -> tuple[Entity, ...]:
    people: list[Entity] = []
    for match in _INTRODUCTION.finditer(text):
        words = match["name"].split()
        kept = words[:1]
        for word in words[1:]:
            # "my name is Anna and ..." ends at the first word that is not written like a name.
            if word.casefold() in _NOT_A_NAME or (words[0][0].isupper() and not word[0].isupper()):
                break
            kept.append(word)
        if kept[0].casefold() not in _NOT_A_NAME:
            name = re.match(r"\s+".join(map(re.escape, kept)), match["name"])
            value = name.group() if name else kept[0]
            start = match.start("name")
            people.append(Entity(kind="person", value=value, start=start, end=start + len(value)))
    return tuple(people)
